"""History of a case: the author and the text of each change."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from services.dispatch.rules import case_changes as changes
from services.dispatch.rules.case import Case, CaseWorkOrder
from services.dispatch.rules.case_changes import CaseChange, CaseTransition
from services.dispatch.rules.clocks import PlannedReminder
from services.dispatch.rules.operator_commands import CaseCommand
from services.dispatch.rules.work_order_updates import BureauUpdate
from shared.vocabulary import CommandName

_BUREAU = "bureau:"


class ChangeAuthor(NamedTuple):
    """Author of a change: ``resident``, ``bureau:CODE``, ``operator:NAME`` or ``system``."""

    name: str
    note: str | None = None


RESIDENT = ChangeAuthor("resident")
OTHER = ChangeAuthor("other")
SYSTEM = ChangeAuthor("system")
PLACE_STATED = ChangeAuthor(SYSTEM.name, "Reason: The reporter gave the location.")


def author_of_update(update: BureauUpdate) -> ChangeAuthor:
    """Return the bureau that sent an update, with its notes and pictures, one kind a line."""
    note = _lines(
        ("Public note", update.public_note),
        ("Reason", update.reason),
        ("Internal note", update.internal_note),
        ("Pictures", " ".join(medium["url"] or "" for medium in update.media)),
    )
    return ChangeAuthor(f"{_BUREAU}{update.bureau}", note)


def author_of_command(command: CaseCommand) -> ChangeAuthor:
    """Return the operator who gave a command, with reason and words, one a line."""
    note = _lines(
        ("Reason", command.reason),
        ("Public note", command.note),
        (_WORDS_OF.get(command.command, "Text"), command.text),
        ("Approved by", command.approved_by),
    )
    by_key = f" by key {command.key}" if command.key else ""
    return ChangeAuthor(f"operator:{command.actor}{by_key}", note)


_WORDS_OF: Mapping[CommandName, str] = {
    "note": "Note",
    "answer": "Answer to residents",
    "ask": "Question to residents",
}


def author_of_change(change: CaseChange) -> ChangeAuthor:
    """Return the author of a change that neither a bureau nor an operator made."""
    return RESIDENT if isinstance(change, changes.RequestAdded) else SYSTEM


def change_in_words(transition: CaseTransition) -> str:
    """Return the text about a change of a case."""
    return _WORDS[type(transition.change)](transition.change, transition.case)


def update_in_words(update: BureauUpdate) -> str:
    """Return the text about an update of a work order alone."""
    if update.status == "transferred":
        return f"Transferred its work order to {update.transfer_to}."
    return f"Set its work order to {_status(update.status, update.scheduled_for)}."


def order_in_words(order: CaseWorkOrder) -> str:
    """Return the text about a new work order."""
    return f"{order.bureau} got a work order as {order.role}, by the rule {order.route_rule}."


def place_in_words(address: str | None, keeper: str | None) -> str:
    """Return the sentence about a new place, and about the bureau that keeps the case, if any."""
    place = f"The place is {address}." if address else "The place is known."
    return f"{place} {keeper} leads as before." if keeper else place


def reminder_in_words(bureau: str, planned: PlannedReminder) -> str:
    """Return the text about a reminder."""
    deadline, _, state = planned.reminder.partition("_")
    how = "is near" if state == "soon" else "has passed"
    return f"{bureau} was reminded: its deadline to {deadline} {how} ({_moment(planned.due_at)})."


def _lines(*notes: tuple[str, str | None]) -> str | None:
    return "\n".join(f"{name}: {note}" for name, note in notes if note) or None


def may_read_note(reader: str | None, author: str, what: str) -> bool:
    """Return True where a bureau, or an operator for None, may read an author's notes.

    Words of the staff to each other are hidden from bureaus.
    """
    if reader is None or author == f"{_BUREAU}{reader}":
        return True
    return what not in _STAFF_ONLY and not author.startswith(_BUREAU)


_STAFF_ONLY = {
    "noted",
    "assigned",
    "held",
    "erasure_ordered",
    "approval_requested",
    "approval_refused",
}


def _origin(change: changes.RequestAdded) -> str:
    return f", moved from the case {change.moved_from}" if change.moved_from else ""


def _status_changed(change: changes.StatusChanged, case: Case) -> str:
    if change.answered_by:
        return f"The question is answered, status {_status(case.status)}."
    if change.previous_lead != case.lead_bureau:
        return f"Transferred to {case.lead_bureau}, status {_status(case.status)}."
    return f"Status {_status(case.status, change.scheduled_for)}."


def _closed(change: changes.Closed, case: Case) -> str:
    if change.merged_into:
        return f"Merged into the case {change.merged_into}."
    return f"Closed as {case.status}."


def _overdue(change: changes.Overdue, _: Case) -> str:
    escalated = f", escalated to {change.escalated_to}" if change.escalated_to else ""
    deadline = f"its deadline to {change.what} ({_moment(change.due_at)})"
    return f"{change.bureau} missed {deadline}{escalated}."


def _kind_changed(change: changes.KindChanged, case: Case) -> str:
    return f"Kind changed from {change.previous_service_code} to {case.service_code}."


def _place_changed(change: changes.PlaceChanged, _: Case) -> str:
    before, after = _place(change.previous_location), _place(change.location)
    return f"Place changed from {before} to {after}."


def _place(location: Any) -> str:  # noqa: ANN401 - `Location` of the wire contract
    point = f"{location.latitude:.5f}, {location.longitude:.5f}" if location.latitude else None
    return ", ".join(filter(None, (location.address, point))) or "none"


_WORDS: Mapping[type[CaseChange], Callable[[Any, Case], str]] = {
    changes.Opened: lambda change, _: (
        f"Request {change.tracking_number} opened the case{_origin(change)}."
    ),
    changes.RequestAttached: lambda change, _: (
        f"Request {change.tracking_number} joined the case{_origin(change)}."
    ),
    changes.PriorityRaised: lambda change, case: (
        f"Priority raised from {change.previous_level} to {case.priority.level}."
    ),
    changes.PriorityLowered: lambda change, case: (
        f"Priority lowered from {change.previous_level} to {case.priority.level}."
    ),
    changes.RequestMovedOut: lambda change, _: (
        f"Request {change.request_id} moved to the case {change.to_case}."
    ),
    changes.StatusChanged: _status_changed,
    changes.Closed: _closed,
    changes.Reopened: lambda _, case: f"Reopened, {case.lead_bureau} leads.",
    changes.Overdue: _overdue,
    changes.Acknowledged: lambda _, __: "Acknowledged.",
    changes.Assigned: lambda change, _: f"Assigned to {change.assignee or 'nobody'}.",
    changes.Noted: lambda _, __: "Note of the staff.",
    changes.Held: lambda change, _: (
        f"Held until {_moment(change.held_until)}." if change.held_until else "Hold ended."
    ),
    changes.KindChanged: _kind_changed,
    changes.PlaceChanged: _place_changed,
    changes.StaffAnswered: lambda _, __: "Wrote to the followers.",
    changes.ErasureOrdered: lambda change, _: (
        f"The contact of the request {change.request_id} is erased."
    ),
    changes.ApprovalRequested: lambda change, _: (
        f"The command {change.command} waits for the approval {change.approval_id}."
    ),
    changes.ApprovalRefused: lambda change, _: (
        f"The command {change.command} was refused, approval {change.approval_id}."
    ),
}


def _status(status: str, scheduled_for: datetime | None = None) -> str:
    when = f" for {_moment(scheduled_for)}" if scheduled_for else ""
    return f"{status.replace('_', ' ')}{when}"


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
