"""What a bureau may do with its work order, and how it is told when it may not."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from services.dispatch.rules.case import OrderStatus, WorkOrder

UpdateStatus: TypeAlias = Literal[
    "acknowledged",
    "scheduled",
    "in_progress",
    "waiting_for_resident",
    "completed",
    "declined",
    "transferred",
]
RefusalCode: TypeAlias = Literal[
    "invalid",
    "unknown_work_order",
    "not_your_work_order",
    "version_conflict",
    "missing_reason",
    "missing_transfer_to",
    "unknown_bureau",
    "transition_not_allowed",
]

_ENDINGS: tuple[UpdateStatus, ...] = ("completed", "declined", "transferred")
ALLOWED: Mapping[OrderStatus, tuple[UpdateStatus, ...]] = {
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

    code: RefusalCode
    message: str


@dataclass(frozen=True, slots=True)
class Standing:
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


def refusal(update: Update, standing: Standing) -> Refusal | None:
    """Return why the update does not hold, by the first rule that it breaks, or None."""
    return next(filter(None, (rule(update, standing) for rule in _RULES)), None)


def is_repeat(update: Update, order: WorkOrder) -> bool:
    """Whether the update says what is known already; another date for the work is news."""
    if update.status != order.status:
        return False
    return update.status != "scheduled" or update.scheduled_for in (None, order.scheduled_for)


def _is_yours(update: Update, standing: Standing) -> Refusal | None:
    if update.bureau == standing.sender == standing.order.bureau:
        return None
    return Refusal("not_your_work_order", "This work order is another bureau's.")


def _is_current(update: Update, standing: Standing) -> Refusal | None:
    if update.expected_version in (None, standing.version):
        return None
    return Refusal(
        "version_conflict",
        f"The work order is at version {standing.version} by now: read it, then send again.",
    )


def _has_reason(update: Update, _: Standing) -> Refusal | None:
    if update.status != "declined" or (update.reason or "").strip():
        return None
    return Refusal("missing_reason", "Say in reason why the work is declined.")


def _says_to_whom(update: Update, _: Standing) -> Refusal | None:
    if update.status != "transferred" or (update.transfer_to or "").strip():
        return None
    return Refusal("missing_transfer_to", "Say in transfer_to which bureau shall have the work.")


def _names_a_bureau(update: Update, standing: Standing) -> Refusal | None:
    if update.status != "transferred" or update.transfer_to in standing.bureaus:
        return None
    return Refusal("unknown_bureau", "No bureau of this city has the code in transfer_to.")


def _is_allowed(update: Update, standing: Standing) -> Refusal | None:
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


_RULES: tuple[Callable[[Update, Standing], Refusal | None], ...] = (
    _is_yours,
    _is_current,
    _has_reason,
    _says_to_whom,
    _names_a_bureau,
    _is_allowed,
)
