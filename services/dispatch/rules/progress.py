"""What an update that holds changes: its work order, and by the lead's also the case."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.dispatch.rules.case import CLOSED, Case, CaseStatus, OrderStatus, WorkOrder
from services.dispatch.rules.changes import Change, Closed, Moved
from services.dispatch.rules.lifecycle import Update

AHEAD_AT_MOST = timedelta(hours=1)
HANDED_OVER = "transferred-by-bureau"
CASE_STATUS: Mapping[OrderStatus, CaseStatus] = {
    "issued": "open",
    "acknowledged": "acknowledged",
    "scheduled": "scheduled",
    "in_progress": "in_progress",
    "waiting_for_resident": "waiting_for_resident",
    "completed": "completed",
    "declined": "declined",
}
"""How a case stands, by its lead's work order."""


@dataclass(frozen=True, slots=True)
class Handover:
    """What the bureau that gets a transferred work order begins with."""

    work_order_id: str
    acknowledge_by: datetime


def move(case: Case, order: WorkOrder, update: Update, now: datetime) -> tuple[Case, Change | None]:
    """Return the case after an update other than a transfer, and what became of the case itself.

    An informed bureau moves its own work order and nothing else. A lead that completes or
    declines ends the case; the work orders of the others stay as they are.
    """
    moved = replace(
        order,
        status=update.status,
        scheduled_for=update.scheduled_for if update.status == "scheduled" else None,
        external_id=update.external_id or order.external_id,
    )
    case = case.with_order(moved)
    if moved.role == "informed":
        return case, None
    status = CASE_STATUS[moved.status]
    if status not in CLOSED:
        change = Moved(case.status, order.bureau, update.public_note, moved.scheduled_for)
        return replace(case, version=case.version + 1, status=status), change
    at = closing_time(update.at, case.first_reported_at, now)
    closed = replace(case, version=case.version + 1, status=status, closed_at=at)
    return closed, Closed(case.status, order.bureau, update.public_note, update.reason, at)


def transfer(
    case: Case, order: WorkOrder, update: Update, handover: Handover
) -> tuple[Case, Change | None]:
    """Return the case after the bureau gave its work order to another one.

    A bureau that works on the case already keeps its own work order and takes the role over; any
    other gets a new one that must be complete by the same time.
    """
    given = replace(order, external_id=update.external_id or order.external_id)
    after = hand_over(case, given, update.transfer_to or "", HANDED_OVER, handover)
    if order.role == "informed":
        return after, None
    return after, Moved(case.status, order.bureau, update.public_note, None)


def hand_over(case: Case, order: WorkOrder, to: str, rule: str, handover: Handover) -> Case:
    """Return the case after a work order went to another bureau; the lead's makes a new version."""
    case = case.with_order(replace(order, status="transferred"))
    taker = case.latest_of(to)
    if taker is None or taker.is_final:
        taker = WorkOrder(
            work_order_id=handover.work_order_id,
            number=len(case.orders) + 1,
            bureau=to,
            role=order.role,
            due=replace(order.due, acknowledge_by=handover.acknowledge_by),
            route_rule=rule,
        )
    elif order.role == "lead":
        taker = replace(taker, role="lead")
    case = case.with_order(taker)
    if order.role == "informed":
        return case
    return replace(case, version=case.version + 1, status=CASE_STATUS[taker.status], lead_bureau=to)


def closing_time(said: datetime, reported_at: datetime, now: datetime) -> datetime:
    """Return when the work ended, by the bureau's own clock as far as it can be believed.

    A moment more than an hour ahead of ours is replaced by ours; none lies before the report.
    """
    return max(reported_at, now if said - now > AHEAD_AT_MOST else said)
