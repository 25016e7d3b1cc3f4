"""Notes and locations that people add to the requests of a case, and their effect on it."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from services.dispatch.rules import case_requests
from services.dispatch.rules.case import Case, CaseNote, CasePriority, CaseRequest
from services.dispatch.rules.case_changes import CaseTransition, PriorityRaised, StatusChanged
from services.dispatch.rules.deadlines import DeadlinePolicy
from services.dispatch.rules.routing import NO_PLACE_TO_DESK
from services.dispatch.rules.work_order_updates import Reassignment, reassign

# Notes that a work order shows; the history of the case has all.
MAX_NOTES = 50


def add_notes(case: Case, notes: Sequence[CaseNote] = (), others: Sequence[CaseNote] = ()) -> Case:
    """Return the case with more notes; each bureau gets an event, and the version stays.

    Beyond ``MAX_NOTES`` the oldest notes of others are dropped first, then the oldest of the
    request with the most notes, and those of bureaus last.
    """
    kept = [*case.notes, *notes]
    while len(kept) > MAX_NOTES:
        kept.remove(_least_missed(kept))
    room = MAX_NOTES - len(kept)
    of_others = (*case.others_notes, *others)
    return replace(case, notes=tuple(kept), others_notes=of_others[max(0, len(of_others) - room) :])


def with_notes_of(case: Case, source: Case, is_kept: Callable[[CaseNote], bool]) -> Case:
    """Return the case with the notes of another case that are kept, and no others."""
    return replace(
        case,
        notes=tuple(filter(is_kept, source.notes)),
        others_notes=tuple(filter(is_kept, source.others_notes)),
    )


def _least_missed(notes: Sequence[CaseNote]) -> CaseNote:
    """Return the oldest note of the request with the most notes; else the oldest of bureaus."""
    counts = Counter(note.request_id for note in notes if note.request_id)
    busiest = max(counts, key=counts.__getitem__, default=None)
    return next(note for note in notes if note.request_id == busiest)


def raise_priority(
    case: Case, request_id: str, priority: CasePriority, deadline_policy: DeadlinePolicy
) -> CaseTransition | None:
    """Return the transition of a case whose request became more urgent, unless it stays lowered."""
    if priority.level >= case.priority.level or case_requests.stays_lowered(case, priority):
        return None
    raised = case_requests.with_raised_priority(case, priority, deadline_policy)
    return CaseTransition(raised, PriorityRaised(case.priority.level, request_id))


T = TypeVar("T", Case, CaseRequest)


def with_location(of: T, location: object) -> T:
    """Return a case or request with a location."""
    return replace(of, problem=replace(of.problem, location=location))


def with_neighbour(case: Case, name: str, phone: str | None) -> Case:
    """Return a case with the instruction to inform the neighbour in whose land it lies."""
    contact = f"{name}, {phone}" if phone else name
    note = f"The place is outside the city. Please tell them: {contact}."
    problem = replace(case.problem, notes=(*case.problem.notes, note))
    return replace(case, problem=problem)


def waits_for_place(case: Case) -> bool:
    """Return True while the desk leads an open case only because its place is unknown.

    After a transfer by a person the lead stays.
    """
    return not case.is_closed and case.lead.route_rule == NO_PLACE_TO_DESK


def leave_desk(
    case: Case, incoming: case_requests.IncomingRequest, new_order: Reassignment
) -> CaseTransition | None:
    """Return the transfer of a case that ``waits_for_place``; None where the desk leads anyway.

    New bureaus on the route that follows from the location are informed.
    """
    lead, problem = incoming.route.lead, case.problem
    if lead.bureau == case.lead_bureau:
        return None
    notes = tuple(dict.fromkeys((*problem.notes, *incoming.route.notes)))
    ended = replace(case.lead, status="transferred")
    after = reassign(case, ended, lead.bureau, lead.rule, new_order)
    after = replace(after, problem=replace(problem, notes=notes))
    change = StatusChanged(case.status, None, None, None, previous_lead=case.lead_bureau)
    return CaseTransition(case_requests.with_new_bureaus(after, incoming), change)
