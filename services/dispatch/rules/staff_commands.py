"""Operators' commands of the daily work, none of which changes kind, place or lead."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from services.dispatch.rules import case_changes as changes
from services.dispatch.rules.business_time import OpenTime
from services.dispatch.rules.case import Case, CaseRequest
from services.dispatch.rules.case_changes import CaseChange, CaseTransition
from services.dispatch.rules.clocks import restart_clock
from services.dispatch.rules.operator_commands import (
    CaseCommand,
    CommandOutcome,
    CommandRefusal,
    CommandResult,
    already_closed,
    missing,
)
from services.dispatch.rules.split_merge import NOT_IN_CASE
from services.dispatch.rules.work_order_updates import CASE_STATUS
from shared.vocabulary import SubmissionChannel

_MISSING_TEXT = missing("text", "the words")


def acknowledge(case: Case, now: datetime) -> CommandOutcome:
    """Record that a person has seen the case; its status changes where it is ``open``."""
    if case.is_closed:
        return already_closed(case.status)
    seen = replace(case, acknowledged_at=case.acknowledged_at or now)
    if case.status != "open":
        return _changed(seen, changes.Acknowledged())
    return _changed(replace(seen, status="acknowledged"), _status_change(case))


def unacknowledge(case: Case) -> CommandOutcome:
    """Return a case to ``open`` that staff acknowledged and no bureau has answered."""
    if case.is_closed:
        return already_closed(case.status)
    if case.status != "acknowledged" or case.lead.status != "issued":
        message = "Only what a person acknowledged, and no bureau, can be open again."
        return CommandRefusal("not_acknowledged", message)
    return _changed(replace(case, status="open", acknowledged_at=None), _status_change(case))


def assign(case: Case, command: CaseCommand) -> CommandOutcome:
    """Assign the case to a member of staff, or unassign it."""
    if case.is_closed:
        return already_closed(case.status)
    assigned = replace(case, assignee=command.assignee)
    return _changed(assigned, changes.Assigned(command.assignee))


def note(case: Case, command: CaseCommand) -> CommandOutcome:
    """Put a note into the history, for the staff alone; a closed case takes one, too."""
    return _changed(case, changes.Noted()) if command.text else _MISSING_TEXT


def hold(case: Case, command: CaseCommand, now: datetime) -> CommandOutcome:
    """Keep the case out of the queue until a moment; one that has passed ends the hold."""
    if command.until is None:
        return missing("until", "the moment at which the case comes back")
    if case.is_closed:
        return already_closed(case.status)
    until = command.until if command.until > now else None
    return _changed(replace(case, held_until=until), changes.Held(until))


def answer(case: Case, command: CaseCommand) -> CommandOutcome:
    """Write to the followers; also of a closed case, but not of a merged one, which has none."""
    if command.text is None:
        return _MISSING_TEXT
    if case.merged_into is not None:
        return CommandRefusal("case_merged", f"Its requests are in the case {case.merged_into}.")
    return _changed(case, changes.StaffAnswered(command.text))


def erase_contact(
    case: Case, command: CaseCommand, requests: Sequence[CaseRequest]
) -> CommandOutcome:
    """Order to erase the contact of one of the case's requests; of a closed case, too."""
    if command.request_id is None:
        return missing("request_id", "the request whose contact is to be erased", "invalid")
    if command.request_id not in {request.request_id for request in requests}:
        return NOT_IN_CASE
    return _changed(case, changes.ErasureOrdered(command.request_id))


def ask(case: Case, command: CaseCommand, now: datetime) -> CommandOutcome:
    """Ask the followers; the lead's work order and its clock wait for the answer."""
    if command.text is None:
        return _MISSING_TEXT
    if case.is_closed:
        return already_closed(case.status)
    lead = case.lead
    is_waiting = lead.status == "waiting_for_resident"
    waiting = replace(lead, status="waiting_for_resident", waiting_since=lead.waiting_since or now)
    asked = replace(
        case.with_order(waiting),
        status="waiting_for_resident",
        acknowledged_at=case.acknowledged_at or now,
        asked_from=case.asked_from or "in_progress" if is_waiting else lead.status,
    )
    return _changed(asked, _status_change(case, command.text))


class AnsweringNote(NamedTuple):
    """A note that may answer a question: its request, and the channel that it came by."""

    request_id: str
    channel: SubmissionChannel


def return_to_team(
    case: Case, answer: AnsweringNote, now: datetime, clock: OpenTime
) -> CaseTransition | None:
    """Return the transition of a case that waits for residents, after an answer; else None.

    Its lead has the work as before an operator's question, and after a bureau's as acknowledged.
    """
    if case.status != "waiting_for_resident":
        return None
    lead = replace(restart_clock(case.lead, now, clock), status=case.asked_from or "acknowledged")
    status = CASE_STATUS[lead.status]
    returned = replace(
        case.with_order(lead),
        version=case.version + 1,
        status="acknowledged" if status == "open" else status,
        asked_from=None,
    )
    change = replace(
        _status_change(case, scheduled_for=lead.scheduled_for),
        answered_by=answer.request_id,
        answered_through=answer.channel,
    )
    return CaseTransition(returned, change)


def _status_change(
    case: Case, public_note: str | None = None, scheduled_for: datetime | None = None
) -> changes.StatusChanged:
    return changes.StatusChanged(
        case.status, None, public_note, scheduled_for, previous_lead=case.lead_bureau
    )


def _changed(case: Case, change: CaseChange) -> CommandResult:
    return CommandResult([CaseTransition(replace(case, version=case.version + 1), change)])
