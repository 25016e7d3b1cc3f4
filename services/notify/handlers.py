"""Handler of contacts, decisions and case events: decides which deliveries become due."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from services.notify.inbound import collect_updates
from services.notify.outbound import delivery_event
from services.notify.policy import NotifyPolicy
from services.notify.rules.daily_limit import (
    MessagesOfDay,
    Naming,
    counts,
    digests_for,
    flooded_requests,
    over_limit,
)
from services.notify.rules.model import Delivery, Follower, ReporterContact, StoredDelivery, Trigger
from services.notify.rules.recipients import deliveries_due
from services.notify.rules.updates import ReturnedMail, Updates
from shared.contract.events import Event, NotificationFailed, NotificationSuppressed
from shared.runtime.consumer.messages import Message


class NotificationStore(Protocol):
    """Followers of cases, triggers of messages, and deliveries, inside one transaction.

    A subject is a case, or a request that has no case.
    """

    async def lock(self, request_ids: Collection[str], subject_ids: Collection[str]) -> None:
        """Lock these requests, and the requests of these subjects, until the transaction ends."""

    async def count_namings(self, contacts: Collection[ReporterContact]) -> Mapping[Naming, int]:
        """Lock these contacts; count the other requests within an hour that name each."""

    async def save(self, updates: Updates) -> None:
        """Save updates of requests that are locked; an erased contact never comes back."""

    async def followers(
        self, request_ids: Collection[str], subject_ids: Collection[str]
    ) -> Sequence[Follower]:
        """Return the followers with complete data that have these requests or subjects."""

    async def triggers(
        self, subject_ids: Collection[str], request_ids: Collection[str]
    ) -> Sequence[Trigger]:
        """Return the triggers of these subjects for all followers or for these requests."""

    async def add(self, deliveries: Sequence[Delivery], now: datetime) -> Sequence[StoredDelivery]:
        """Insert the deliveries and return the new ones: one per person, trigger and channel."""

    async def merge_waiting(self, deliveries: Collection[StoredDelivery], now: datetime) -> None:
        """Merge text messages that wait for the end of quiet hours into later ones of the case."""

    async def messages_of_day(self, deliveries: Collection[StoredDelivery]) -> MessagesOfDay:
        """Lock the readers of these deliveries, and count their other events of the same days."""

    async def suppress(self, deliveries: Collection[StoredDelivery]) -> None:
        """Suppress deliveries that are above the limit of a day."""

    async def cancel(self, request_ids: Collection[str]) -> Sequence[StoredDelivery]:
        """Suppress the deliveries of these requests that are not sent yet, and return them."""

    async def record_returns(self, returned: Sequence[ReturnedMail]) -> Sequence[StoredDelivery]:
        """Apply reports of other mail servers and return the bounced e-mails. Idempotent.

        A report counts only for an e-mail that was sent, and for a limited time.
        """


async def on_messages(
    messages: Sequence[Message[Event]],
    store: NotificationStore,
    policy: NotifyPolicy,
    now: datetime,
) -> list[Event]:
    """Save the updates in a batch and add the deliveries that become complete.

    Returns an event for each delivery that is suppressed, held or bounced; the delivery worker
    reports all others.
    """
    events = (message.event for message in messages)
    updates = collect_updates(events, policy.hash_key, policy.neighbours)
    await store.lock(updates.request_ids, updates.broadcast_cases)
    await _mark_flooded(updates, store)
    await store.save(updates)
    cancelled = await _cancel(updates.erased, store, now)
    bounced = await store.record_returns(updates.returned) if updates.returned else ()
    failed = [delivery_event(NotificationFailed, one, now, reason="bounced") for one in bounced]
    return [*cancelled, *failed] + [
        delivery_event(NotificationSuppressed, stored, now, reason=stored.delivery.suppressed)
        for stored in await _add_deliveries(updates, store, policy, now)
        if stored.delivery.suppressed
    ]


async def erase(
    request_ids: Collection[str], store: NotificationStore, now: datetime
) -> list[Event]:
    """Erase the contacts of requests; return an event for each message that is cancelled."""
    await store.lock(request_ids, ())
    await store.save(Updates(erased=set(request_ids)))
    return await _cancel(request_ids, store, now)


async def _cancel(
    request_ids: Collection[str], store: NotificationStore, now: datetime
) -> list[Event]:
    cancelled = await store.cancel(request_ids) if request_ids else ()
    return [
        delivery_event(NotificationSuppressed, stored, now, reason="erased") for stored in cancelled
    ]


async def _mark_flooded(updates: Updates, store: NotificationStore) -> None:
    contacts = updates.contacts
    if not contacts:
        return
    known = await store.count_namings(contacts.values())
    for request_id, named in flooded_requests(contacts.values(), known).items():
        contacts[request_id] = replace(contacts[request_id], is_flooded=True, flood_key=named)


async def _add_deliveries(
    updates: Updates, store: NotificationStore, policy: NotifyPolicy, now: datetime
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
        rules=policy.rules,
        now=now,
    )
    return await _add(deliveries, store, policy, now) if deliveries else []


async def _add(
    deliveries: Sequence[Delivery], store: NotificationStore, policy: NotifyPolicy, now: datetime
) -> Sequence[StoredDelivery]:
    """Insert deliveries within the limits of their people; return the new ones."""
    new = await store.add(deliveries, now)
    sent = [one for one in new if not one.delivery.suppressed]
    if policy.rules.quiet_hours and (texts := [o for o in sent if o.delivery.channel == "sms"]):
        await store.merge_waiting(texts, now)
    counted = [one for one in new if counts(one.delivery)]
    if not counted:
        return new
    known = await store.messages_of_day(counted)
    excess = over_limit(counted, known)
    if not excess:
        return new
    await store.suppress(excess)
    digests = digests_for(excess, known)
    if digests:
        triggers = {digest.trigger.key: digest.trigger for digest in digests}
        await store.save(Updates(triggers=triggers))
        await store.add(digests, now)
    limited = {one.notification_id for one in excess}
    return [
        replace(one, delivery=replace(one.delivery, suppressed="daily_limit"))
        if one.notification_id in limited
        else one
        for one in new
    ]
