"""Composition root of dispatch."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from typing import Any

from services.dispatch.channels.bureau_api.feed import FeedReading, feed_routes
from services.dispatch.channels.bureau_api.media import media_routes, open_intake
from services.dispatch.channels.bureau_api.updates import update_routes, update_taker
from services.dispatch.channels.forwarding.parts import Forwarding
from services.dispatch.channels.operator_api.cases import case_routes
from services.dispatch.channels.operator_api.commands import command_routes, command_taker
from services.dispatch.channels.operator_api.stream import CaseStream, StreamLimit, stream_routes
from services.dispatch.channels.operator_api.surges import surge_routes
from services.dispatch.channels.webhooks.api import delivery_routes, webhook_routes
from services.dispatch.channels.webhooks.store.deliveries import WebhookQueue
from services.dispatch.channels.webhooks.store.webhooks import Webhooks
from services.dispatch.channels.webhooks.worker import WebhookWorker, open_caller
from services.dispatch.handlers.incoming import IncomingEvent, on_messages
from services.dispatch.handlers.operators import operator_audits
from services.dispatch.inbound.case_filter import KnownCodes
from services.dispatch.inbound.external import SurgeEvent, latest_surges
from services.dispatch.outbound import work_order_state
from services.dispatch.policy import DispatchPolicy
from services.dispatch.rules.reopening import SAYS_NOT_FIXED
from services.dispatch.settings import DispatchSettings
from services.dispatch.store.bureau_events import PostgresFeed, keep_events
from services.dispatch.store.case_events import PostgresCaseEvents
from services.dispatch.store.cases import PostgresCases
from services.dispatch.store.postgres import PostgresDispatchStore, find_work_order
from services.dispatch.store.surges import upsert_surges
from services.dispatch.workers.event_watch import FeedWatch
from services.dispatch.workers.reminders import ReminderWorker
from services.dispatch.workers.retention import BureauEventRetention
from services.dispatch.workers.surge_closings import SurgeClosingWorker
from shared.catalogue import load_catalogue
from shared.contract.events import CaseReopened, Event, WorkOrder
from shared.contract.topics import (
    NOTIFY_FEEDBACK,
    OPERATOR_COMMANDS,
    TRIAGE_DECISIONS,
    TRIAGE_DECISIONS_EXPRESS,
    TRIAGE_SURGES,
    bureau_updates,
)
from shared.runtime.clock import utc_now
from shared.runtime.consumer.consumer import Consumer
from shared.runtime.consumer.dlq_limit import DlqLimit
from shared.runtime.consumer.messages import Message
from shared.runtime.http.bureau_access import BureauAccess
from shared.runtime.http.callers import Callers
from shared.runtime.ops.audit import audit
from shared.runtime.ops.metrics import NOT_FIXED
from shared.runtime.outbox.housekeeping import Housekeeping
from shared.runtime.outbox.outbox import OutboxBatch, measure_backlog
from shared.runtime.outbox.relay import Relay
from shared.runtime.outgoing import Outgoing
from shared.runtime.postgres import Connection, Pool, open_pool
from shared.runtime.service import ServiceParts

_CALLER_CONNECTIONS = 4
_WEBHOOK_CONNECTIONS = 5
_FORWARD_CONNECTIONS = 2


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
    async with (
        open_pool(dsn) as pool,
        open_pool(dsn, size=_CALLER_CONNECTIONS) as callers_pool,
        open_pool(dsn, size=_WEBHOOK_CONNECTIONS) as webhook_pool,
        open_pool(dsn, size=_FORWARD_CONNECTIONS) as forward_pool,
        open_caller(settings.webhook_allow) as caller,
        open_intake(settings.intake_url) as intake,
    ):
        relay = Relay(pool, settings.kafka_access)
        feed = PostgresFeed(callers_pool)
        watch, webhooks = FeedWatch(feed.heads), Webhooks(callers_pool)
        case_events = PostgresCaseEvents(callers_pool)
        stream = CaseStream(case_events, FeedWatch(case_events.heads))
        worker = WebhookWorker(WebhookQueue(webhook_pool), caller)

        def on_commit(batches: Sequence[OutboxBatch]) -> None:
            relay.hand_over(batches)
            watch.wake()
            stream.watch.wake()
            worker.wake()
            forwarding.wake()

        forwarding = Forwarding(settings, policy, forward_pool, caller, on_commit, clock).parts()
        access = BureauAccess(
            _callers(settings, callers_pool), frozenset(policy.bureau_by_topic.values())
        )

        async def work_order(work_order_id: str) -> WorkOrder | None:
            found = await find_work_order(callers_pool, work_order_id)
            return work_order_state(*found) if found else None

        consumer = Consumer[IncomingEvent | SurgeEvent](
            service="dispatch",
            name="dispatch",
            topics=[
                TRIAGE_DECISIONS_EXPRESS,
                TRIAGE_DECISIONS,
                OPERATOR_COMMANDS,
                TRIAGE_SURGES,
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
        closings = SurgeClosingWorker(pool, policy, on_commit, clock)
        yield ServiceParts(
            pool,
            tasks=[
                consumer.run,
                relay.run,
                partial(measure_backlog, pool),
                housekeeping.run,
                watch.run,
                stream.watch.run,
                worker.run,
                reminders.run,
                closings.run,
                BureauEventRetention(feed, access.bureaus, case_events).run,
                *forwarding.tasks,
            ],
            routes=[
                *feed_routes(access, FeedReading(feed, watch, work_order)),
                *update_routes(access, update_taker(callers_pool, policy, on_commit)),
                *webhook_routes(access, webhooks, settings.webhook_allow),
                *delivery_routes(access, webhooks),
                *media_routes(access, intake),
                *command_routes(access.callers, command_taker(callers_pool, policy, on_commit)),
                *surge_routes(access.callers, callers_pool, policy, closings.wake),
                *stream_routes(access.callers, stream, StreamLimit()),
                *case_routes(
                    access,
                    PostgresCases(callers_pool),
                    KnownCodes(access.bureaus, policy.kind_codes),
                    clock,
                ),
            ],
            readiness_checks=[consumer],
            readers=[consumer],
        )


def _callers(settings: DispatchSettings, pool: Pool) -> Callers:
    return Callers.of(
        pool,
        key_per_second=settings.key_per_second,
        address_per_second=settings.address_per_second,
        proxies=settings.trusted_proxies,
    )
