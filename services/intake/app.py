"""Composition root of intake: the core, and the channels that the process opens upon it."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from itertools import chain
from typing import Any

from services.intake.acceptance import AdaptiveBatchSize, BatchAcceptance, SubmissionBatcher
from services.intake.channels.api.channel import open_api
from services.intake.channels.mail.channel import open_mail
from services.intake.channels.open311.channel import open_open311
from services.intake.channels.open_data.channel import open_open_data
from services.intake.channels.pages.channel import open_pages
from services.intake.channels.sms.channel import open_sms
from services.intake.limits import CallLimits, callers_of
from services.intake.media.library import MediaHousekeeping, MediaLibrary, open_media_files
from services.intake.media.reencoding import Reencoder
from services.intake.places.gazetteer import Gazetteer, PrefetchedPlaces, shipped_book
from services.intake.places.pelias import open_pelias
from services.intake.policy import Geocoder, IntakePolicy, city_of, intake_languages
from services.intake.ports import IntakePorts
from services.intake.public_status.projection import PictureRules, erasures_in, project_events
from services.intake.public_status.store import PostgresPublicStatuses
from services.intake.settings import IntakeSettings
from services.intake.store.erasure import erase_requests
from services.intake.workers import Answered, Retention, Scout
from shared.catalogue import Catalogue, load_catalogue_with_indexes, text_rules_version
from shared.contract.events import Event
from shared.contract.topics import DISPATCH_CASES, TRIAGE_DECISIONS, submission_topics
from shared.geo import CityBoundaries
from shared.runtime.clock import utc_now
from shared.runtime.consumer.consumer import Consumer
from shared.runtime.consumer.dlq_limit import DlqLimit
from shared.runtime.consumer.messages import Message
from shared.runtime.http.admission import OutboxBackpressure
from shared.runtime.http.key_gate import key_gate
from shared.runtime.ops.audit import audit
from shared.runtime.outbox.housekeeping import Housekeeping
from shared.runtime.outbox.outbox import measure_backlog
from shared.runtime.outbox.relay import ExpressAndOthers
from shared.runtime.outgoing import Outgoing
from shared.runtime.postgres import Connection, Pool, open_pool
from shared.runtime.service import Channel, ServiceParts, open_channels

CHANNELS: Mapping[str, Channel[IntakePorts]] = {
    "api": open_api,
    "open311": open_open311,
    "pages": open_pages,
    "open_data": open_open_data,
    "sms": open_sms,
    "mail": open_mail,
}
_WORK_CONNECTIONS = 7
_LOOKUP_CONNECTIONS = 4


@asynccontextmanager
async def intake(
    settings: IntakeSettings, channels: Mapping[str, Channel[IntakePorts]] = CHANNELS
) -> AsyncGenerator[ServiceParts]:
    """Open intake's core and channels, yield the parts, and close everything in reverse order.

    It is ready without Kafka: submissions over HTTP are durable in the database, and their events
    are published when the broker is back. But it is not ready while one of its two readers is
    blocked at a record or has ended at its dead-letter limit: a person must look.
    """
    catalogue = await asyncio.to_thread(load_catalogue_with_indexes)
    dsn = settings.postgres_dsn.get_secret_value()
    async with (
        open_pool(dsn, size=_WORK_CONNECTIONS) as pool,
        open_pool(dsn, size=_LOOKUP_CONNECTIONS) as lookups,  # callers never starve the work
        open_pelias(settings.pelias_url) as pelias,
    ):
        gazetteer = Gazetteer(lookups, catalogue.jurisdictions)
        places = PrefetchedPlaces(gazetteer, pelias) if pelias else None
        policy = _policy(catalogue, settings, (places,) if places else ())
        for city in catalogue.jurisdictions.values():
            await asyncio.to_thread(shipped_book, city.folder)
        relay = ExpressAndOthers(pool, settings.kafka_access)
        batch_size = AdaptiveBatchSize()
        acceptance = BatchAcceptance(
            pool, policy, relay.hand_over, settings.garbage_bytes_per_hour, places
        )
        batcher = SubmissionBatcher(acceptance.accept, batch_size, acceptance.prefetch)
        core = IntakePorts(
            settings,
            pool,
            lookups,
            callers_of(settings, lookups),
            CallLimits.of(settings, batch_size),
            MediaLibrary(lookups, open_media_files(settings), Reencoder(settings.media_processes)),
            acceptance.prefetch if places else None,
            policy,
            batcher,
            relay.hand_over,
        )
        answered = Answered()
        submissions = _submission_consumer(settings, acceptance, answered)
        scout = Scout(
            submissions, settings.kafka_access, policy.cities, acceptance.accept_messages, answered
        )
        bureaus = chain.from_iterable(
            city.bureaus.values() for city in policy.jurisdictions.values()
        )
        publishers = frozenset(bureau.code for bureau in bureaus if bureau.publish_photos)
        statuses = _status_consumer(settings, pool, PictureRules(policy.public_url, publishers))
        admission = core.limits.submissions
        async with open_channels(core, channels, settings.channels) as opened:
            yield ServiceParts(
                pool,
                tasks=[
                    submissions.run,
                    scout.run,
                    statuses.run,
                    relay.run,
                    partial(measure_backlog, pool),
                    OutboxBackpressure(pool, admission, settings.outbox_limit).run,
                    Retention(pool, utc_now, timedelta(days=settings.contacts_kept_days)).run,
                    MediaHousekeeping(lookups, core.pictures.files).run,
                    *opened.tasks,
                    Housekeeping.from_settings(pool, settings, statuses.topics).run,
                ],
                request_tasks=[batcher.run, *opened.request_tasks],
                routes=opened.routes,
                gate=key_gate(core.callers, opened.keyed_routes) if opened.keyed_routes else None,
                readers=[submissions, statuses],
                no_page=opened.no_page,
            )


def _policy(
    catalogue: Catalogue, settings: IntakeSettings, geocoders: tuple[Geocoder, ...]
) -> IntakePolicy:
    return IntakePolicy(
        cities={
            city.id: city_of(city, CityBoundaries(city.id, city.folder))
            for city in catalogue.jurisdictions.values()
        },
        reporter_key=settings.reporter_key.get_secret_value().encode(),
        public_url=settings.public_url.rstrip("/"),
        adapters=frozenset(settings.kafka_adapters),
        geocoders=geocoders,
        text_rules_version=text_rules_version(catalogue.version),
        languages=intake_languages(unreviewed=settings.unreviewed_languages == "offer"),
    )


def _submission_consumer(
    settings: IntakeSettings, acceptance: BatchAcceptance, answered: Answered
) -> Consumer[Any]:
    async def handle(messages: Sequence[Message[Any]], db: Connection) -> list[Event | Outgoing]:
        left = [message for message in messages if not answered.has(message.record)]
        return await acceptance.handle(left, db)

    topics = submission_topics(settings.kafka_adapters)
    return Consumer(
        service="intake",
        name="intake",
        topics=topics,
        access=settings.kafka_access,
        pool=acceptance.pool,
        handle=handle,
        prepare=acceptance.prepare_messages,
        express_topics=frozenset(topic.name for topic in topics),  # any of them may be urgent
        inbox_topics=(),
        on_commit=acceptance.hand_over,
        dlq_limit=DlqLimit(bytes_per_hour=settings.garbage_bytes_per_hour),
    )


def _status_consumer(settings: IntakeSettings, pool: Pool, rules: PictureRules) -> Consumer[Any]:
    async def handle(messages: Sequence[Message[Any]], db: Connection) -> list[Event]:
        await project_events(messages, PostgresPublicStatuses(db), rules)
        if ordered := erasures_in(messages):
            await erase_requests(db, ordered)
            audit("contact_erased", requests=sorted(ordered))
        return []

    return Consumer(
        service="intake",
        name="intake-status",
        topics=[TRIAGE_DECISIONS, DISPATCH_CASES],
        access=settings.kafka_access,
        pool=pool,
        handle=handle,
        inbox_topics=(),  # requests and versions of cases are natural keys
    )
