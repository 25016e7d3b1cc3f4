"""Composition root of notify: opens its resources, wires its core and channels, closes all."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from services.notify.channels.email.channel import open_email
from services.notify.channels.operator_api.channel import open_operator_api
from services.notify.channels.resident_links.channel import open_resident_links
from services.notify.channels.sms.channel import open_sms
from services.notify.handlers import on_messages
from services.notify.policy import NotifyPolicy, city_texts
from services.notify.ports import NotifyPorts
from services.notify.rendering.catalogues import load_message_languages, message_catalogues
from services.notify.rendering.renderer import MessageRenderer
from services.notify.rules.daily_limit import SendingRules
from services.notify.rules.languages import LanguageRules
from services.notify.rules.signed_links import SignedLinks
from services.notify.settings import NotifySettings, SecondProviders
from services.notify.store.contacts import ContactKeys
from services.notify.store.notifications import PostgresNotificationStore
from services.notify.workers import UnreadErasures, UnsealedContacts
from shared.catalogue import load_catalogue
from shared.contract.events import ContactErased, Event, NotificationSuppressed
from shared.contract.topics import (
    DISPATCH_CASES,
    INTAKE_CONTACTS,
    INTAKE_MAIL_RETURNS,
    TRIAGE_DECISIONS,
)
from shared.redaction import Redactor
from shared.runtime.clock import utc_now
from shared.runtime.consumer.consumer import Consumer
from shared.runtime.consumer.dlq_limit import DlqLimit
from shared.runtime.consumer.messages import Message
from shared.runtime.http.authentication import Callers
from shared.runtime.ops.audit import audit
from shared.runtime.ops.metrics import DELIVERIES
from shared.runtime.outbox.housekeeping import Housekeeping
from shared.runtime.outbox.outbox import OutboxBatch, measure_backlog
from shared.runtime.outbox.relay import Relay
from shared.runtime.postgres import Connection, open_pool
from shared.runtime.service import Channel, ServiceParts, open_channels

CHANNELS: dict[str, Channel[NotifyPorts]] = {
    "email": open_email,
    "sms": open_sms,
    "resident_links": open_resident_links,
    "operator_api": open_operator_api,
}


@asynccontextmanager
async def notify(
    settings: NotifySettings, second: SecondProviders | None = None
) -> AsyncGenerator[ServiceParts]:
    """Open the resources of notify, yield its parts, and close all in reverse order.

    The second providers are used while the first ones fail. A wrong setting raises ``ValueError``.
    """
    catalogue = await asyncio.to_thread(load_catalogue)
    cities = catalogue.jurisdictions.values()
    keys = ContactKeys(settings.contact_secrets)
    links = SignedLinks.of(settings.contact_secrets, settings.base_url)
    texts = city_texts(catalogue)
    languages = await asyncio.to_thread(load_message_languages)
    language_rules = LanguageRules(
        await asyncio.to_thread(message_catalogues, languages),
        {city.id: city.languages for city in cities},
        send_unreviewed=settings.unreviewed == "send",
    )
    policy = NotifyPolicy(
        hash_key=b"",
        rules=SendingRules(
            texting=frozenset(settings.sms.numbers if settings.sms else ()),
            timezones={city.id: ZoneInfo(city.timezone) for city in cities},
            quiet_hours=settings.quiet_hours,
            languages=language_rules,
        ),
        redactors={city.id: Redactor.of(city) for city in cities},
        neighbours={city.id: city.neighbours.keys() for city in cities},
    )

    async def handle(messages: Sequence[Message[Any]], db: Connection) -> list[Event]:
        keyed = replace(policy, hash_key=await keys.require(db))
        store = PostgresNotificationStore(db, keys.sealer)
        events = await on_messages(messages, store, keyed, utc_now())
        for event in events:
            if isinstance(event, NotificationSuppressed) and event.data.reason == "contact_flooded":
                DELIVERIES.labels(event.data.channel, "held").inc()
        for message in messages:
            if isinstance(message.event, ContactErased):
                audit("contact_erased", request=message.event.data.request_id)
        return events

    def committed(batches: Sequence[OutboxBatch]) -> None:
        relay.hand_over(batches)
        for wake in core.wakes:
            wake()

    async with open_pool(settings.postgres_dsn.get_secret_value()) as pool:
        relay = Relay(pool, settings.kafka_access)
        erasures = UnreadErasures(pool, settings.kafka_access, on_commit=relay.hand_over)
        core = NotifyPorts(
            settings=settings,
            second=second or SecondProviders(),
            pool=pool,
            callers=Callers.of(
                pool,
                key_per_second=settings.key_per_second,
                address_per_second=settings.address_per_second,
                proxies=settings.trusted_proxies,
            ),
            policy=policy,
            cities=texts,
            languages=languages,
            inboxes={city.id: city.inbound_mail[0] for city in cities if city.inbound_mail},
            renderer=MessageRenderer(texts, settings.residents_url, links, languages),
            links=links,
            sealer=keys.sealer,
            hash_key=keys.require,
            on_commit=relay.hand_over,
            may_send=lambda: erasures.applied and keys.passed,
        )
        consumer = Consumer[Any](
            service="notify",
            name="notify",
            topics=[INTAKE_CONTACTS, INTAKE_MAIL_RETURNS, TRIAGE_DECISIONS, DISPATCH_CASES],
            access=settings.kafka_access,
            pool=pool,
            handle=handle,
            # A later contact replaces an earlier one; all other updates count once by their keys.
            inbox_topics={INTAKE_CONTACTS.name},
            on_commit=committed,
            dlq_limit=DlqLimit(bytes_per_hour=settings.garbage_bytes_per_hour),
        )
        housekeeping = Housekeeping.from_settings(pool, settings, consumer.topics)
        async with open_channels(core, CHANNELS, settings.channels) as channels:
            yield ServiceParts(
                pool,
                tasks=[
                    erasures.run,
                    UnsealedContacts(pool, keys).run,
                    consumer.run,
                    relay.run,
                    partial(measure_backlog, pool),
                    housekeeping.run,
                    *channels.tasks,
                ],
                readiness_checks=[consumer],
                routes=channels.routes,
                request_tasks=channels.request_tasks,
                readers=[consumer],
            )
