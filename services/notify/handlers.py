"""Handler of contacts, decisions and case events: decides which deliveries become due."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from services.notify.inbound import Updates, collect_updates
from services.notify.outbound import delivery_event
from services.notify.rules.model import Delivery, Follower, StoredDelivery, Trigger
from services.notify.rules.recipients import deliveries_due
from shared.contract.events import Event, NotificationSuppressed
from shared.runtime.consumer.messages import Message


class NotificationStore(Protocol):
    """Followers of cases, triggers of messages, and deliveries, inside one transaction.

    A subject is a case, or a request that has no case.
    """

    async def lock(self, request_ids: Collection[str], subject_ids: Collection[str]) -> None:
        """Lock these requests, and the requests of these subjects, until the transaction ends."""
        ...

    async def save(self, updates: Updates) -> None:
        """Save updates of requests that are locked."""
        ...

    async def followers(
        self, request_ids: Collection[str], subject_ids: Collection[str]
    ) -> Sequence[Follower]:
        """Return the followers with complete data that have these requests or subjects."""
        ...

    async def triggers(
        self, subject_ids: Collection[str], request_ids: Collection[str]
    ) -> Sequence[Trigger]:
        """Return the triggers of these subjects for all followers or for these requests."""
        ...

    async def add(self, deliveries: Sequence[Delivery], now: datetime) -> Sequence[StoredDelivery]:
        """Insert the deliveries and return the new ones.

        Idempotent: a person has at most one delivery per trigger and channel.
        """
        ...


async def on_messages(
    messages: Sequence[Message[Event]],
    store: NotificationStore,
    contact_key: bytes,
    now: datetime,
) -> list[Event]:
    """Save the updates in the events and add the deliveries that are complete with them.

    Args:
        messages: One batch from the three topics that notify reads.
        store: Bound to the batch's transaction.
        contact_key: Secret key of the hash that stands for a person.
        now: The present moment.

    Returns:
        An event for each delivery that is suppressed. The delivery worker reports all others.
    """
    updates = collect_updates((message.event for message in messages), contact_key)
    await store.lock(updates.request_ids, updates.broadcast_cases)
    await store.save(updates)
    return [
        delivery_event(NotificationSuppressed, stored, now, reason=stored.delivery.suppressed)
        for stored in await _add_deliveries(updates, store, now)
        if stored.delivery.suppressed
    ]


async def _add_deliveries(
    updates: Updates, store: NotificationStore, now: datetime
) -> Sequence[StoredDelivery]:
    followers = await store.followers(updates.request_ids, updates.broadcast_cases)
    if not followers:
        return []
    triggers = await store.triggers({f.subject_id for f in followers}, updates.request_ids)
    deliveries = deliveries_due(
        followers,
        triggers,
        new_requests=updates.request_ids,
        new_triggers=updates.triggers.keys(),
    )
    return await store.add(deliveries, now) if deliveries else []
