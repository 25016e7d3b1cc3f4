"""Rule: when a message is tried again that the mail server did not take for now."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from services.notify import outbound as reports
from services.notify.rules.model import MessageData, StoredDelivery
from shared.contract.events import Event

_PAUSES = (
    *(timedelta(seconds=s) for s in (5, 30, 120, 600, 1_800)),
    *[timedelta(hours=1)] * 23,  # a day in all; what it says is old by then
)


def next_try(put_off_before: int, now: datetime) -> datetime | None:
    """Return when to try again, or None when a day of trying is enough.

    Args:
        put_off_before: How often the server had put it off already.
        now: When it did so again.
    """
    return now + _PAUSES[put_off_before] if put_off_before < len(_PAUSES) else None


State: TypeAlias = Literal["pending", "sent", "failed", "unknown"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of handing a message over.

    ``taken``: the server has it. ``refused``: it will never take it. ``put_off``: it may take it
    later. ``unreachable``: it has not got it, and takes no other now either. ``unknown``: it may
    have it.
    """

    result: Literal["taken", "refused", "put_off", "unreachable", "unknown"]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ClaimedDelivery:
    """A delivery that is ours to send, with what its message says.

    Attributes:
        put_off: How often the mail server asked to come again later.
        mailbox: None when the contact is gone since it became due.
    """

    kept: StoredDelivery
    put_off: int
    mailbox: str | None
    particulars: MessageData


@dataclass(frozen=True, slots=True)
class DeliveryUpdate:
    """What becomes of a claimed delivery, and the event that says so."""

    kept: StoredDelivery
    state: State
    put_off: int
    reason: str | None = None
    not_before: datetime | None = None
    report: Event | None = None


def delivery_update(
    claimed: ClaimedDelivery, outcome: Outcome, now: datetime, provider_id: str
) -> DeliveryUpdate:
    """Return what becomes of the delivery.

    Args:
        claimed: The delivery.
        outcome: What came of the hand-over.
        now: When it did.
        provider_id: What finds the message at the mail server.
    """
    kept, put_off, reason = claimed.kept, claimed.put_off, outcome.reason
    match outcome.result:
        case "taken":
            report: Event = reports.sent(kept, now, provider_id)
            return DeliveryUpdate(kept, "sent", put_off, report=report)
        case "refused":
            return _failed(claimed, reason, now)
        case "unknown":
            report = reports.unknown(kept, now, reason)
            return DeliveryUpdate(kept, "unknown", put_off, reason, report=report)
        case "unreachable":
            return DeliveryUpdate(kept, "pending", put_off, reason, not_before=now)
        case "put_off":
            again_at = next_try(put_off, now)
            if again_at is None:
                return _failed(claimed, reason, now)
            return DeliveryUpdate(kept, "pending", put_off + 1, reason, not_before=again_at)


def _failed(claimed: ClaimedDelivery, reason: str, now: datetime) -> DeliveryUpdate:
    report = reports.failed(claimed.kept, now, reason)
    return DeliveryUpdate(claimed.kept, "failed", claimed.put_off, reason, report=report)
