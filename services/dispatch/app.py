"""Composition root of dispatch."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import datetime
from functools import partial

from services.dispatch.handlers import IncomingEvent, on_messages
from services.dispatch.http.access import BureauAccess
from services.dispatch.http.deliveries import delivery_routes
from services.dispatch.http.feed import FeedReading, feed_routes
from services.dispatch.http.feed_watch import FeedWatch
from services.dispatch.http.updates import update_routes, update_taker
from services.dispatch.http.webhooks import webhook_routes
from services.dispatch.operator_audit import operator_audits
from services.dispatch.outbound import work_order_state
from services.dispatch.policy import DispatchPolicy
from services.dispatch.reminders import ReminderWorker
from services.dispatch.retention import BureauEventRetention
from services.dispatch.rules.reopening import SAYS_NOT_FIXED
from services.dispatch.settings import DispatchSettings
from services.dispatch.store.bureau_events import PostgresFeed, add_bureau_events
from services.dispatch.store.deliveries import WebhookQueue
from services.dispatch.store.postgres import PostgresDispatchStore, find_work_order
from services.dispatch.store.webhooks import Webhooks
from services.dispatch.webhooks.caller import open_caller
from services.dispatch.webhooks.worker import WebhookWorker
from shared.catalogue import load_catalogue
from shared.contract.events import CaseReopened, Event, WorkOrder
from shared.contract.topics import (
    NOTIFY_FEEDBACK,
    OPERATOR_COMMANDS,
    TRIAGE_DECISIONS,
    TRIAGE_DECISIONS_EXPRESS,
    bureau_updates,
)
from shared.runtime.clock import utc_now
from shared.runtime.consumer.consumer import Consumer
from shared.runtime.consumer.dlq_limit import DlqLimit
from shared.runtime.consumer.messages import Message
from shared.runtime.http.api_key_cache import ApiKeyCache
from shared.runtime.http.api_keys import authenticate
from shared.runtime.http.callers import Callers
from shared.runtime.http.rate_limits import TokenBuckets
from shared.runtime.ops.audit import audit
from shared.runtime.ops.metrics import NOT_FIXED
from shared.runtime.outbox.backlog import measure_backlog
from shared.runtime.outbox.housekeeping import Housekeeping
from shared.runtime.outbox.outbox import OutboxBatch
from shared.runtime.outbox.relay import Relay
from shared.runtime.outgoing import Outgoing
from shared.runtime.postgres import Connection, Pool, open_pool
from shared.runtime.service import ServiceParts

_CALLER_CONNECTIONS = 4
_WEBHOOK_CONNECTIONS = 5
_ADDRESS_BURST_S = 5.0


@asynccontextmanager
async def dispatch(
    settings: DispatchSettings, clock: Callable[[], datetime] = utc_now
) -> AsyncGenerator[ServiceParts]:
    """Open dispatch's resources, yield its parts, and close them in reverse order.

    Args:
        settings: Dispatch's settings.
        clock: Source of the present moment.
    """
    policy = DispatchPolicy.of(await asyncio.to_thread(load_catalogue))

    async def handle(
        messages: Sequence[Message[IncomingEvent]], db: Connection
    ) -> Sequence[Event | Outgoing]:
        produced = await on_messages(messages, PostgresDispatchStore(db), policy, clock())
        for entry in operator_audits(messages, produced):
            audit("operator_command", **asdict(entry))
        for event in produced:
            if isinstance(event, CaseReopened) and event.data.reason == SAYS_NOT_FIXED:
                NOT_FIXED.labels(event.data.lead_bureau).inc()
        return await add_bureau_events(db, produced)

    dsn = settings.postgres_dsn.get_secret_value()
    async with (
        open_pool(dsn) as pool,
        open_pool(dsn, size=_CALLER_CONNECTIONS) as callers_pool,
        open_pool(dsn, size=_WEBHOOK_CONNECTIONS) as webhook_pool,
        open_caller(settings.webhook_allow) as caller,
    ):
        relay = Relay(pool, settings.kafka_access)
        feed = PostgresFeed(callers_pool)
        watch, webhooks = FeedWatch(feed.heads), Webhooks(callers_pool)
        worker = WebhookWorker(WebhookQueue(webhook_pool), caller)

        def on_commit(batches: Sequence[OutboxBatch]) -> None:
            relay.hand_over(batches)
            watch.wake()
            worker.wake()

        access = BureauAccess(
            _callers(settings, callers_pool), frozenset(policy.bureau_by_topic.values())
        )

        async def work_order(work_order_id: str) -> WorkOrder | None:
            found = await find_work_order(callers_pool, work_order_id)
            return work_order_state(*found) if found else None

        consumer = Consumer[IncomingEvent](
            service="dispatch",
            name="dispatch",
            topics=[
                TRIAGE_DECISIONS_EXPRESS,
                TRIAGE_DECISIONS,
                OPERATOR_COMMANDS,
                NOTIFY_FEEDBACK,
                *map(bureau_updates, policy.bureau_by_topic.values()),
            ],
            access=settings.kafka_access,
            pool=pool,
            handle=handle,
            inbox_topics=(),  # handlers are idempotent, and bureaus choose their own event ids
            express_topics=frozenset({TRIAGE_DECISIONS_EXPRESS.name}),
            on_commit=on_commit,
            dlq_limit=DlqLimit(bytes_per_hour=settings.garbage_bytes_per_hour),
        )
        housekeeping = Housekeeping.from_settings(pool, settings, consumer.topics)
        reminders = ReminderWorker(pool, policy, on_commit, clock)
        yield ServiceParts(
            pool,
            tasks=[
                consumer.run,
                relay.run,
                partial(measure_backlog, pool),
                housekeeping.run,
                watch.run,
                worker.run,
                reminders.run,
                BureauEventRetention(feed, access.bureaus).run,
            ],
            routes=[
                *feed_routes(access, FeedReading(feed, watch, work_order)),
                *update_routes(access, update_taker(callers_pool, policy, on_commit)),
                *webhook_routes(access, webhooks, settings.webhook_allow),
                *delivery_routes(access, webhooks),
            ],
            readiness_checks=[consumer],
            readers=[consumer],
        )


def _callers(settings: DispatchSettings, pool: Pool) -> Callers:
    by_key = TokenBuckets(settings.key_per_second)
    return Callers(
        keys=ApiKeyCache(partial(authenticate, pool)),
        by_key=by_key,
        by_bureau=by_key,
        by_address=TokenBuckets(settings.address_per_second, burst_s=_ADDRESS_BURST_S),
        proxies=settings.trusted_proxies,
    )
