"""What follows from contacts, decisions and changes of cases."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from services.notify.inbound import News, news_of
from services.notify.outbound import suppressed
from services.notify.rules.model import CaseVersion, Delivery, Follower, KeptDelivery, Occasion
from services.notify.rules.recipients import due
from shared.contract.events import Event
from shared.runtime.consumer.messages import Message


class Audience(Protocol):
    """Who follows which case, what was announced, and what is to be delivered."""

    async def hold(self, request_ids: Collection[str], abouts: Collection[str]) -> None:
        """Let nobody else learn about these requests and these cases' requests meanwhile."""
        ...

    async def learn(self, news: News) -> None:
        """Keep what became known; of requests that are held."""
        ...

    async def followers(
        self, request_ids: Collection[str], abouts: Collection[str]
    ) -> Sequence[Follower]:
        """Return those of whom all is known, by these requests or of these cases."""
        ...

    async def occasions(
        self, abouts: Collection[str], request_ids: Collection[str]
    ) -> Sequence[Occasion]:
        """Return what was announced about these cases to all, or to these requests alone."""
        ...

    async def add(self, deliveries: Sequence[Delivery], now: datetime) -> Sequence[KeptDelivery]:
        """Keep the deliveries and return those that are new.

        One that a person has already, for the same occasion by the same channel, is not.
        """
        ...


async def on_messages(
    messages: Sequence[Message[Event]], audience: Audience, contact_key: bytes, now: datetime
) -> list[Event]:
    """Learn what the events say, and make due what can be said now.

    Returns:
        What became due but is not to be sent. Everything else is reported once it is sent.
    """
    news = news_of((message.event for message in messages), contact_key)
    await audience.hold(news.request_ids, news.told_to_all)
    await audience.learn(news)
    return [
        suppressed(kept, now)
        for kept in await _made_due(news, audience, now)
        if kept.delivery.suppressed
    ]


async def _made_due(news: News, audience: Audience, now: datetime) -> Sequence[KeptDelivery]:
    followers = await audience.followers(news.request_ids, news.told_to_all)
    if not followers:
        return []
    occasions = await audience.occasions({f.about for f in followers}, news.request_ids)
    new_occasions: Collection[CaseVersion] = news.announcements.keys()
    deliveries = due(
        followers, occasions, new_requests=news.request_ids, new_occasions=new_occasions
    )
    return await audience.add(deliveries, now) if deliveries else []
