"""Where intake is put together; the only module that knows which part meets which."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from services.intake.handlers import RawSubmission, accept_submissions, on_submissions_handed_in
from services.intake.http.admission import AdmissionControl, OutboxBackpressure, TokenBucket
from services.intake.http.api import gate_of, submission_routes
from services.intake.http.api_key_cache import ApiKeyCache
from services.intake.http.batching import SubmissionBatcher
from services.intake.outbound import Receipt
from services.intake.policy import Policy, city_of
from services.intake.public_status.api import status_routes
from services.intake.public_status.projection import project_events
from services.intake.public_status.store import PostgresPublicStatuses
from services.intake.retention import Retention
from services.intake.settings import IntakeSettings
from services.intake.store import PostgresSubmissions
from shared.catalogue import Catalogue, load_catalogue_with_indexes
from shared.contract.events import Event
from shared.contract.topics import CHANNEL_SUBMISSIONS, DISPATCH_CASES, TRIAGE_DECISIONS
from shared.geo import CityBoundaries
from shared.runtime.clock import utc_now
from shared.runtime.consumer.consumer import Consumer
from shared.runtime.consumer.messages import Message
from shared.runtime.http.api_keys import principal_of
from shared.runtime.ops.service import Parts
from shared.runtime.outbox.housekeeping import Housekeeping
from shared.runtime.outbox.outbox import enqueue
from shared.runtime.outbox.records import Outgoing
from shared.runtime.outbox.relay import Relay
from shared.runtime.postgres import Connection, Pool, open_pool, transaction

_FOR_WORK = 6
_FOR_CALLERS = 4


@asynccontextmanager
async def intake(settings: IntakeSettings) -> AsyncGenerator[Parts]:
    """Open what intake needs, yield what runs, and close it all in reverse order.

    It is ready without Kafka: what comes over HTTP is durable in the database, and goes on when
    the broker is back.
    """
    catalogue = await asyncio.to_thread(load_catalogue_with_indexes)
    policy = _policy(catalogue, settings)
    dsn = settings.postgres_dsn.get_secret_value()
    async with (
        open_pool(dsn, size=_FOR_WORK) as pool,
        open_pool(dsn, size=_FOR_CALLERS) as look_ups,  # no rush of callers starves the work
    ):
        relay = Relay(pool, settings.kafka_bootstrap)
        gathering = _gathering(pool, policy, relay)
        door = AdmissionControl(gathering.batch_size, TokenBucket(settings.accepts_per_second))
        consumers = _submissions(settings, pool, policy, relay), _progress(settings, pool)
        yield Parts(
            pool,
            work=[
                *(consumer.run for consumer in consumers),
                relay.run,
                OutboxBackpressure(pool, door, settings.outbox_limit).run,
                Retention(pool, utc_now).run,
                Housekeeping.of(pool, settings, consumers[1].topics).run,
            ],
            behind_routes=[gathering.run],
            routes=[
                *submission_routes(ApiKeyCache(partial(principal_of, look_ups)), gathering, door),
                *status_routes(look_ups, catalogue.jurisdictions),
            ],
            gate=gate_of(door),
        )


def _policy(catalogue: Catalogue, settings: IntakeSettings) -> Policy:
    return Policy(
        cities={
            jurisdiction.id: city_of(
                jurisdiction, CityBoundaries(jurisdiction.id, jurisdiction.folder)
            )
            for jurisdiction in catalogue.jurisdictions.values()
        },
        reporter_key=settings.reporter_key.get_secret_value().encode(),
        public_url=settings.public_url.rstrip("/"),
    )


def _submissions(
    settings: IntakeSettings, pool: Pool, policy: Policy, relay: Relay
) -> Consumer[Any]:
    async def handle(messages: Sequence[Message[Any]], db: Connection) -> list[Event | Outgoing]:
        submissions = PostgresSubmissions(db)
        return await on_submissions_handed_in(messages, submissions, policy, utc_now())

    return Consumer(
        service="intake",
        name="intake",
        topics=[CHANNEL_SUBMISSIONS],
        bootstrap=settings.kafka_bootstrap,
        pool=pool,
        handle=handle,
        deduplicates=False,
        committed=relay.wake,
    )


def _progress(settings: IntakeSettings, pool: Pool) -> Consumer[Any]:
    async def handle(messages: Sequence[Message[Any]], db: Connection) -> list[Event]:
        await project_events(messages, PostgresPublicStatuses(db))
        return []

    return Consumer(
        service="intake",
        name="intake-status",
        topics=[TRIAGE_DECISIONS, DISPATCH_CASES],
        bootstrap=settings.kafka_bootstrap,
        pool=pool,
        handle=handle,
    )


def _gathering(pool: Pool, policy: Policy, relay: Relay) -> SubmissionBatcher:
    async def take_in_together(arrivals: Sequence[RawSubmission]) -> list[Receipt]:
        async with transaction(pool) as db:
            taken = await accept_submissions(arrivals, PostgresSubmissions(db), policy, utc_now())
            await enqueue(db, [event for one in taken for event in one.events])
        relay.wake()
        return [one.receipt for one in taken]

    return SubmissionBatcher(take_in_together)
