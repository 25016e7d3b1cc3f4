"""What follows from contacts, decisions and changes of cases."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from services.notify.inbound import Updates, collect_updates
from services.notify.outbound import suppressed
from services.notify.rules.model import CaseVersion, Delivery, Follower, StoredDelivery, Trigger
from services.notify.rules.recipients import deliveries_due
from shared.contract.events import Event
from shared.runtime.consumer.messages import Message


class NotificationStore(Protocol):
    """Who follows which case, what was announced, and what is to be delivered."""

    async def lock(self, request_ids: Collection[str], abouts: Collection[str]) -> None:
        """Let nobody else learn about these requests and these cases' requests meanwhile."""
        ...

    async def save(self, news: Updates) -> None:
        """Keep what became known; of requests that are held."""
        ...

    async def followers(
        self, request_ids: Collection[str], abouts: Collection[str]
    ) -> Sequence[Follower]:
        """Return those of whom all is known, by these requests or of these cases."""
        ...

    async def triggers(
        self, abouts: Collection[str], request_ids: Collection[str]
    ) -> Sequence[Trigger]:
        """Return what was announced about these cases to all, or to these requests alone."""
        ...

    async def add(self, deliveries: Sequence[Delivery], now: datetime) -> Sequence[StoredDelivery]:
        """Keep the deliveries and return those that are new.

        One that a person has already, for the same occasion by the same channel, is not.
        """
        ...


async def on_messages(
    messages: Sequence[Message[Event]],
    audience: NotificationStore,
    contact_key: bytes,
    now: datetime,
) -> list[Event]:
    """Learn what the events say, and make due what can be said now.

    Returns:
        What became due but is not to be sent. Everything else is reported once it is sent.
    """
    news = collect_updates((message.event for message in messages), contact_key)
    await audience.lock(news.request_ids, news.announced_cases)
    await audience.save(news)
    return [
        suppressed(kept, now)
        for kept in await _made_due(news, audience, now)
        if kept.delivery.suppressed
    ]


async def _made_due(
    news: Updates, audience: NotificationStore, now: datetime
) -> Sequence[StoredDelivery]:
    followers = await audience.followers(news.request_ids, news.announced_cases)
    if not followers:
        return []
    occasions = await audience.triggers({f.about for f in followers}, news.request_ids)
    new_occasions: Collection[CaseVersion] = news.announcements.keys()
    deliveries = deliveries_due(
        followers, occasions, new_requests=news.request_ids, new_occasions=new_occasions
    )
    return await audience.add(deliveries, now) if deliveries else []
