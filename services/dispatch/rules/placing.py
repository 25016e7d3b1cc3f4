"""Locations stated after the report: a case that waited for one leaves the desk for its bureau."""

from dataclasses import replace
from typing import TypeVar

from services.dispatch.rules.case import Case, CaseRequest
from services.dispatch.rules.case_changes import CaseTransition, StatusChanged
from services.dispatch.rules.case_requests import IncomingRequest, with_new_bureaus
from services.dispatch.rules.routing import NO_PLACE_TO_DESK
from services.dispatch.rules.work_order_updates import Reassignment, reassign

T = TypeVar("T", Case, CaseRequest)


def with_location(of: T, location: object) -> T:
    """Return a case or a request with the location that the reporter stated later."""
    return replace(of, problem=replace(of.problem, location=location))


def with_neighbour(case: Case, name: str, phone: str | None) -> Case:
    """Return a case with the instruction to tell the neighbour in whose land it lies."""
    whom = f"{name}, {phone}" if phone else name
    note = f"The place is outside the city. Please tell them: {whom}."
    problem = replace(case.problem, notes=(*case.problem.notes, note))
    return replace(case, problem=problem)


def waits_for_place(case: Case) -> bool:
    """Return True while the desk leads an open case for want of a place alone.

    Once anybody transferred it, that person knew more, and the lead stays.
    """
    return not case.is_closed and case.lead.route_rule == NO_PLACE_TO_DESK


def leave_desk(
    case: Case, incoming: IncomingRequest, new_order: Reassignment
) -> CaseTransition | None:
    """Return the transfer of a case to the lead of its route; None where the desk leads that, too.

    Bureaus on the route that have no part in the case yet are informed.

    Args:
        case: A case that ``waits_for_place``, with its location.
        incoming: A request of it, with the route that follows from the location.
    """
    lead, problem = incoming.route.lead, case.problem
    if lead.bureau == case.lead_bureau:
        return None
    notes = tuple(dict.fromkeys((*problem.notes, *incoming.route.notes)))
    ended = replace(case.lead, status="transferred")
    after = reassign(case, ended, lead.bureau, lead.rule, new_order)
    after = replace(after, problem=replace(problem, notes=notes))
    change = StatusChanged(case.status, None, None, None)
    return CaseTransition(with_new_bureaus(after, incoming), change)
