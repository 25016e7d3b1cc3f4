"""Reopening of closed cases: the new work orders, and when a resident's word is enough."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from services.dispatch.rules.case import Case, CaseWorkOrder
from services.dispatch.rules.case_changes import CaseTransition, Reopened
from services.dispatch.rules.deadlines import Deadlines
from services.dispatch.rules.work_order_updates import CASE_STATUS

REOPENED_BY_OPERATOR = "reopened-by-operator"
REOPENED_BY_RESIDENT = "reopened-by-resident"
SAYS_NOT_FIXED = "resident_says_not_fixed"
NOT_FIXED_WITHIN = timedelta(days=30)
"""Time after the closing in which a resident's word reopens a case."""


def is_reopened_by_resident(case: Case, at: datetime) -> bool:
    """Return True when a resident's word that it is not fixed reopens a case.

    It does for completed work within 30 days of the closing. The case is open afterwards, so of
    several residents the first one reopens it, and the first one again after each closing.
    """
    if case.status != "completed" or case.merged_into or case.closed_at is None:
        return False
    return case.closed_at <= at <= case.closed_at + NOT_FIXED_WITHIN


def reopen_case(
    case: Case, due: Deadlines, new_id: Callable[[], str], *, route_rule: str, reason: str
) -> CaseTransition:
    """Reopen a closed case with a new work order for its lead and for each withdrawn one.

    Other work orders, final or not, stay as they are. A lead bureau that still has an unfinished
    work order of the case leads with that one.
    """

    def reissued(of: Case, order: CaseWorkOrder) -> Case:
        return of.with_order(
            CaseWorkOrder(
                work_order_id=new_id(),
                number=len(of.orders) + 1,
                bureau=order.bureau,
                role=order.role,
                due=due,
                route_rule=route_rule,
            )
        )

    latest = case.latest_of(case.lead_bureau)
    if latest is not None and not latest.is_final:
        opened = case.with_order(replace(latest, role="lead"))
    else:
        opened = reissued(case, case.lead)
    status = CASE_STATUS[opened.lead.status]
    opened = replace(opened, version=case.version + 1, status=status, closed_at=None)
    for order in _latest_withdrawn(opened):
        opened = reissued(opened, order)
    return CaseTransition(opened, Reopened(case.status, reason))


def _latest_withdrawn(case: Case) -> list[CaseWorkOrder]:
    """Return the latest work order of each bureau where that one is withdrawn."""
    latest = {order.bureau: order for order in case.orders}
    return [order for order in latest.values() if order.status == "withdrawn"]
