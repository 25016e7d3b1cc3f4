"""Deliveries as the table has them."""

from dataclasses import dataclass
from datetime import datetime

from services.notify.rules.model import Delivery, StoredDelivery


@dataclass
class DeliveryRow:
    stored: StoredDelivery
    state: str
    not_before: datetime
    deferrals: int = 0
    reason: str | None = None
    claimed_by: object = None
    lease_until: datetime | None = None

    @property
    def order(self) -> tuple[str, datetime, str]:
        return self.stored.delivery.trigger.priority, self.not_before, self.stored.notification_id


def clash(delivery: Delivery, row: DeliveryRow) -> bool:
    other = row.stored.delivery
    if (delivery.trigger.key, delivery.channel) != (other.trigger.key, other.channel):
        return False
    if delivery.request_id == other.request_id:
        return True
    sendable = delivery.suppressed in {None, "contact_flooded"} and row.state != "suppressed"
    return sendable and delivery.person == other.person


def thread_of(delivery: Delivery) -> tuple[str, str, str]:
    return delivery.person, delivery.trigger.subject_id, delivery.channel
