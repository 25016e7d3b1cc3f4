"""Composition root of notify: opens its resources, wires its parts, and closes both."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from services.notify.delivery.email import EmailSender
from services.notify.delivery.sms import open_sms
from services.notify.delivery.statuses import SmsStatuses
from services.notify.delivery.store import PostgresDeliveryQueue
from services.notify.delivery.worker import DeliveryWorker, Sender
from services.notify.feedback import FeedbackIntake
from services.notify.handlers import on_messages
from services.notify.http.feedback import FeedbackPage, feedback_routes
from services.notify.http.pages import LinkPages
from services.notify.http.sms_status import sms_status_routes
from services.notify.policy import NotifyPolicy, city_texts
from services.notify.rendering import MessageRenderer
from services.notify.rules.sending import SendingRules
from services.notify.rules.signed_links import SignedLinks
from services.notify.settings import NotifySettings
from services.notify.store.notifications import PostgresNotificationStore
from services.notify.unread_erasures import UnreadErasures
from shared.catalogue import Catalogue, load_catalogue
from shared.contract.events import ContactErased, Event, NotificationSuppressed
from shared.contract.topics import DISPATCH_CASES, INTAKE_CONTACTS, TRIAGE_DECISIONS
from shared.redaction import Redactor
from shared.runtime.clock import utc_now
from shared.runtime.consumer.consumer import Consumer
from shared.runtime.consumer.dlq_limit import DlqLimit
from shared.runtime.consumer.messages import Message
from shared.runtime.ops.audit import audit
from shared.runtime.ops.metrics import DELIVERIES
from shared.runtime.outbox.backlog import measure_backlog
from shared.runtime.outbox.housekeeping import Housekeeping
from shared.runtime.outbox.outbox import OutboxBatch
from shared.runtime.outbox.relay import Relay
from shared.runtime.postgres import Connection, open_pool
from shared.runtime.service import ServiceParts
from shared.runtime.smtp import open_mailers
from shared.vocabulary import StatusChannel


@asynccontextmanager
async def notify(settings: NotifySettings) -> AsyncGenerator[ServiceParts]:
    """Open the resources of notify, yield its parts, and close all in reverse order."""
    catalogue = await asyncio.to_thread(load_catalogue)
    links = SignedLinks.of(settings.contact_key.get_secret_value().encode(), settings.base_url)
    pages_url = settings.pages_url or settings.public_url
    cities = city_texts(catalogue)
    renderer = MessageRenderer(cities, pages_url, links)
    pages = LinkPages(cities, pages_url)
    policy = _policy(settings, catalogue)

    async def handle(messages: Sequence[Message[Any]], db: Connection) -> list[Event]:
        store = PostgresNotificationStore(db)
        events = await on_messages(messages, store, policy, utc_now())
        for event in events:
            if isinstance(event, NotificationSuppressed) and event.data.reason == "contact_flooded":
                DELIVERIES.labels(event.data.channel, "held").inc()
        for message in messages:
            if isinstance(message.event, ContactErased):
                audit("contact_erased", request=message.event.data.request_id)
        return events

    def committed(batches: Sequence[OutboxBatch]) -> None:
        relay.hand_over(batches)
        for worker in workers:
            worker.wake()

    async with (
        open_pool(settings.postgres_dsn.get_secret_value()) as pool,
        open_mailers(settings, settings.sender, settings.smtp_connections) as mailers,
        open_sms(settings.sms, renderer, settings.base_url) as texters,
    ):
        relay = Relay(pool, settings.kafka_access)
        feedback = FeedbackIntake(pool, policy, relay.hand_over)
        erasures = UnreadErasures(pool, settings.kafka_access, on_commit=relay.hand_over)

        emails = [EmailSender(mailer, renderer, settings.sender) for mailer in mailers]
        senders: list[tuple[StatusChannel, Sequence[Sender], float]] = [
            ("email", emails, settings.smtp_within_s),
            ("sms", texters, settings.sms_within_s),
        ]
        workers = [
            DeliveryWorker(
                channel=channel,
                queue=PostgresDeliveryQueue(pool, channel, on_commit=relay.hand_over),
                senders=of_channel,
                lease=timedelta(seconds=2 * within_s),
                may_send=lambda: erasures.applied,
            )
            for channel, of_channel, within_s in senders
            if of_channel
        ]
        consumer = Consumer[Any](
            service="notify",
            name="notify",
            topics=[INTAKE_CONTACTS, TRIAGE_DECISIONS, DISPATCH_CASES],
            access=settings.kafka_access,
            pool=pool,
            handle=handle,
            # A later contact replaces an earlier one; all other updates count once by their keys.
            inbox_topics={INTAKE_CONTACTS.name},
            on_commit=committed,
            dlq_limit=DlqLimit(bytes_per_hour=settings.garbage_bytes_per_hour),
        )
        housekeeping = Housekeeping.from_settings(pool, settings, consumer.topics)
        yield ServiceParts(
            pool,
            tasks=[
                erasures.run,
                consumer.run,
                relay.run,
                partial(measure_backlog, pool),
                housekeeping.run,
                *(worker.run for worker in workers),
            ],
            readiness_checks=[consumer],
            routes=[
                *sms_status_routes(settings, SmsStatuses(pool, relay.hand_over).take),
                *feedback_routes(FeedbackPage(pages, links, feedback, settings.trusted_proxies)),
            ],
            readers=[consumer],
        )


def _policy(settings: NotifySettings, catalogue: Catalogue) -> NotifyPolicy:
    cities = catalogue.jurisdictions.values()
    return NotifyPolicy(
        contact_key=settings.contact_key.get_secret_value().encode(),
        rules=SendingRules(
            texting=frozenset(settings.sms.numbers if settings.sms else ()),
            timezones={city.id: ZoneInfo(city.timezone) for city in cities},
            quiet_hours=settings.quiet_hours,
        ),
        redactors={city.id: Redactor.of(city) for city in cities},
    )
