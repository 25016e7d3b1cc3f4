"""Rule: the new state of a delivery after an attempt to send it, with its retry schedule."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from services.notify.outbound import delivery_event
from services.notify.records import OPTED_OUT, ClaimedDelivery
from services.notify.rules.model import StoredDelivery
from shared.contract.events import (
    Event,
    NotificationFailed,
    NotificationSent,
    NotificationSuppressed,
    NotificationUnknown,
)
from shared.runtime.smtp import SendOutcome

DeliveryState: TypeAlias = Literal["pending", "sent", "failed", "suppressed", "unknown"]
_RETRY_DELAYS = (
    *(timedelta(seconds=s) for s in (5, 30, 120, 600, 1_800)),
    *[timedelta(hours=1)] * 23,  # a day in all; by then the message is out of date
)


@dataclass(frozen=True, slots=True)
class DeliveryUpdate:
    """The new state of a claimed delivery.

    Attributes:
        deferrals: Number of times that the server deferred it.
        not_before: Time of the next attempt; None after the last one.
    """

    stored: StoredDelivery
    state: DeliveryState
    deferrals: int
    reason: str | None = None
    provider_id: str | None = None
    not_before: datetime | None = None
    event: Event | None = None

    @property
    def opts_out(self) -> bool:
        """True when the provider says that the recipient wants no more by the channel."""
        return self.state == "failed" and self.reason == OPTED_OUT


def next_attempt_at(deferrals: int, now: datetime) -> datetime | None:
    """Return the time of the next attempt, or None after a day of retries."""
    return now + _RETRY_DELAYS[deferrals] if deferrals < len(_RETRY_DELAYS) else None


def delivery_update(
    claimed: ClaimedDelivery, outcome: SendOutcome, now: datetime
) -> DeliveryUpdate:
    """Return the new state of a delivery; the outcome of a suppressed message is ignored."""
    stored, deferrals, reason = claimed.stored, claimed.deferrals, outcome.reason
    event: Event
    if why := claimed.suppressed:
        event = delivery_event(NotificationSuppressed, stored, now, reason=why)
        return DeliveryUpdate(stored, "suppressed", deferrals, why, event=event)
    match outcome.result:
        case "accepted":
            name = outcome.provider_id
            event = delivery_event(NotificationSent, stored, now, provider_id=name)
            return DeliveryUpdate(stored, "sent", deferrals, provider_id=name, event=event)
        case "unknown":
            event = delivery_event(NotificationUnknown, stored, now, reason=reason)
            return DeliveryUpdate(stored, "unknown", deferrals, reason, event=event)
        case "unreachable":
            return DeliveryUpdate(stored, "pending", deferrals, reason, not_before=now)
        case "deferred" if retry_at := next_attempt_at(deferrals, now):
            return DeliveryUpdate(stored, "pending", deferrals + 1, reason, not_before=retry_at)
        case "refused" | "deferred":
            event = delivery_event(NotificationFailed, stored, now, reason=reason)
            return DeliveryUpdate(stored, "failed", deferrals, reason, event=event)
