"""Requests open a case or join it; each may raise its priority and bring in further bureaus."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from services.dispatch.rules.case import Case, CasePriority, CaseRequest, CaseWorkOrder, Problem
from services.dispatch.rules.case_changes import (
    CaseTransition,
    Opened,
    PriorityRaised,
    RequestAttached,
)
from services.dispatch.rules.deadlines import DeadlinePolicy, Deadlines
from services.dispatch.rules.routing import Assignment, CaseRoute
from shared.vocabulary import WorkOrderRole


@dataclass(frozen=True, slots=True)
class IncomingRequest:
    """A request that is to open or join the case ``request.case_id``."""

    request: CaseRequest
    jurisdiction: str
    dedup_group: str
    linked_case: str | None
    route: CaseRoute
    deadline_policy: DeadlinePolicy
    new_id: Callable[[], str]
    moved_from: str | None = None


def open_case(incoming: IncomingRequest) -> CaseTransition:
    """Return a new case for the request, with a work order for each bureau of its route."""
    request, route = incoming.request, incoming.route
    due = incoming.deadline_policy.due(request.priority.level)
    case = Case(
        case_id=request.case_id,
        version=1,
        jurisdiction=incoming.jurisdiction,
        dedup_group=incoming.dedup_group,
        service_code=request.service_code,
        status="open",
        priority=request.priority,
        request_count=1,
        first_reported_at=request.reported_at,
        last_reported_at=request.reported_at,
        opened_by=request.request_id,
        linked_case=incoming.linked_case,
        problem=request.problem,
        summary_priority=request.priority,
        lead_bureau=route.lead.bureau,
        orders=(
            *_new_orders(incoming, [route.lead], "lead", due, after=0),
            *_new_orders(incoming, route.informed, "informed", due, after=1),
        ),
    )
    opened = Opened(request.request_id, request.tracking_number, incoming.moved_from, request.moves)
    return CaseTransition(case, opened)


def attach(case: Case, incoming: IncomingRequest) -> list[CaseTransition]:
    """Return the transitions of a case that one more request joins.

    The case has the highest priority of its requests, and the summary of the most urgent. A higher
    level is a transition of its own and tightens the deadlines; a higher score within the level is
    not. A new bureau on the request's route is informed. A closed case issues no work orders. What
    an operator lowered may stay (``stays_lowered``).
    """
    request = incoming.request
    joined = replace(
        with_summary(case, request.problem, request.priority),
        version=case.version + 1,
        request_count=case.request_count + 1,
        first_reported_at=min(case.first_reported_at, request.reported_at),
        last_reported_at=max(case.last_reported_at, request.reported_at),
    )
    attached = RequestAttached(
        request.request_id, request.tracking_number, incoming.moved_from, request.moves
    )
    if stays_lowered(case, request.priority):
        return [CaseTransition(with_new_bureaus(joined, incoming), attached)]
    if request.priority.level < case.priority.level:
        raised_case = with_raised_priority(joined, request.priority, incoming.deadline_policy)
        after = with_new_bureaus(raised_case, incoming)
        raised = PriorityRaised(case.priority.level, request.request_id)
        return [CaseTransition(joined, attached), CaseTransition(after, raised)]
    if request.priority.exceeds(case.priority):
        joined = replace(joined, priority=request.priority)
    return [CaseTransition(with_new_bureaus(joined, incoming), attached)]


def with_summary(case: Case, words: Problem, priority: CasePriority) -> Case:
    """Return a case with the words of a more urgent report; of equal ones the earlier stay."""
    if not priority.exceeds(case.summary_priority or case.priority):
        return case
    return replace(case, problem=case.problem.in_words_of(words), summary_priority=priority)


def stays_lowered(case: Case, priority: CasePriority) -> bool:
    """Return True when an operator lowered a case's priority, and a request does not raise it.

    Only a higher level or a reason that the operator did not know raises it again.
    """
    known = case.lowered_from
    return known is not None and not known.is_exceeded_by(priority)


def with_raised_priority(
    case: Case, priority: CasePriority, deadline_policy: DeadlinePolicy
) -> Case:
    """Return a case with a higher priority, and no deadline later than before or by the raise."""
    due = deadline_policy.due(priority.level)
    raised = case.map_unfinished(lambda order: _tightened(order, due, deadline_policy.since))
    return replace(raised, version=case.version + 1, priority=priority, lowered_from=None)


def _tightened(order: CaseWorkOrder, due: Deadlines, since: datetime) -> CaseWorkOrder:
    """Return a work order with no deadline later than ``due``, which counts from ``since``."""
    tightened, waiting = order.due.tightened(due), order.waiting_since
    if waiting is not None and tightened != order.due:
        waiting = max(waiting, since)
    return replace(order, due=tightened, waiting_since=waiting)


def with_new_bureaus(case: Case, incoming: IncomingRequest, *, again: bool = False) -> Case:
    """Return the case with the other bureaus of a request's route informed, while it is open.

    Args:
        again: True to inform bureaus, too, that have finished with it.
    """
    known = {o.bureau for o in case.orders if not o.is_final} if again else case.bureaus
    new = [a for a in incoming.route.all if a.bureau not in known]
    if case.is_closed or not new:
        return case
    due = incoming.deadline_policy.due(case.priority.level)
    orders = _new_orders(incoming, new, "informed", due, after=len(case.orders))
    return replace(case, orders=(*case.orders, *orders))


def _new_orders(
    incoming: IncomingRequest,
    assignments: Iterable[Assignment],
    role: WorkOrderRole,
    due: Deadlines,
    *,
    after: int,
) -> Iterator[CaseWorkOrder]:
    """Yield a work order for each assignment, numbered from ``after + 1``."""
    for number, assignment in enumerate(assignments, after + 1):
        yield CaseWorkOrder(
            work_order_id=incoming.new_id(),
            number=number,
            bureau=assignment.bureau,
            role=role,
            due=due,
            route_rule=assignment.rule,
        )
