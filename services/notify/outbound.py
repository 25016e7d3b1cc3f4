"""Events about deliveries; they hold neither addresses nor message texts."""

from datetime import datetime
from typing import TypeVar

from services.notify.rules.model import WITHOUT_CASE, StoredDelivery
from services.notify.rules.updates import SettledState
from shared.contract.events import Event, Notification, NotificationFailed, NotificationSent

E = TypeVar("E", bound=Event)


def delivery_event(
    event_type: type[E],
    stored: StoredDelivery,
    now: datetime,
    *,
    reason: str | None = None,
    provider_id: str | None = None,
) -> E:
    """Return a ``Notification…`` event about a delivery, caused by the event that triggered it."""
    delivery, trigger = stored.delivery, stored.delivery.trigger
    has_case = trigger.version != WITHOUT_CASE
    notification = Notification(
        notification_id=stored.notification_id,
        contact_hash=delivery.person,
        request_id=delivery.request_id,
        case_id=trigger.subject_id if has_case else None,
        case_version=trigger.version if has_case else None,
        template=trigger.template,
        language=delivery.language,
        channel=delivery.channel,
        provider_id=provider_id,
        reason=reason,
    )
    cause = {"causationid": trigger.cause.event_id, "traceparent": trigger.cause.traceparent}
    event = event_type.of(notification, now=now, request=delivery.request_id)
    return event.model_copy(update=cause)


def settled_event(
    stored: StoredDelivery,
    state: SettledState,
    now: datetime,
    reason: str | None = None,
    provider_id: str | None = None,
) -> Event:
    """Return the event about a delivery that was settled after its attempt."""
    if state == "sent":
        return delivery_event(NotificationSent, stored, now, provider_id=provider_id)
    return delivery_event(NotificationFailed, stored, now, reason=reason)
