"""Both stores of notify behind one interface, and helpers to fill and read them."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from services.notify.delivery.store import PostgresDeliveryQueue
from services.notify.delivery.worker import DeliveryQueue
from services.notify.handlers import NotificationStore
from services.notify.inbound import collect_updates
from services.notify.records import ClaimedDelivery
from services.notify.rules.model import Delivery, StoredDelivery, Trigger
from services.notify.store.notifications import PostgresNotificationStore
from shared.contract.events import Decoder, Event, new_id
from shared.contract.topics import NOTIFY_DELIVERIES
from shared.runtime.postgres import Pool, transaction
from shared.vocabulary import StatusChannel
from tests.support.builders import NOON, contact_given
from tests.support.notify.factories import (
    CONTACT_KEY,
    LANGUAGE_RULES,
    POLICY,
    SEALER,
    delivery,
    moved,
    triaged,
)
from tests.support.notify.fakes import InMemoryNotify

LATER = NOON + timedelta(minutes=1)


class NotifyStores(Protocol):
    """Notify's two stores, and the events that they published."""

    @property
    def deliveries(self) -> DeliveryQueue: ...

    def notifications(self) -> AbstractAsyncContextManager[NotificationStore]: ...

    def another(self) -> DeliveryQueue: ...

    async def published(self) -> list[Any]: ...


class InMemoryStores:
    def __init__(self) -> None:
        self.deliveries = InMemoryNotify()

    @asynccontextmanager
    async def notifications(self) -> AsyncGenerator[NotificationStore]:
        yield self.deliveries

    def another(self) -> DeliveryQueue:
        return replace(self.deliveries)

    async def published(self) -> list[Any]:
        return self.deliveries.published


class PostgresStores:
    def __init__(self, pool: Pool, channel: StatusChannel = "email") -> None:
        self._pool = pool
        self.deliveries = PostgresDeliveryQueue(pool, channel, SEALER, LANGUAGE_RULES)

    @asynccontextmanager
    async def notifications(self) -> AsyncGenerator[NotificationStore]:
        async with transaction(self._pool) as db:
            yield PostgresNotificationStore(db, SEALER)

    def another(self) -> DeliveryQueue:
        return PostgresDeliveryQueue(self._pool, "email", SEALER, LANGUAGE_RULES)

    async def published(self) -> list[Any]:
        decoder: Decoder[Any] = Decoder(NOTIFY_DELIVERIES.events)
        rows = await self._pool.fetch("SELECT value FROM outbox ORDER BY seq")
        return [decoder.decode(row["value"]) for row in rows]


async def save(store: NotifyStores, *events: Event) -> None:
    updates = collect_updates(events, CONTACT_KEY, POLICY.neighbours)
    async with store.notifications() as notifications:
        await notifications.lock(updates.request_ids, updates.broadcast_cases)
        await notifications.save(updates)


async def followers(
    store: NotifyStores, request_ids: Sequence[str] = (), subject_ids: Sequence[str] = ()
) -> list[tuple[str, str, int, int | None]]:
    async with store.notifications() as notifications:
        found = await notifications.followers(request_ids, subject_ids)
    return sorted((f.request_id, f.subject_id, f.since, f.until) for f in found)


async def triggers(
    store: NotifyStores, subject_ids: Sequence[str], request_ids: Sequence[str] = ()
) -> list[Trigger]:
    async with store.notifications() as notifications:
        found = await notifications.triggers(subject_ids, request_ids)
    return sorted(found, key=lambda trigger: trigger.key)


async def add(store: NotifyStores, *deliveries: Delivery) -> list[StoredDelivery]:
    async with store.notifications() as notifications:
        return list(await notifications.add(deliveries, NOON))


async def claim(
    deliveries: DeliveryQueue, limit: int = 10, now: datetime = NOON
) -> list[ClaimedDelivery]:
    return list(await deliveries.claim(limit, now, now + timedelta(minutes=1)))


async def due(
    store: NotifyStores,
    version: int = 1,
    *,
    request_id: str = "",
    case_id: str = "",
    **changes: Any,
) -> Delivery:
    """Add a delivery that is due, with all data of its message."""
    request_id, case_id = request_id or new_id(), case_id or new_id()
    event = moved(case_id, version, "in_progress")
    await save(store, contact_given(request_id), triaged(request_id, case_id), event)
    (trigger,) = [o for o in await triggers(store, [case_id]) if o.version == version]
    trigger = replace(trigger, **changes.pop("trigger", {}))
    fields = {"request_id": request_id, "trigger": trigger, "person": request_id} | changes
    (stored,) = await add(store, delivery(**fields))
    return stored.delivery
