"""Bureaus' updates of their work orders: validation, and the effect on the case."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.dispatch.rules.case import Case, CaseWorkOrder
from services.dispatch.rules.case_changes import CaseChange, Closed, StatusChanged
from services.dispatch.rules.deadlines import WorkOrderDeadline
from shared import vocabulary

_ENDINGS: tuple[vocabulary.UpdateStatus, ...] = ("completed", "declined", "transferred")
ALLOWED_TRANSITIONS: Mapping[vocabulary.WorkOrderStatus, tuple[vocabulary.UpdateStatus, ...]] = {
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
# Status of a case by that of its lead's work order.
CASE_STATUS: Mapping[vocabulary.WorkOrderStatus, vocabulary.CaseStatus] = {
    "issued": "open",
    "acknowledged": "acknowledged",
    "scheduled": "scheduled",
    "in_progress": "in_progress",
    "waiting_for_resident": "waiting_for_resident",
    "completed": "completed",
    "declined": "declined",
}

MAX_CLOCK_LEAD = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class BureauUpdate:
    """A well-formed update; times are in UTC."""

    work_order_id: str
    bureau: str  # its sender, as the update names it
    status: vocabulary.UpdateStatus
    at: datetime  # begin of the status, by the bureau's clock
    public_note: str | None = None
    internal_note: str | None = None  # for the city alone; never published
    scheduled_for: datetime | None = None
    reason: str | None = None
    transfer_to: str | None = None
    external_id: str | None = None
    expected_version: int | None = None  # version of the work order that the bureau last saw
    # Pictures of the work, as `Media` of the wire contract; the rules only pass them on.
    media: tuple[Mapping[str, str | None], ...] = ()


@dataclass(frozen=True, slots=True)
class UpdateRefusal:
    """Refusal of an update: a stable code, and a sentence for the bureau."""

    code: vocabulary.UpdateRefusalCode
    message: str


@dataclass(frozen=True, slots=True)
class UpdateContext:
    """Facts that an update is validated against."""

    order: CaseWorkOrder
    version: int  # after the earlier messages of the batch
    sender: str  # bureau of the topic, whatever bureau the update names
    bureaus: Collection[str]


UNKNOWN_WORK_ORDER = UpdateRefusal("unknown_work_order", "There is no work order of this id.")


def validate_update(update: BureauUpdate, context: UpdateContext) -> UpdateRefusal | None:
    """Return the refusal by the first rule that the update breaks, or None when it is valid."""
    return next(filter(None, (rule(update, context) for rule in _RULES)), None)


def is_repeat(update: BureauUpdate, order: CaseWorkOrder) -> bool:
    """Return True when the work order has that status already; another date is no repeat."""
    if update.status != order.status:
        return False
    return update.status != "scheduled" or update.scheduled_for in (None, order.scheduled_for)


def _is_sender_own(update: BureauUpdate, context: UpdateContext) -> UpdateRefusal | None:
    if update.bureau == context.sender == context.order.bureau:
        return None
    return UpdateRefusal("not_your_work_order", "This work order is another bureau's.")


def _is_current(update: BureauUpdate, context: UpdateContext) -> UpdateRefusal | None:
    if update.expected_version in (None, context.version):
        return None
    return UpdateRefusal(
        "version_conflict",
        f"The work order is at version {context.version} now: read it and send the update again.",
    )


def _has_reason(update: BureauUpdate, _: UpdateContext) -> UpdateRefusal | None:
    if update.status != "declined" or (update.reason or "").strip():
        return None
    return UpdateRefusal("missing_reason", "Give the reason for declining in reason.")


def _has_target(update: BureauUpdate, _: UpdateContext) -> UpdateRefusal | None:
    if update.status != "transferred" or (update.transfer_to or "").strip():
        return None
    return UpdateRefusal("missing_transfer_to", "Name the bureau that takes over in transfer_to.")


def _target_exists(update: BureauUpdate, context: UpdateContext) -> UpdateRefusal | None:
    if update.status != "transferred" or update.transfer_to in context.bureaus:
        return None
    return UpdateRefusal("unknown_bureau", "No bureau of this city has the code in transfer_to.")


def _is_allowed(update: BureauUpdate, context: UpdateContext) -> UpdateRefusal | None:
    order = context.order
    if is_repeat(update, order):
        return None
    if update.status == "transferred" and update.transfer_to == order.bureau:
        return UpdateRefusal(
            "transition_not_allowed", "The bureau in transfer_to has this work already."
        )
    allowed = ALLOWED_TRANSITIONS[order.status]
    if update.status in allowed:
        return None
    may = f"it may become {', '.join(allowed)}" if allowed else "that is final"
    return UpdateRefusal("transition_not_allowed", f"The work order is {order.status}: {may}.")


_RULES: tuple[Callable[[BureauUpdate, UpdateContext], UpdateRefusal | None], ...] = (
    _is_sender_own,
    _is_current,
    _has_reason,
    _has_target,
    _target_exists,
    _is_allowed,
)


@dataclass(frozen=True, slots=True)
class Reassignment:
    """Id and acknowledgement deadline of a work order, if the bureau that takes over needs one."""

    work_order_id: str
    acknowledge: WorkOrderDeadline


def apply_status(
    case: Case, order: CaseWorkOrder, update: BureauUpdate, now: datetime
) -> tuple[Case, CaseChange | None]:
    """Return the case after an update that moves no work to another bureau, and its own change.

    An informed bureau changes its work order alone: no change of the case. A lead that completes or
    declines closes the case; the work orders of other bureaus stay as they are.
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
    at = time_of_change(update.at, case.first_reported_at, now)
    if status not in vocabulary.CLOSED_STATUSES:
        moved_on = StatusChanged(
            case.status,
            order.bureau,
            update.public_note,
            moved.scheduled_for,
            update.media,
            case.lead_bureau,
            at,
        )
        acknowledged_at = case.acknowledged_at or now
        case = replace(case, status=status, acknowledged_at=acknowledged_at, asked_from=None)
        return replace(case, version=case.version + 1), moved_on
    closed = replace(case, version=case.version + 1, status=status, closed_at=at, asked_from=None)
    return closed, Closed(
        case.status, order.bureau, update.public_note, update.reason, at, media=update.media
    )


