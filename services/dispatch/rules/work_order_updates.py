"""What a bureau may do with its work order, and how it is told when it may not."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.dispatch.rules.case import Case, WorkOrder
from services.dispatch.rules.case_changes import Change, Closed, StatusChanged
from shared.vocabulary import (
    CLOSED_STATUSES,
    CaseStatus,
    UpdateRefusalCode,
    UpdateStatus,
    WorkOrderStatus,
)

_ENDINGS: tuple[UpdateStatus, ...] = ("completed", "declined", "transferred")
ALLOWED: Mapping[WorkOrderStatus, tuple[UpdateStatus, ...]] = {
    "issued": ("acknowledged", "scheduled", "in_progress", *_ENDINGS),
    "acknowledged": ("scheduled", "in_progress", "waiting_for_resident", *_ENDINGS),
    "scheduled": ("scheduled", "in_progress", "waiting_for_resident", *_ENDINGS),
    "in_progress": ("waiting_for_resident", "scheduled", *_ENDINGS),
    "waiting_for_resident": ("in_progress", "scheduled", *_ENDINGS),
    "completed": (),
    "declined": (),
    "transferred": (),
    "withdrawn": (),
}


@dataclass(frozen=True, slots=True)
class Update:
    """What a bureau says became of its work order."""

    work_order_id: str
    bureau: str
    status: UpdateStatus
    at: datetime
    public_note: str | None = None
    internal_note: str | None = None
    scheduled_for: datetime | None = None
    reason: str | None = None
    transfer_to: str | None = None
    external_id: str | None = None
    expected_version: int | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an update changes nothing, in a stable word and in a sentence that helps."""

    code: UpdateRefusalCode
    message: str


@dataclass(frozen=True, slots=True)
class UpdateContext:
    """What an update of a work order is held against.

    Attributes:
        version: The work order's as its bureau knows it by now.
        sender: The bureau that the update came from, whatever it says of itself.
        bureaus: Codes of the bureaus to which work can go.
    """

    order: WorkOrder
    version: int
    sender: str
    bureaus: Collection[str]


UNKNOWN = Refusal("unknown_work_order", "There is no work order of this id.")


def validate_update(update: Update, standing: UpdateContext) -> Refusal | None:
    """Return why the update does not hold, by the first rule that it breaks, or None."""
    return next(filter(None, (rule(update, standing) for rule in _RULES)), None)


def is_repeat(update: Update, order: WorkOrder) -> bool:
    """Whether the update says what is known already; another date for the work is news."""
    if update.status != order.status:
        return False
    return update.status != "scheduled" or update.scheduled_for in (None, order.scheduled_for)


def _is_yours(update: Update, standing: UpdateContext) -> Refusal | None:
    if update.bureau == standing.sender == standing.order.bureau:
        return None
    return Refusal("not_your_work_order", "This work order is another bureau's.")


def _is_current(update: Update, standing: UpdateContext) -> Refusal | None:
    if update.expected_version in (None, standing.version):
        return None
    return Refusal(
        "version_conflict",
        f"The work order is at version {standing.version} by now: read it, then send again.",
    )


def _has_reason(update: Update, _: UpdateContext) -> Refusal | None:
    if update.status != "declined" or (update.reason or "").strip():
        return None
    return Refusal("missing_reason", "Say in reason why the work is declined.")


def _says_to_whom(update: Update, _: UpdateContext) -> Refusal | None:
    if update.status != "transferred" or (update.transfer_to or "").strip():
        return None
    return Refusal("missing_transfer_to", "Say in transfer_to which bureau shall have the work.")


def _names_a_bureau(update: Update, standing: UpdateContext) -> Refusal | None:
    if update.status != "transferred" or update.transfer_to in standing.bureaus:
        return None
    return Refusal("unknown_bureau", "No bureau of this city has the code in transfer_to.")


def _is_allowed(update: Update, standing: UpdateContext) -> Refusal | None:
    order = standing.order
    if is_repeat(update, order):
        return None
    if update.status == "transferred" and update.transfer_to == order.bureau:
        return Refusal("transition_not_allowed", "The work is with the bureau in transfer_to.")
    allowed = ALLOWED[order.status]
    if update.status in allowed:
        return None
    may = f"it may become {', '.join(allowed)}" if allowed else "that is final"
    return Refusal("transition_not_allowed", f"The work order is {order.status}: {may}.")


_RULES: tuple[Callable[[Update, UpdateContext], Refusal | None], ...] = (
    _is_yours,
    _is_current,
    _has_reason,
    _says_to_whom,
    _names_a_bureau,
    _is_allowed,
)


AHEAD_AT_MOST = timedelta(hours=1)
HANDED_OVER = "transferred-by-bureau"
CASE_STATUS: Mapping[WorkOrderStatus, CaseStatus] = {
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
class Reassignment:
    """What the bureau that gets a transferred work order begins with."""

    work_order_id: str
    acknowledge_by: datetime


def apply_status(
    case: Case, order: WorkOrder, update: Update, now: datetime
) -> tuple[Case, Change | None]:
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
    if status not in CLOSED_STATUSES:
        change = StatusChanged(case.status, order.bureau, update.public_note, moved.scheduled_for)
        return replace(case, version=case.version + 1, status=status), change
    at = closing_time(update.at, case.first_reported_at, now)
    closed = replace(case, version=case.version + 1, status=status, closed_at=at)
    return closed, Closed(case.status, order.bureau, update.public_note, update.reason, at)


def transfer(
    case: Case, order: WorkOrder, update: Update, handover: Reassignment
) -> tuple[Case, Change | None]:
    """Return the case after the bureau gave its work order to another one.

    A bureau that works on the case already keeps its own work order and takes the role over; any
    other gets a new one that must be complete by the same time.
    """
    given = replace(order, external_id=update.external_id or order.external_id)
    after = reassign(case, given, update.transfer_to or "", HANDED_OVER, handover)
    if order.role == "informed":
        return after, None
    return after, StatusChanged(case.status, order.bureau, update.public_note, None)


def reassign(case: Case, order: WorkOrder, to: str, rule: str, handover: Reassignment) -> Case:
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
