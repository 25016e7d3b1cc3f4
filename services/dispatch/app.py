"""Composition root of dispatch: the core, and the channels that this process opens."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from typing import Any

from services.dispatch import workers
from services.dispatch.channels.bureau_api.channel import open_bureau_api
from services.dispatch.channels.forwarding.channel import open_forwarding
from services.dispatch.channels.operator_api.channel import open_operator_api
from services.dispatch.channels.webhooks.channel import open_webhooks
from services.dispatch.handlers.commands import operator_audits
from services.dispatch.handlers.incoming import IncomingEvent, on_messages
from services.dispatch.inbound import SurgeEvent, latest_surges
from services.dispatch.policy import DispatchPolicy
from services.dispatch.ports import DispatchPorts
from services.dispatch.rules.operator_commands import SAYS_NOT_FIXED
from services.dispatch.settings import DispatchSettings
from services.dispatch.store.events import PostgresCaseEvents, PostgresFeed, keep_events
from services.dispatch.store.postgres import PostgresDispatchStore
from services.dispatch.store.surges import upsert_surges
from shared.catalogue import load_catalogue
from shared.contract import topics
from shared.contract.events import CaseReopened, Event
from shared.runtime.clock import utc_now
from shared.runtime.consumer.consumer import Consumer
from shared.runtime.consumer.dlq_limit import DlqLimit
from shared.runtime.consumer.messages import Message
from shared.runtime.http.authentication import BureauAccess, Callers
from shared.runtime.ops.audit import audit
from shared.runtime.ops.metrics import NOT_FIXED
from shared.runtime.outbox.housekeeping import Housekeeping
from shared.runtime.outbox.outbox import OutboxBatch, measure_backlog
from shared.runtime.outbox.relay import Relay
from shared.runtime.outgoing import Outgoing
from shared.runtime.postgres import Connection, open_pool
from shared.runtime.service import Channel, ServiceParts, open_channels

CHANNELS: Mapping[str, Channel[DispatchPorts]] = {
    "bureau_api": open_bureau_api,
    "operator_api": open_operator_api,
    "webhooks": open_webhooks,
    "forwarding": open_forwarding,
}
_CALLER_CONNECTIONS = 4


@asynccontextmanager
async def dispatch(
    settings: DispatchSettings, clock: Callable[[], datetime] = utc_now
) -> AsyncGenerator[ServiceParts]:
    """Open dispatch's resources, yield its parts, and close them in reverse order."""
    policy = DispatchPolicy.of(await asyncio.to_thread(load_catalogue))

    async def handle(
        messages: Sequence[Message[IncomingEvent | SurgeEvent]], db: Connection
    ) -> Sequence[Event | Outgoing]:
        if surges := latest_surges(m.event for m in messages if isinstance(m.event, SurgeEvent)):
            await upsert_surges(db, surges)
        others: list[Message[Any]] = [m for m in messages if not isinstance(m.event, SurgeEvent)]
        produced = await on_messages(others, PostgresDispatchStore(db), policy, clock())
        for entry in operator_audits(messages, produced):
            audit("operator_command", **entry)
        for event in produced:
            if isinstance(event, CaseReopened) and event.data.reason == SAYS_NOT_FIXED:
                NOT_FIXED.labels(event.data.lead_bureau).inc()
        return await keep_events(db, produced)

    dsn = settings.postgres_dsn.get_secret_value()
    async with open_pool(dsn) as pool, open_pool(dsn, size=_CALLER_CONNECTIONS) as callers_pool:
        relay = Relay(pool, settings.kafka_access)
        feed, case_events = PostgresFeed(callers_pool), PostgresCaseEvents(callers_pool)
        feed_watch, case_watch = workers.FeedWatch(feed.heads), workers.FeedWatch(case_events.heads)
        wakes = [feed_watch.wake, case_watch.wake]

        def on_commit(batches: Sequence[OutboxBatch]) -> None:
            relay.hand_over(batches)
            for wake in wakes:
                wake()

        consumer = Consumer[IncomingEvent | SurgeEvent](
            service="dispatch",
            name="dispatch",
            topics=[
                topics.TRIAGE_DECISIONS_EXPRESS,
                topics.TRIAGE_DECISIONS,
                topics.OPERATOR_COMMANDS,
                topics.TRIAGE_SURGES,
                topics.NOTIFY_FEEDBACK,
                *map(topics.bureau_updates, policy.bureau_by_topic.values()),
            ],
            access=settings.kafka_access,
            pool=pool,
            handle=handle,
            inbox_topics=(),  # handlers are idempotent, and bureaus choose their own event ids
            express_topics=frozenset({topics.TRIAGE_DECISIONS_EXPRESS.name}),
            on_commit=on_commit,
            dlq_limit=DlqLimit(bytes_per_hour=settings.garbage_bytes_per_hour),
        )
        housekeeping = Housekeeping.from_settings(pool, settings, consumer.topics)
        reminders = workers.ReminderWorker(pool, policy, on_commit, clock)
        closings = workers.SurgeClosingWorker(pool, policy, on_commit, clock)
        bureaus = frozenset(policy.bureau_by_topic.values())
        callers = Callers.of(
            callers_pool,
            key_per_second=settings.key_per_second,
            address_per_second=settings.address_per_second,
            proxies=settings.trusted_proxies,
        )
        core = DispatchPorts(
            settings=settings,
            policy=policy,
            access=BureauAccess(callers, bureaus),
            pool=callers_pool,
            clock=clock,
            feed=feed,
            feed_watch=feed_watch,
            case_events=case_events,
            case_watch=case_watch,
            on_commit=on_commit,
            wake_on_commit=wakes.append,
            wake_closings=closings.wake,
        )
        async with open_channels(core, CHANNELS, settings.channels) as channels:
            yield ServiceParts(
                pool,
                tasks=[
                    consumer.run,
                    relay.run,
                    partial(measure_backlog, pool),
                    housekeeping.run,
                    feed_watch.run,
                    case_watch.run,
                    reminders.run,
                    closings.run,
                    workers.BureauEventRetention(feed, bureaus, case_events).run,
                    *channels.tasks,
                ],
                routes=channels.routes,
                request_tasks=channels.request_tasks,
                readiness_checks=[consumer],
                readers=[consumer],
            )
