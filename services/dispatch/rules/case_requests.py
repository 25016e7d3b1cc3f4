"""How requests make a case, and what one more request changes."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from services.dispatch.rules.case import Case, CaseRequest, Problem, WorkOrder
from services.dispatch.rules.case_changes import Attached, CaseTransition, Opened, Raised
from services.dispatch.rules.deadlines import DeadlinePolicy, Due
from services.dispatch.rules.priority import Priority
from services.dispatch.rules.routing import Assignment, Route
from shared.vocabulary import WorkOrderRole


@dataclass(frozen=True, slots=True)
class IncomingRequest:
    """A request that triage gave to a case, with who shall work on it.

    Attributes:
        linked_case: An earlier case of what may be the same problem.
        new_id: Makes the id of a work order.
        conditions: Those that it meets under which its kind informs a bureau.
        moved_from: The case that it was in before an operator moved it.
        moves: How often operators have moved it by now.
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
    terms: DeadlinePolicy
    new_id: Callable[[], str]
    conditions: frozenset[str] = frozenset()
    moved_from: str | None = None
    moves: int = 0

    @property
    def request(self) -> CaseRequest:
        """The request as its case keeps it."""
        return CaseRequest(
            request_id=self.request_id,
            case_id=self.case_id,
            tracking_number=self.tracking_number,
            service_code=self.service_code,
            priority=self.priority,
            reported_at=self.reported_at,
            problem=self.problem,
            conditions=self.conditions,
            moves=self.moves,
        )


def open_case(arrival: IncomingRequest) -> CaseTransition:
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
        lead_bureau=arrival.route.lead.bureau,
        orders=(*_orders(arrival, [arrival.route.lead], "lead", due, after=0), *informed),
    )
    number = arrival.tracking_number
    return CaseTransition(
        case, Opened(arrival.request_id, number, arrival.moved_from, arrival.moves)
    )


def attach(case: Case, arrival: IncomingRequest) -> list[CaseTransition]:
    """Return what changes when one more request joins the case.

    The case has the greatest priority of all its requests; a higher level is a change of its own
    and tightens the deadlines, a higher score within the level is not. A bureau that the request
    calls for and that has no part in the case yet is informed. A closed case takes the request
    and gives out no work.

    What an operator lowered is raised again only by a request that is more urgent than all that
    the operator knew, or that gives a reason which the operator did not know.
    """
    joined = replace(
        case,
        version=case.version + 1,
        request_count=case.request_count + 1,
        first_reported_at=min(case.first_reported_at, arrival.reported_at),
        last_reported_at=max(case.last_reported_at, arrival.reported_at),
    )
    number = arrival.tracking_number
    attached = Attached(arrival.request_id, number, arrival.moved_from, arrival.moves)
    if case.operator_knew and not case.operator_knew.is_outdone_by(arrival.priority):
        return [CaseTransition(_with_new_bureaus(joined, arrival), attached)]
    if arrival.priority.level < case.priority.level:
        raised = Raised(case.priority.level, arrival.request_id)
        after = _with_new_bureaus(_raised(joined, arrival), arrival)
        return [CaseTransition(joined, attached), CaseTransition(after, raised)]
    if arrival.priority.exceeds(case.priority):
        joined = replace(joined, priority=arrival.priority)
    return [CaseTransition(_with_new_bureaus(joined, arrival), attached)]


def _raised(case: Case, arrival: IncomingRequest) -> Case:
    return raised(case, arrival.priority, arrival.terms.due(arrival.priority.level))


def raised(case: Case, priority: Priority, due: Due) -> Case:
    """Return the case one version on, more urgent, with deadlines as tight as that asks for."""
    orders = tuple(
        order if order.is_final else replace(order, due=order.due.tightened(due))
        for order in case.orders
    )
    return replace(
        case, version=case.version + 1, priority=priority, orders=orders, operator_knew=None
    )


def _with_new_bureaus(case: Case, arrival: IncomingRequest) -> Case:
    new = [a for a in arrival.route.all if a.bureau not in case.bureaus]
    if case.is_closed or not new:
        return case
    due = arrival.terms.due(case.priority.level)
    orders = _orders(arrival, new, "informed", due, after=len(case.orders))
    return replace(case, orders=(*case.orders, *orders))


def _orders(
    arrival: IncomingRequest,
    assignments: Iterable[Assignment],
    role: WorkOrderRole,
    due: Due,
    *,
    after: int,
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
