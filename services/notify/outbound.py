"""What notify says about its deliveries; never an address and never a text."""

from datetime import datetime
from typing import TypeVar

from services.notify.rules.model import WITHOUT_CASE, StoredDelivery
from shared.contract.events import (
    Event,
    Notification,
    NotificationFailed,
    NotificationSent,
    NotificationSuppressed,
    NotificationUnknown,
)

E = TypeVar("E", bound=Event)


def suppressed(kept: StoredDelivery, now: datetime) -> NotificationSuppressed:
    """Say that a message was due but is not to be sent."""
    return _report(NotificationSuppressed, kept, now, reason=kept.delivery.suppressed)


def sent(kept: StoredDelivery, now: datetime, provider_id: str) -> NotificationSent:
    """Say that the mail server took a message, under this id."""
    return _report(NotificationSent, kept, now, provider_id=provider_id)


def failed(kept: StoredDelivery, now: datetime, reason: str) -> NotificationFailed:
    """Say that a message will never be sent."""
    return _report(NotificationFailed, kept, now, reason=reason)


def unknown(kept: StoredDelivery, now: datetime, reason: str) -> NotificationUnknown:
    """Say that nobody can tell whether a message went out."""
    return _report(NotificationUnknown, kept, now, reason=reason)


def _report(
    kind: type[E],
    kept: StoredDelivery,
    now: datetime,
    *,
    reason: str | None = None,
    provider_id: str | None = None,
) -> E:
    delivery = kept.delivery
    occasion = delivery.trigger
    with_case = occasion.version != WITHOUT_CASE
    told = Notification(
        notification_id=kept.notification_id,
        contact_hash=delivery.person,
        request_id=delivery.request_id,
        case_id=occasion.about if with_case else None,
        case_version=occasion.version if with_case else None,
        template=occasion.template,
        language=delivery.language,
        channel=delivery.channel,
        provider_id=provider_id,
        reason=reason,
    )
    cause = {
        "causationid": occasion.cause.event_id,
        "traceparent": occasion.cause.traceparent,
    }
    return kind.of(told, now=now, request=delivery.request_id).model_copy(update=cause)
