"""Composition root of intake."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from typing import Any

from services.intake.acceptance.batch import BatchAcceptance
from services.intake.acceptance.batching import SubmissionBatcher
from services.intake.channels.api.api import submission_routes
from services.intake.channels.api.bulk import bulk_routes
from services.intake.channels.api.media import media_routes
from services.intake.channels.api.notes import note_routes
from services.intake.channels.api.preview import preview_routes
from services.intake.channels.api.status import status_routes
from services.intake.channels.conversations.deadlines import ConversationDeadlines
from services.intake.channels.mail.parts import mail_parts
from services.intake.channels.open311.api import open311_routes
from services.intake.channels.open311.reading import Open311Reading
from services.intake.channels.open311.store import PostgresListedRequests
from services.intake.channels.open311.submitting import FormPictures, Open311Submitting
from services.intake.channels.pages.access import PageAccess
from services.intake.channels.pages.api import page_routes
from services.intake.channels.pages.draft import DraftReader
from services.intake.channels.pages.report import ReportPages
from services.intake.channels.pages.site import CitySite, page_languages
from services.intake.channels.pages.tracking import TrackPages
from services.intake.channels.sms.api import picture_login, sms_gateway, sms_routes
from services.intake.channels.sms.conversations import SmsConversations, SmsPlaces
from services.intake.channels.sms.picture_fetching import PictureFetcher, PictureSource
from services.intake.limits import CallLimits, callers_of, keyed_routes
from services.intake.media.housekeeping import MediaHousekeeping
from services.intake.media.library import MediaLibrary, open_media_files
from services.intake.media.reencoding import Reencoder
from services.intake.notes.adding import note_adder
from services.intake.places.city_file import well_known_places
from services.intake.places.gazetteer import PostgresGazetteer, add_places
from services.intake.places.geocoder import PrefetchedPlaces
from services.intake.places.pelias import open_pelias
from services.intake.policy import Geocoder, IntakePolicy, city_of
from services.intake.public_status.projection import PictureRules, project_events
from services.intake.public_status.store import PostgresPublicStatuses
from services.intake.rules.reporter_links import ReporterLinks
from services.intake.settings import IntakeSettings
from services.intake.workers.retention import Retention
from services.intake.workers.scout import Answered, Scout
from shared.catalogue import Catalogue, load_catalogue_with_indexes, text_rules_version
from shared.contract.events import Event
from shared.contract.topics import DISPATCH_CASES, TRIAGE_DECISIONS, submission_topics
from shared.geo import CityBoundaries
from shared.runtime.clock import utc_now
from shared.runtime.consumer.consumer import Consumer
from shared.runtime.consumer.dlq_limit import DlqLimit
from shared.runtime.consumer.messages import Message
from shared.runtime.http.admission import OutboxBackpressure
from shared.runtime.http.callers import Callers
from shared.runtime.http.key_gate import key_gate
from shared.runtime.http.load_limits import AdaptiveBatchSize
from shared.runtime.http.outgoing_calls import open_judged_calls
from shared.runtime.http.rate_limits import TokenBuckets
from shared.runtime.outbox.housekeeping import Housekeeping
from shared.runtime.outbox.outbox import measure_backlog
from shared.runtime.outbox.relay import ExpressAndOthers
from shared.runtime.postgres import Connection, Pool, open_pool, transaction
from shared.runtime.service import ServiceParts
from shared.signed_tokens import TokenSigner

_WORK_CONNECTIONS = 7
_LOOKUP_CONNECTIONS = 4


@asynccontextmanager
async def intake(settings: IntakeSettings) -> AsyncGenerator[ServiceParts]:
    """Open what intake needs, yield its parts, and close everything in reverse order.

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
        open_judged_calls(settings.sms_media_allow) as picture_calls,
    ):
        places = PrefetchedPlaces(PostgresGazetteer(lookups), pelias) if pelias else None
        policy = _policy(catalogue, settings, (places,) if places else ())
        await _add_shipped_places(pool, catalogue)
        relay = ExpressAndOthers(pool, settings.kafka_access)
        batch_size = AdaptiveBatchSize()
        acceptance = BatchAcceptance(
            pool, policy, relay.hand_over, settings.garbage_bytes_per_hour, places
        )
        batcher = SubmissionBatcher(acceptance.accept, batch_size, acceptance.prepare)
        limits = CallLimits.of(settings, batch_size)
        admission, singly, uploads = limits.submissions, limits.singly, limits.uploads
        callers = callers_of(settings, lookups)
        answered = Answered()
        submissions = _submission_consumer(settings, acceptance, answered)
        scout = Scout(
            submissions,
            settings.kafka_access,
            policy.cities,
            acceptance.accept_messages,
            answered,
        )
        statuses = _status_consumer(settings, pool, _picture_rules(catalogue, policy.public_url))
        files, reencoder = open_media_files(settings), Reencoder(settings.media_processes)
        media = MediaLibrary(lookups, files, reencoder)
        add_note = note_adder(pool, policy, relay.hand_over)
        sms_places = SmsPlaces(lookups, policy, acceptance.prefetch) if places else None
        source = PictureSource(picture_calls, settings.sms_media_hosts, picture_login(settings))
        pictures = PictureFetcher(pool, policy, relay.hand_over, media, source, utc_now)
        texts = SmsConversations(pool, policy, relay.hand_over, sms_places, pictures.wake)
        mail = mail_parts(settings, policy, pool, relay.hand_over, media)
        pages = _page_access(settings, policy, callers)
        signer = TokenSigner.derived(policy.reporter_key, "residents' pages")
        links = ReporterLinks.of(policy.reporter_key, policy.public_url)
        routes = [
            *submission_routes(callers, batcher, admission),
            *bulk_routes(callers, batcher, admission),
            *note_routes(callers, singly, add_note),
            *preview_routes(callers, singly, lookups, policy, acceptance.prefetch),
            *media_routes(callers, uploads, media, policy.public_url),
            *status_routes(lookups, catalogue.jurisdictions, callers.look_up_refusal),
            *open311_routes(
                Open311Reading(
                    catalogue.jurisdictions,
                    PostgresListedRequests(lookups),
                    callers,
                    policy.public_url,
                ),
                Open311Submitting(
                    catalogue.jurisdictions,
                    callers,
                    admission,
                    singly,
                    batcher,
                    add_note,
                    FormPictures(
                        uploads["adapter"],
                        limits.memory,
                        media,
                        policy.public_url,
                        policy.reporter_key,
                    ),
                    links,
                ),
            ),
            *page_routes(
                pages,
                ReportPages(
                    pages,
                    signer,
                    links,
                    DraftReader(policy, lookups, acceptance.prefetch),
                    policy,
                    batcher,
                    admission,
                    media,
                    limits.memory,
                    limits.previews,
                ),
                TrackPages(
                    pages,
                    signer,
                    links,
                    policy,
                    lookups,
                    admission,
                    add_note,
                    media,
                    limits.memory,
                    TokenBuckets(settings.notes_per_hour / 3_600, burst_s=3_600),
                ),
            ),
        ]
        if gateway := sms_gateway(settings, catalogue.jurisdictions):
            routes += sms_routes(gateway, callers, admission, texts.take)
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
                MediaHousekeeping(lookups, media.files).run,
                ConversationDeadlines([texts, mail.conversations], utc_now).run,
                *mail.tasks,
                pictures.run,
                Housekeeping.from_settings(pool, settings, statuses.topics).run,
            ],
            request_tasks=[batcher.run],
            routes=routes,
            gate=key_gate(callers, keyed_routes(limits)),
            readers=[submissions, statuses],
        )


