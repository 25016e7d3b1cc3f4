"""Where triage is put together; the only module that knows which part meets which."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from services.triage.handlers import on_messages
from services.triage.policy import TriagePolicy
from services.triage.settings import TriageSettings
from services.triage.store.cases import PostgresCases
from shared.catalogue import load_catalogue_with_indexes
from shared.contract.events import Event
from shared.contract.topics import (
    DISPATCH_CLOSINGS,
    INTAKE_REQUESTS,
    INTAKE_REQUESTS_EXPRESS,
    TRIAGE_SURGES,
)
from shared.runtime.clock import utc_now
from shared.runtime.consumer.consumer import Consumer
from shared.runtime.consumer.messages import Message
from shared.runtime.ops.metrics import EXPRESS_SECONDS
from shared.runtime.ops.service import Parts
from shared.runtime.outbox.housekeeping import Housekeeping
from shared.runtime.outbox.relay import Relay
from shared.runtime.postgres import Connection, open_pool


@asynccontextmanager
async def triage(settings: TriageSettings) -> AsyncGenerator[Parts]:
    """Open what triage needs, yield what runs, and close it all in reverse order."""
    rulebook = TriagePolicy(await asyncio.to_thread(load_catalogue_with_indexes))

    async def handle(messages: Sequence[Message[Any]], db: Connection) -> list[Event]:
        now = utc_now()
        decided = await on_messages(messages, PostgresCases(db), rulebook, now)
        _observe_express(messages, now)
        return decided

    async with open_pool(settings.postgres_dsn.get_secret_value()) as pool:
        relay = Relay(pool, settings.kafka_bootstrap)
        consumer = Consumer[Any](
            service="triage",
            name="triage",
            topics=[INTAKE_REQUESTS_EXPRESS, INTAKE_REQUESTS, DISPATCH_CLOSINGS, TRIAGE_SURGES],
            bootstrap=settings.kafka_bootstrap,
            pool=pool,
            handle=handle,
            express=frozenset({INTAKE_REQUESTS_EXPRESS.name}),
            committed=relay.wake,
        )
        housekeeping = Housekeeping.of(pool, settings, consumer.topics)
        yield Parts(
            pool, work=[consumer.run, relay.run, housekeeping.run], must_be_ready=[consumer]
        )


def _observe_express(messages: Sequence[Message[Any]], now: datetime) -> None:
    for message in messages:
        if message.topic == INTAKE_REQUESTS_EXPRESS.name:
            waited = now - message.event.data.submitted_at
            EXPRESS_SECONDS.observe(max(0.0, waited.total_seconds()))
