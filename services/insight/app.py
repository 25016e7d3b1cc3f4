"""Composition root of insight."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from typing import Any

from services.insight.channels.desk.channel import open_desk
from services.insight.channels.monthly_mail.channel import open_monthly_mail
from services.insight.channels.reports.channel import open_reports
from services.insight.handlers import on_messages
from services.insight.policy import InsightPolicy
from services.insight.ports import InsightPorts
from services.insight.settings import InsightSettings
from services.insight.store.facts import PostgresInsightStore
from shared.catalogue import load_catalogue
from shared.contract import topics
from shared.contract.events import Event
from shared.runtime.batch_size import Gathering
from shared.runtime.clock import utc_now
from shared.runtime.consumer.consumer import Consumer
from shared.runtime.consumer.dlq_limit import DlqLimit
from shared.runtime.consumer.messages import Message
from shared.runtime.http.authentication import Callers
from shared.runtime.outbox.housekeeping import Housekeeping
from shared.runtime.outbox.outbox import measure_backlog
from shared.runtime.outbox.relay import Relay
from shared.runtime.postgres import Connection, open_pool
from shared.runtime.service import Channel, ServiceParts, open_channels

CHANNELS: Mapping[str, Channel[InsightPorts]] = {
    "desk": open_desk,
    "monthly_mail": open_monthly_mail,
    "reports": open_reports,
}


@asynccontextmanager
async def insight(
    settings: InsightSettings, clock: Callable[[], datetime] = utc_now
) -> AsyncGenerator[ServiceParts]:
    """Open insight's resources, yield its parts, and close them in reverse order."""
    policy = InsightPolicy.of(await asyncio.to_thread(load_catalogue))

    async def handle(messages: Sequence[Message[Any]], db: Connection) -> Sequence[Event]:
        await on_messages(messages, PostgresInsightStore(db))
        return ()

    dsn = settings.postgres_dsn.get_secret_value()
    async with open_pool(dsn) as pool, open_pool(dsn, size=2) as callers_pool:
        relay = Relay(pool, settings.kafka_access)  # dead letters
        consumer = Consumer[Any](
            service="insight",
            name="insight",
            topics=[
                topics.TRIAGE_DECISIONS,
                topics.DISPATCH_CASES,
                topics.NOTIFY_FEEDBACK,
                topics.NOTIFY_DELIVERIES,
            ],
            access=settings.kafka_access,
            pool=pool,
            handle=handle,
            inbox_topics=(),  # every update is idempotent by its own keys
            gathering=Gathering(0.1, 2.0),  # nobody waits for a report of the last second
            on_commit=relay.hand_over,
            dlq_limit=DlqLimit(bytes_per_hour=settings.garbage_bytes_per_hour),
        )
        housekeeping = Housekeeping.from_settings(pool, settings, consumer.topics)
        core = InsightPorts(
            settings=settings,
            policy=policy,
            callers=Callers.of(
                callers_pool,
                key_per_second=settings.key_per_second,
                address_per_second=settings.address_per_second,
                proxies=settings.trusted_proxies,
            ),
            pool=callers_pool,
            clock=clock,
        )
        async with open_channels(core, CHANNELS, settings.channels) as channels:
            yield ServiceParts(
                pool,
                tasks=[
                    consumer.run,
                    relay.run,
                    partial(measure_backlog, pool),
                    housekeeping.run,
                    *channels.tasks,
                ],
                routes=channels.routes,
                readiness_checks=[consumer],
                readers=[consumer],
            )