def transfer_order(
    case: Case, order: CaseWorkOrder, update: BureauUpdate, to: str, new_order: Reassignment
) -> tuple[Case, CaseChange | None]:
    """Return the case after a bureau gave its work order to another one, and its own change.

    That bureau's unfinished work order takes over the role. Otherwise it gets a new one with the
    same deadline of completion. An informed bureau's transfer changes nothing of the case itself.
    """
    ended = replace(
        order, status=update.status, external_id=update.external_id or order.external_id
    )
    after = reassign(case, ended, to, f"{update.status}-by-bureau", new_order)
    if order.role == "informed":
        return after, None
    return after, StatusChanged(
        case.status, order.bureau, update.public_note, None, update.media, case.lead_bureau
    )


def reassign(case: Case, ended: CaseWorkOrder, to: str, rule: str, new_order: Reassignment) -> Case:
    """Return the case after a work order ended and went to another bureau."""
    case = case.with_order(ended)
    receiver = case.latest_of(to)
    if receiver is None or receiver.is_final:
        receiver = CaseWorkOrder(
            work_order_id=new_order.work_order_id,
            number=len(case.orders) + 1,
            bureau=to,
            role=ended.role,
            due=replace(ended.due, acknowledge=new_order.acknowledge),
            route_rule=rule,
        )
    elif ended.role == "lead":
        is_seen = receiver.status != "issued"
        due = receiver.due if is_seen else replace(receiver.due, acknowledge=new_order.acknowledge)
        receiver = replace(receiver, role="lead", due=due)
    case = case.with_order(receiver)
    if ended.role == "informed":
        return case
    status = CASE_STATUS[receiver.status]
    return replace(
        case,
        version=case.version + 1,
        status=status,
        lead_bureau=to,
        acknowledged_at=None if status == "open" else case.acknowledged_at,
        asked_from=None,
    )


def time_of_change(claimed: datetime, reported_at: datetime, now: datetime) -> datetime:
    """Return when a change happened by the sender's clock, with implausible times corrected.

    Nothing changes before the first report, or more than an hour ahead of ``now``.
    """
    return max(reported_at, now if claimed - now > MAX_CLOCK_LEAD else claimed)
