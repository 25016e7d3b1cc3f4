"""Operators' commands that move requests: split one off into a case of its own, merge two cases."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from services.dispatch.rules.case import Case, CaseRequest, KnownPriority
from services.dispatch.rules.case_changes import CaseTransition, Closed, RequestMovedOut
from services.dispatch.rules.case_requests import IncomingRequest, attach, open_case, with_summary
from services.dispatch.rules.notes import add_notes, with_notes_of
from services.dispatch.rules.operator_commands import (
    CaseCommand,
    CommandRefusal,
    CommandResult,
    already_closed,
    withdraw,
)
from services.dispatch.rules.work_order_updates import time_of_change

MERGED = "merged"
ONLY_REQUEST = CommandRefusal("only_request", "It is the only request of its case.")
NOT_IN_CASE = CommandRefusal("request_not_in_case", "The request is not in this case.")


def split_request(
    case: Case, remaining: Sequence[CaseRequest], incoming: IncomingRequest
) -> CommandResult:
    """Split a request off into a case of its own, to which it is addressed.

    The priority of the old case stays: lowering it is another command. Without the request that
    opened it, the case represents the oldest remaining one, of which there is at least one.
    """
    request = incoming.request
    left = replace(
        case,
        version=case.version + 1,
        request_count=len(remaining),
        first_reported_at=min(other.reported_at for other in remaining),
        last_reported_at=max(other.reported_at for other in remaining),
    )
    new_opener = None
    if request.request_id == case.opened_by:
        oldest = min(remaining, key=lambda other: (other.reported_at, other.request_id))
        left = replace(left, opened_by=oldest.request_id, problem=oldest.problem)
        new_opener = oldest.request_id
    urgent = min(remaining, key=_urgency)
    left = replace(
        left,
        problem=left.problem.in_words_of(urgent.problem),
        summary_priority=urgent.priority,
    )
    split = RequestMovedOut(request.request_id, request.case_id, new_opener, request.moves)
    opened = open_case(incoming)
    with_own = with_notes_of(opened.case, case, lambda one: one.request_id == request.request_id)
    opened = replace(opened, case=with_own)
    left = with_notes_of(left, case, lambda one: one.request_id != request.request_id)
    return CommandResult([CaseTransition(left, split), opened], [request])


def _urgency(request: CaseRequest) -> tuple[str, int, datetime, str]:
    """Return a key by which the most urgent request comes first, of equal ones the earliest."""
    priority = request.priority
    return priority.level, -priority.score, request.reported_at, request.request_id


def refuse_merge(case: Case, into: Case) -> CommandRefusal | None:
    """Return the reason against a merge of two cases, or None."""
    if case.case_id == into.case_id:
        return CommandRefusal("same_case", "A case cannot be merged into itself.")
    if (case.jurisdiction, case.dedup_group) != (into.jurisdiction, into.dedup_group):
        return CommandRefusal(
            "other_group", "Only cases of one city and one group of kinds can be one problem."
        )
    closed = next((one for one in (case, into) if one.is_closed), None)
    return already_closed(closed.status) if closed else None


def merge_case(
    case: Case,
    into: Case,
    incoming: Sequence[IncomingRequest],
    command: CaseCommand,
    now: datetime,
) -> CommandResult:
    """Move all requests of a case into another one, and close it as ``referred``.

    The other case gets the higher priority of the two, and the known priorities of both.
    """
    transitions: list[CaseTransition] = []
    after = add_notes(replace(into, lowered_from=None), case.notes, case.others_notes)
    for one in incoming:
        request = replace(one.request, priority=case.priority)
        transitions += attach(after, replace(one, request=request))
        after = transitions[-1].case
    own = replace(
        after,
        problem=after.problem.in_words_of(into.problem),
        summary_priority=into.summary_priority or into.priority,
    )
    after = with_summary(own, case.problem, case.summary_priority or case.priority)
    after = replace(after, lowered_from=_merged_known_priority(case, into))
    transitions[-1] = replace(transitions[-1], case=after)
    at = time_of_change(command.at, case.first_reported_at, now)
    closed = replace(
        withdraw(case),
        version=case.version + 1,
        status="referred",
        request_count=0,
        closed_at=at,
        merged_into=into.case_id,
    )
    change = Closed(case.status, None, None, MERGED, at, into.case_id)
    return CommandResult(
        [*transitions, CaseTransition(closed, change)], [one.request for one in incoming]
    )


def _merged_known_priority(case: Case, into: Case) -> KnownPriority | None:
    if case.lowered_from is None or into.lowered_from is None:
        return case.lowered_from or into.lowered_from
    return case.lowered_from.merge(into.lowered_from)
