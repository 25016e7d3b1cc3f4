"""How requests make a case, and what one more request changes."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from services.dispatch.rules.case import Case, Problem, Role, WorkOrder
from services.dispatch.rules.changes import Attached, Opened, Raised, Step
from services.dispatch.rules.deadlines import Due, Terms
from services.dispatch.rules.priority import Priority
from services.dispatch.rules.routing import Assignment, Route


@dataclass(frozen=True, slots=True)
class Arrival:
    """A request that triage gave to a case, with who shall work on it.

    Attributes:
        linked_case: An earlier case of what may be the same problem.
        new_id: Makes the id of a work order.
    """

    request_id: str
    tracking_number: str
    case_id: str
    jurisdiction: str
    dedup_group: str
    service_code: str
    priority: Priority
    reported_at: datetime
    problem: Problem
    linked_case: str | None
    route: Route
    terms: Terms
    new_id: Callable[[], str]


def open_case(arrival: Arrival) -> Step:
    """Return the case that the request opens, with a work order for each bureau of its route."""
    due = arrival.terms.due(arrival.priority.level)
    informed = _orders(arrival, arrival.route.informed, "informed", due, after=1)
    case = Case(
        case_id=arrival.case_id,
        version=1,
        jurisdiction=arrival.jurisdiction,
        dedup_group=arrival.dedup_group,
        service_code=arrival.service_code,
        status="open",
        priority=arrival.priority,
        request_count=1,
        first_reported_at=arrival.reported_at,
        last_reported_at=arrival.reported_at,
        opened_by=arrival.request_id,
        linked_case=arrival.linked_case,
        problem=arrival.problem,
        orders=(*_orders(arrival, [arrival.route.lead], "lead", due, after=0), *informed),
    )
    return Step(case, Opened(arrival.request_id, arrival.tracking_number))


def attach(case: Case, arrival: Arrival) -> list[Step]:
    """Return what changes when one more request joins the case.

    The case has the greatest priority of all its requests; a higher level is a change of its own
    and tightens the deadlines, a higher score within the level is not. A bureau that the request
    calls for and that has no part in the case yet is informed. A closed case takes the request
    and gives out no work.
    """
    joined = replace(
        case,
        version=case.version + 1,
        request_count=case.request_count + 1,
        first_reported_at=min(case.first_reported_at, arrival.reported_at),
        last_reported_at=max(case.last_reported_at, arrival.reported_at),
    )
    attached = Attached(arrival.request_id, arrival.tracking_number)
    if arrival.priority.level < case.priority.level:
        raised = Raised(case.priority.level, arrival.request_id)
        after = _with_new_bureaus(_raised(joined, arrival), arrival)
        return [Step(joined, attached), Step(after, raised)]
    if arrival.priority.exceeds(case.priority):
        joined = replace(joined, priority=arrival.priority)
    return [Step(_with_new_bureaus(joined, arrival), attached)]


def _raised(case: Case, arrival: Arrival) -> Case:
    due = arrival.terms.due(arrival.priority.level)
    orders = tuple(
        order if order.is_final else replace(order, due=order.due.tightened(due))
        for order in case.orders
    )
    return replace(case, version=case.version + 1, priority=arrival.priority, orders=orders)


def _with_new_bureaus(case: Case, arrival: Arrival) -> Case:
    new = [a for a in arrival.route.all if a.bureau not in case.bureaus]
    if case.is_closed or not new:
        return case
    due = arrival.terms.due(case.priority.level)
    orders = _orders(arrival, new, "informed", due, after=len(case.orders))
    return replace(case, orders=(*case.orders, *orders))


def _orders(
    arrival: Arrival, assignments: Iterable[Assignment], role: Role, due: Due, *, after: int
) -> Iterator[WorkOrder]:
    for number, assignment in enumerate(assignments, after + 1):
        yield WorkOrder(
            work_order_id=arrival.new_id(),
            number=number,
            bureau=assignment.bureau,
            role=role,
            due=due,
            route_rule=assignment.rule,
        )
