"""Notes that people add to requests, and reassessments of triage that follow from them."""

from datetime import datetime

from services.dispatch.inbound.requests import case_priority
from services.dispatch.policy import DispatchPolicy
from services.dispatch.records import CaseHistoryEntry
from services.dispatch.rules.case import Case, CaseNote
from services.dispatch.rules.case_changes import CaseTransition
from services.dispatch.rules.history import RESIDENT
from services.dispatch.rules.notes import add_notes, raise_priority
from services.dispatch.unit_of_work import UnitOfWork
from shared.contract.events import NoteAdded, RequestReassessed
from shared.errors import PermanentError


class UnknownRequestError(PermanentError):
    """A note or a reassessment of a request that no case has, such as one that was parked."""

    code = "unknown_request"


def put_note(event: NoteAdded, uow: UnitOfWork, now: datetime) -> None:
    """Put a note into the work orders and the history of its request's case. Idempotent.

    Args:
        event: The note.
        uow: State of the batch; takes the change.
        now: The present moment.

    Raises:
        UnknownRequestError: The request has no case; triage passes no such note on.
    """
    if uow.has_entry(event.id):
        return
    note, case = event.data, _case_of_request(event.data.request_id, uow)
    uow.record_entry(
        CaseHistoryEntry(
            case_id=case.case_id,
            at=now,
            by=RESIDENT.name,
            what="note_added",
            text=note.text,
            event_id=event.id,
            request_id=note.request_id,
        )
    )
    uow.change(add_notes(case, CaseNote(note.request_id, note.text)), event)


def raise_by_notes(
    event: RequestReassessed, uow: UnitOfWork, policy: DispatchPolicy, now: datetime
) -> list[CaseTransition]:
    """Raise the priority of a request's case, with deadlines that count from now. Idempotent.

    Args:
        event: Triage's reassessment.
        uow: State of the batch; takes the change.
        policy: Dispatch's rules.
        now: Time of the events that follow.

    Raises:
        UnknownRequestError: The request has no case here.
    """
    if event.data.case_id is None:
        return []
    request_id, case = event.data.request_id, _case_of_request(event.data.request_id, uow)
    deadlines = policy.case_deadlines(case, now)
    transition = raise_priority(case, request_id, case_priority(event.data.priority), deadlines)
    if transition is None:
        return []
    uow.change(transition.case, event)
    return [transition]


def _case_of_request(request_id: str, uow: UnitOfWork) -> Case:
    case = uow.case_of_request(request_id)
    if case is None:
        raise UnknownRequestError("request_id: no case has this request")
    return case
