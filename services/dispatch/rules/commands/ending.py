"""An operator ends a case, or takes it up again."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from services.dispatch.rules.case import Case, WorkOrder
from services.dispatch.rules.changes import Closed, Reopened, Step
from services.dispatch.rules.commands.command import (
    Command,
    CommandRefusal,
    Obeyed,
    Verdict,
    ended,
)
from services.dispatch.rules.deadlines import Due
from services.dispatch.rules.progress import CASE_STATUS, closing_time

REOPENED = "reopened-by-operator"


def close(case: Case, command: Command, now: datetime) -> Verdict:
    """End a case; whoever still has work on it need not go on."""
    if case.is_closed:
        return ended(case.status)
    at = closing_time(command.at, case.first_reported_at, now)
    closed = replace(
        withdrawn(case),
        version=case.version + 1,
        status=command.status or "declined",
        closed_at=at,
    )
    return Obeyed([Step(closed, Closed(case.status, None, None, command.reason, at))])


def withdrawn(case: Case) -> Case:
    """Return the case with nobody at work."""
    orders = tuple(
        order if order.is_final else replace(order, status="withdrawn") for order in case.orders
    )
    return replace(case, orders=orders)


def reopen(case: Case, due: Due, new_id: Callable[[], str]) -> Verdict:
    """Take a closed case up again: its lead gets a new work order.

    So does each bureau whose own was withdrawn; what another has done or still does stays. A lead
    that works on something else of the case goes on with that as the lead.

    Args:
        case: As it is.
        due: For all new work orders.
        new_id: Makes the id of a work order.
    """
    if case.merged_into is not None:
        return CommandRefusal(
            "case_merged", f"Its requests are in the case {case.merged_into}: reopen that one."
        )
    if not case.is_closed:
        return CommandRefusal("case_open", f"The case is {case.status}, not closed.")
    taken_up = _with_lead(case, due, new_id)
    status = CASE_STATUS[taken_up.lead.status]
    opened = replace(taken_up, version=case.version + 1, status=status, closed_at=None)
    for order in _withdrawn_last(opened):
        opened = opened.with_order(_anew(opened, order, due, new_id))
    return Obeyed([Step(opened, Reopened(case.status))])


def _with_lead(case: Case, due: Due, new_id: Callable[[], str]) -> Case:
    """Return the case with its lead at work: with what it works on already, or with a new order."""
    latest = case.latest_of(case.lead_bureau)
    if latest is not None and not latest.is_final:
        return case.with_order(replace(latest, role="lead"))
    return case.with_order(_anew(case, case.lead, due, new_id))


def _withdrawn_last(case: Case) -> list[WorkOrder]:
    latest = {order.bureau: order for order in case.orders}
    return [order for order in latest.values() if order.status == "withdrawn"]


def _anew(case: Case, order: WorkOrder, due: Due, new_id: Callable[[], str]) -> WorkOrder:
    return WorkOrder(
        work_order_id=new_id(),
        number=len(case.orders) + 1,
        bureau=order.bureau,
        role=order.role,
        due=due,
        route_rule=REOPENED,
    )
