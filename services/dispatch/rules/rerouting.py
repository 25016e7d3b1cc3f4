"""Corrections of the kind or the place of a case: what becomes of its bureaus and deadlines."""

from collections.abc import Sequence
from dataclasses import replace

from services.dispatch.rules import case_changes as changes
from services.dispatch.rules.case import Case, CaseRequest, CaseWorkOrder, Problem
from services.dispatch.rules.case_changes import CaseTransition
from services.dispatch.rules.case_requests import IncomingRequest, with_new_bureaus
from services.dispatch.rules.deadlines import Deadlines
from services.dispatch.rules.work_order_updates import Reassignment, reassign


def with_kind(problem: Problem, name: str, notes: tuple[str, ...]) -> Problem:
    """Return a problem of another kind, with the kind's name and notes."""
    summary = name if problem.summary == problem.service_name else problem.summary
    return replace(problem, service_name=name, summary=summary, notes=notes, kinds=(), unsure=False)


def change_kind(
    case: Case, service_code: str, dedup_group: str, problem: Problem
) -> CaseTransition:
    """Return the transition of a case to another kind, before it is routed anew."""
    changed = replace(
        case,
        version=case.version + 1,
        service_code=service_code,
        dedup_group=dedup_group,
        problem=problem,
    )
    change = changes.KindChanged(
        case.service_code, case.dedup_group, problem.location, case.opened_by
    )
    return CaseTransition(changed, change)


def change_place(case: Case, location: object) -> CaseTransition:
    """Return the transition of a case to another place, before it is routed anew."""
    changed = replace(
        case, version=case.version + 1, problem=replace(case.problem, location=location)
    )
    change = changes.PlaceChanged(location, case.problem.location, case.opened_by)
    return CaseTransition(changed, change)


def follow_route(
    corrected: CaseTransition, incoming: IncomingRequest, due: Deadlines, new_order: Reassignment
) -> Sequence[CaseTransition]:
    """Return the transitions of a corrected case that goes to the bureaus of its new route.

    Its deadline of completion is that of the new route. Another lead is a transition of its own.
    Unfinished work orders of bureaus that the route does not name are transferred.
    """
    route, case = incoming.route, corrected.case
    notes = tuple(dict.fromkeys((*case.problem.notes, *route.notes)))
    case = replace(case, problem=replace(case.problem, notes=notes))
    case = case.map_unfinished(lambda order: _with_completion(order, due))
    concerned = {route.lead.bureau, case.lead_bureau, *(one.bureau for one in route.informed)}
    case = case.map_unfinished(
        lambda order: order if order.bureau in concerned else replace(order, status="transferred")
    )
    if route.lead.bureau == case.lead_bureau:
        return [replace(corrected, case=with_new_bureaus(case, incoming, again=True))]
    corrected = replace(corrected, case=case)
    ended = replace(case.lead, status="transferred")
    after = reassign(case, ended, route.lead.bureau, route.lead.rule, new_order)
    change = changes.StatusChanged(case.status, None, None, None, previous_lead=case.lead_bureau)
    return [corrected, CaseTransition(with_new_bureaus(after, incoming, again=True), change)]


def _with_completion(order: CaseWorkOrder, due: Deadlines) -> CaseWorkOrder:
    """Return a work order with another deadline of completion, of which no reminder was sent."""
    if order.due.complete == due.complete:
        return order
    reminded = order.reminded - {"complete_soon", "complete_overdue"}
    return replace(order, due=replace(order.due, complete=due.complete), reminded=reminded)


def with_request_kind(
    request: CaseRequest, service_code: str, name: str, notes: tuple[str, ...]
) -> CaseRequest:
    """Return a request of a case that got another kind."""
    problem = with_kind(request.problem, name, notes)
    return replace(request, service_code=service_code, problem=problem)
