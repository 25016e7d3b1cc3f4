"""Notes and answers of people about requests: a note, a place, a transfer, a higher priority."""

from dataclasses import replace
from datetime import datetime

from services.dispatch.inbound import case_priority, neighbour_at, placed_request
from services.dispatch.policy import DispatchPolicy, NoBureauError, NotInCatalogueError
from services.dispatch.records.changes import CaseHistoryEntry
from services.dispatch.rules import operator_commands
from services.dispatch.rules.case import Case, CaseNote, CaseRequest
from services.dispatch.rules.case_changes import CaseTransition
from services.dispatch.rules.case_requests import with_summary
from services.dispatch.rules.clocks import restart_clock
from services.dispatch.rules.deadlines import acknowledgement
from services.dispatch.rules.history import (
    OTHER,
    PLACE_STATED,
    RESIDENT,
    SYSTEM,
    ChangeAuthor,
    place_in_words,
)
from services.dispatch.rules.notes import (
    add_notes,
    leave_desk,
    raise_priority,
    waits_for_place,
    with_location,
    with_neighbour,
)
from services.dispatch.rules.staff_commands import AnsweringNote, return_to_team
from services.dispatch.rules.work_order_updates import Reassignment
from services.dispatch.unit_of_work import UnitOfWork
from shared.contract.events import FeedbackGiven, Location, NoteAdded, RequestReassessed, new_id


def put_note(
    event: NoteAdded, uow: UnitOfWork, policy: DispatchPolicy, now: datetime
) -> list[tuple[CaseTransition, ChangeAuthor]]:
    """Put a note into the work orders and the history of its request's case. Idempotent.

    A note answers the open question of an operator or bureau, unless it is another person's. Its
    location becomes that of a request and case without one; a case that waited for it at the desk
    is transferred. Raises ``UnknownRequestError``; triage passes no such note on.
    """
    if uow.has_entry(event.id):
        return []
    note, case = event.data, uow.case_of_request(event.data.request_id)
    words, is_reporters = CaseNote(note.request_id, note.text), note.by == "reporter"
    uow.record_entry(
        CaseHistoryEntry(
            case_id=case.case_id,
            at=now,
            by=OTHER.name if note.by == "other" else RESIDENT.name,
            what="note_added",
            text=note.text,
            event_id=event.id,
            request_id=note.request_id,
        )
    )
    case = add_notes(case, [words]) if is_reporters else add_notes(case, others=[words])
    answer = AnsweringNote(note.request_id, note.channel)
    clock = policy.case_clock(case)
    returned = return_to_team(case, answer, now, clock) if note.by != "other" else None
    uow.change(returned.case if returned else case, event)
    placed = _place(event, note.location, uow, policy, now) if note.location else []
    answered = [(returned, RESIDENT)] if returned else []
    return [*answered, *((transition, PLACE_STATED) for transition in placed)]


def _place(
    event: NoteAdded, location: Location, uow: UnitOfWork, policy: DispatchPolicy, now: datetime
) -> list[CaseTransition]:
    """Set the location of the request and its case where they have none."""
    case = uow.case_of_request(event.data.request_id)
    requests = {one.request_id: one for one in uow.requests_of(case.case_id)}
    request = requests[event.data.request_id]
    if not _is_without_place(request):
        return []
    uow.change_request(with_location(request, location))
    if not _is_without_place(case):
        return []
    case = with_location(case, location)
    transition = None
    if neighbour := neighbour_at(request, case, location, policy):
        case = with_neighbour(case, neighbour.name, neighbour.phone)
    elif waits_for_place(case):
        transition = _transfer(case, request, location, policy, now)
    uow.change(case, event)
    text = place_in_words(location.address, None if transition else case.lead_bureau)
    uow.record_entry(CaseHistoryEntry(case.case_id, now, SYSTEM.name, "place_added", text))
    if transition is None:
        return []
    uow.change(transition.case, event)
    return [transition]


def _is_without_place(of: Case | CaseRequest) -> bool:
    location = of.problem.location
    return isinstance(location, Location) and location.precision == "none"


def _transfer(
    case: Case, request: CaseRequest, location: Location, policy: DispatchPolicy, now: datetime
) -> CaseTransition | None:
    """Return the transfer to the bureau of a place; None where the desk keeps the case."""
    try:
        incoming = placed_request(request, case, location, policy, now)
    except (NoBureauError, NotInCatalogueError):
        return None
    case = case.with_order(restart_clock(case.lead, now, policy.case_clock(case)))
    open_time = policy.open_time(case.jurisdiction, incoming.route.lead.bureau)
    acknowledge = acknowledgement(case.priority.level, now, open_time)
    return leave_desk(case, incoming, Reassignment(new_id(), acknowledge))


def raise_by_notes(
    event: RequestReassessed, uow: UnitOfWork, policy: DispatchPolicy, now: datetime
) -> list[CaseTransition]:
    """Raise the priority of a request and its case, with deadlines that count from now.

    Idempotent. The summary of the case becomes that of the request where none is more urgent.
    """
    if event.data.case_id is None:
        return []
    request_id, case = event.data.request_id, uow.case_of_request(event.data.request_id)
    deadlines = policy.case_deadlines(case, now)
    priority = case_priority(event.data.priority)
    requests = {one.request_id: one for one in uow.requests_of(case.case_id)}
    if priority.exceeds((request := requests[request_id]).priority):
        uow.change_request(replace(request, priority=priority))
    case = with_summary(case, request.problem, priority)
    transition = raise_priority(case, request_id, priority, deadlines)
    uow.change(transition.case if transition else case, event)
    return [transition] if transition else []


def put_feedback(
    event: FeedbackGiven, uow: UnitOfWork, policy: DispatchPolicy, now: datetime
) -> list[CaseTransition]:
    """Put an answer into the history of its request's case. Idempotent.

    The first NO after a closing reopens the case; every NO is a note for its bureaus. Raises
    ``UnknownRequestError`` and, for a kind that the catalogue lost, ``NotInCatalogueError``.
    """
    if uow.has_entry(event.id):
        return []
    given, case = event.data, uow.case_of_request(event.data.request_id)
    text = f"A resident says that it is {'' if given.fixed else 'not '}fixed"
    text = f"{text}: {given.comment}" if given.comment else f"{text}."
    uow.record_entry(
        CaseHistoryEntry(
            case_id=case.case_id,
            at=now,
            by=RESIDENT.name,
            what="said_fixed" if given.fixed else "said_not_fixed",
            text=text,
            event_id=event.id,
            request_id=given.request_id,
        )
    )
    if given.fixed:
        return []
    noted = add_notes(case, [CaseNote(given.request_id, text)])
    if not operator_commands.is_reopened_by_resident(case, given.at):
        uow.change(noted, event)
        return []
    transition = operator_commands.reopen_case(
        noted,
        policy.case_deadlines(case, now).due(case.priority.level),
        new_id,
        route_rule=operator_commands.REOPENED_BY_RESIDENT,
        reason=operator_commands.SAYS_NOT_FIXED,
    )
    uow.change(transition.case, event)
    return [transition]
