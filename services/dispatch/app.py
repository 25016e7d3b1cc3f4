"""Composition root of dispatch."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import datetime

from services.dispatch.handlers import IncomingEvent, on_messages
from services.dispatch.operator_audit import operator_audits
from services.dispatch.policy import DispatchPolicy
from services.dispatch.reminders import ReminderWorker
from services.dispatch.settings import DispatchSettings
from services.dispatch.store.postgres import PostgresDispatchStore
from shared.catalogue import load_catalogue
from shared.contract.events import Event
from shared.contract.topics import (
    OPERATOR_COMMANDS,
    TRIAGE_DECISIONS,
    TRIAGE_DECISIONS_EXPRESS,
    bureau_updates,
)
from shared.runtime.clock import utc_now
from shared.runtime.consumer.consumer import Consumer
from shared.runtime.consumer.dlq_limit import DlqLimit
from shared.runtime.consumer.messages import Message
from shared.runtime.ops.audit import audit
from shared.runtime.outbox.housekeeping import Housekeeping
from shared.runtime.outbox.relay import Relay
from shared.runtime.outgoing import Outgoing
from shared.runtime.postgres import Connection, open_pool
from shared.runtime.service import ServiceParts


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
        return produced

    async with open_pool(settings.postgres_dsn.get_secret_value()) as pool:
        relay = Relay(pool, settings.kafka_access)
        consumer = Consumer[IncomingEvent](
            service="dispatch",
            name="dispatch",
            topics=[
                TRIAGE_DECISIONS_EXPRESS,
                TRIAGE_DECISIONS,
                OPERATOR_COMMANDS,
                *map(bureau_updates, policy.bureau_by_topic.values()),
            ],
            access=settings.kafka_access,
            pool=pool,
            handle=handle,
            inbox_topics=(),  # handlers are idempotent, and bureaus choose their own event ids
            express_topics=frozenset({TRIAGE_DECISIONS_EXPRESS.name}),
            on_commit=relay.hand_over,
            dlq_limit=DlqLimit(bytes_per_hour=settings.garbage_bytes_per_hour),
        )
        housekeeping = Housekeeping.from_settings(pool, settings, consumer.topics)
        reminders = ReminderWorker(pool, policy, relay.hand_over, clock)
        yield ServiceParts(
            pool,
            tasks=[consumer.run, relay.run, housekeeping.run, reminders.run],
            readiness_checks=[consumer],
            readers=[consumer],
        )
