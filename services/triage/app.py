"""Composition root of triage."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from typing import Any

from services.triage.handlers import on_messages
from services.triage.policy import TriagePolicy
from services.triage.settings import TriageSettings
from services.triage.store.cases import PostgresTriageStore
from shared.catalogue import load_catalogue_with_indexes
from shared.contract.events import Event, RequestSubmitted, RequestTriaged
from shared.contract.topics import (
    DISPATCH_CLOSINGS,
    INTAKE_REQUESTS,
    INTAKE_REQUESTS_EXPRESS,
    TRIAGE_SURGES,
)
from shared.runtime.clock import utc_now
from shared.runtime.consumer.consumer import Consumer
from shared.runtime.consumer.dlq_limit import DlqLimit
from shared.runtime.consumer.messages import Message
from shared.runtime.dead_letter_api import letter_routes
from shared.runtime.http.authentication import Callers
from shared.runtime.key_api import key_routes
from shared.runtime.ops.metrics import ALARM_BUDGET, DECISIONS, EXPRESS_SECONDS
from shared.runtime.outbox.housekeeping import Housekeeping
from shared.runtime.outbox.outbox import measure_backlog
from shared.runtime.outbox.relay import ExpressAndOthers
from shared.runtime.outgoing import Outgoing
from shared.runtime.postgres import Connection, open_pool
from shared.runtime.recovery.own_letters import OwnLetters, replayed_topics
from shared.runtime.service import ServiceParts
from shared.spoken_languages import advice_languages


@asynccontextmanager
async def triage(settings: TriageSettings) -> AsyncGenerator[ServiceParts]:
    """Open triage's resources, yield its tasks, and close everything in reverse order."""
    policy = TriagePolicy(await asyncio.to_thread(load_catalogue_with_indexes))
    await asyncio.to_thread(advice_languages)  # else the first danger waits for it
    for id_, city in policy.cities.items():
        if city.alarm_budget is not None:
            ALARM_BUDGET.labels(id_).set(city.alarm_budget)

    async def handle(messages: Sequence[Message[Any]], db: Connection) -> list[Event | Outgoing]:
        now = utc_now()
        decisions = await on_messages(messages, PostgresTriageStore(db), policy, now)
        _observe_express_latency(messages, now)
        _count_levels(decisions)
        return decisions

    async with open_pool(settings.postgres_dsn.get_secret_value()) as pool:
        relay = ExpressAndOthers(pool, settings.kafka_access)
        consumer = Consumer[Any](
            service="triage",
            name="triage",
            topics=[INTAKE_REQUESTS_EXPRESS, INTAKE_REQUESTS, DISPATCH_CLOSINGS, TRIAGE_SURGES],
            access=settings.kafka_access,
            pool=pool,
            handle=handle,
            inbox_topics=(),  # requests, versions of cases, splits and surges are natural keys
            express_topics=frozenset({INTAKE_REQUESTS_EXPRESS.name}),
            on_commit=relay.hand_over,
            dlq_limit=DlqLimit(bytes_per_hour=settings.garbage_bytes_per_hour),
        )
        housekeeping = Housekeeping.from_settings(pool, settings, consumer.topics)
        callers = Callers.of(
            pool,
            key_per_second=settings.key_per_second,
            address_per_second=settings.address_per_second,
            proxies=settings.trusted_proxies,
        )
        letters = OwnLetters("triage", settings.kafka_access, pool, replayed_topics("triage"))
        yield ServiceParts(
            pool,
            tasks=[consumer.run, relay.run, partial(measure_backlog, pool), housekeeping.run],
            routes=[*letter_routes(callers, letters), *key_routes(callers, "triage", pool)],
            readiness_checks=[consumer],
            readers=[consumer],
        )


def _count_levels(decisions: Sequence[Event | Outgoing]) -> None:
    for event in decisions:
        if isinstance(event, RequestTriaged):
            DECISIONS.labels(event.data.request.jurisdiction, event.data.priority.level).inc()


def _observe_express_latency(messages: Sequence[Message[Any]], now: datetime) -> None:
    for message in messages:
        is_express = message.record.topic == INTAKE_REQUESTS_EXPRESS.name
        if is_express and isinstance(message.event, RequestSubmitted):
            latency = now - message.event.data.submitted_at
            EXPRESS_SECONDS.observe(max(0.0, latency.total_seconds()))
