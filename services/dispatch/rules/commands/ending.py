"""An operator ends a case, or takes it up again."""

from collections.abc import Callable, Iterator
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
from services.dispatch.rules.progress import closing_time

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

    So does each bureau whose own was withdrawn; what another has done or still does stays.

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
    orders = (*case.orders, *_anew(case, due, new_id))
    opened = replace(case, version=case.version + 1, status="open", closed_at=None, orders=orders)
    return Obeyed([Step(opened, Reopened(case.status))])


def _anew(case: Case, due: Due, new_id: Callable[[], str]) -> Iterator[WorkOrder]:
    latest = {order.bureau: order for order in case.orders}
    again = [case.lead]
    again += [o for o in latest.values() if o.status == "withdrawn" and o.bureau != again[0].bureau]
    for number, order in enumerate(again, len(case.orders) + 1):
        yield WorkOrder(
            work_order_id=new_id(),
            number=number,
            bureau=order.bureau,
            role=order.role,
            due=due,
            route_rule=REOPENED,
        )