async def _add_shipped_places(pool: Pool, catalogue: Catalogue) -> None:
    """Add the well-known places of the catalogue that the cities' gazetteers lack."""
    for city in catalogue.jurisdictions.values():
        if places := well_known_places(city):
            async with transaction(pool) as db:
                await add_places(db, city.id, places)


def _page_access(settings: IntakeSettings, policy: IntakePolicy, callers: Callers) -> PageAccess:
    city = policy.cities.get(settings.pages_jurisdiction)
    if city is None:
        raise ValueError("INTAKE_PAGES_JURISDICTION: the catalogue has no such city")
    return PageAccess(
        CitySite(
            city.jurisdiction,
            settings.contacts_kept_days,
            policy.public_url,
            settings.trusted_proxies,
            page_languages(unreviewed=settings.unreviewed_languages == "offer"),
        ),
        callers,
        TokenBuckets(settings.forms_per_minute / 60, burst_s=60),
        policy.public_url,
    )


def _policy(
    catalogue: Catalogue, settings: IntakeSettings, geocoders: tuple[Geocoder, ...]
) -> IntakePolicy:
    return IntakePolicy(
        cities={
            jurisdiction.id: city_of(
                jurisdiction, CityBoundaries(jurisdiction.id, jurisdiction.folder)
            )
            for jurisdiction in catalogue.jurisdictions.values()
        },
        reporter_key=settings.reporter_key.get_secret_value().encode(),
        public_url=settings.public_url.rstrip("/"),
        adapters=frozenset(settings.kafka_adapters),
        geocoders=geocoders,
        text_rules_version=text_rules_version(catalogue.version),
        conversation_secrets=settings.conversation_secrets,
    )


def _picture_rules(catalogue: Catalogue, public_url: str) -> PictureRules:
    bureaus = [one for city in catalogue.jurisdictions.values() for one in city.bureaus.values()]
    return PictureRules(public_url, frozenset(one.code for one in bureaus if one.publish_photos))


def _submission_consumer(
    settings: IntakeSettings, acceptance: BatchAcceptance, answered: Answered
) -> Consumer[Any]:
    topics = submission_topics(settings.kafka_adapters)
    return Consumer(
        service="intake",
        name="intake",
        topics=topics,
        access=settings.kafka_access,
        pool=acceptance.pool,
        handle=partial(acceptance.handle, has_receipt=answered.has),
        prepare=acceptance.prepare_messages,
        express_topics=frozenset(topic.name for topic in topics),  # any of them may be urgent
        inbox_topics=(),
        on_commit=acceptance.hand_over,
        dlq_limit=DlqLimit(bytes_per_hour=settings.garbage_bytes_per_hour),
    )


def _status_consumer(settings: IntakeSettings, pool: Pool, rules: PictureRules) -> Consumer[Any]:
    async def handle(messages: Sequence[Message[Any]], db: Connection) -> list[Event]:
        await project_events(messages, PostgresPublicStatuses(db), rules)
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
