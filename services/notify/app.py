"""Composition root of notify: opens its resources, wires its parts, and closes both."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from services.notify.channels.email.dkim_signer import DkimSigner
from services.notify.channels.email.sender import EmailSender, MailIdentity
from services.notify.channels.resident_links.contact import Disclosures, contact_routes
from services.notify.channels.resident_links.feedback import (
    FeedbackIntake,
    FeedbackPage,
    feedback_routes,
)
from services.notify.channels.resident_links.links import LinkReader
from services.notify.channels.resident_links.pages import LinkPages
from services.notify.channels.resident_links.preferences import (
    PreferencePages,
    Preferences,
    preference_routes,
)
from services.notify.channels.sms.sender import open_sms
from services.notify.channels.sms.status_api import sms_status_routes
from services.notify.channels.sms.statuses import SmsStatuses
from services.notify.delivery.providers import Provider
from services.notify.delivery.store import PostgresDeliveryQueue
from services.notify.delivery.worker import DeliveryWorker
from services.notify.handlers import on_messages
from services.notify.policy import NotifyPolicy, city_texts
from services.notify.rendering import (
    MessageRenderer,
    load_message_languages,
    message_catalogues,
)
from services.notify.rules.daily_limit import SendingRules
from services.notify.rules.languages import LanguageRules
from services.notify.rules.signed_links import SignedLinks
from services.notify.settings import NotifySettings, SecondProviders
from services.notify.store.notifications import PostgresNotificationStore
from services.notify.store.sealed_contacts import ContactKeys
from services.notify.workers.unread_erasures import UnreadErasures
from services.notify.workers.unsealed_contacts import UnsealedContacts
from shared.catalogue import Catalogue, load_catalogue
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
from shared.runtime.http.callers import Callers
from shared.runtime.ops.audit import audit
from shared.runtime.ops.metrics import DELIVERIES
from shared.runtime.outbox.housekeeping import Housekeeping
from shared.runtime.outbox.outbox import OutboxBatch, measure_backlog
from shared.runtime.outbox.relay import Relay
from shared.runtime.postgres import Connection, Pool, open_pool
from shared.runtime.service import ServiceParts
from shared.runtime.smtp import SmtpSettings, open_mailers
from shared.vocabulary import StatusChannel


@asynccontextmanager
async def notify(
    settings: NotifySettings, second: SecondProviders | None = None
) -> AsyncGenerator[ServiceParts]:
    """Open the resources of notify, yield its parts, and close all in reverse order.

    Args:
        second: Providers that are used while the first ones fail; None for none.

    Raises:
        ValueError: The second SMS provider lacks the number of a city.
    """
    second = second or SecondProviders()
    _check_numbers(settings, second)
    catalogue = await asyncio.to_thread(load_catalogue)
    keys = ContactKeys(settings.contact_secrets)
    links = SignedLinks.of(settings.contact_secrets, settings.base_url)
    pages_url = settings.pages_url or settings.public_url
    cities = city_texts(catalogue)
    languages = await asyncio.to_thread(load_message_languages)
    renderer = MessageRenderer(cities, pages_url, links, languages)
    written_in = LanguageRules(
        await asyncio.to_thread(message_catalogues, languages),
        {city.id: city.languages for city in catalogue.jurisdictions.values()},
        send_unreviewed=settings.unreviewed == "send",
    )
    pages = LinkPages(cities, pages_url, languages, written_in)
    policy = _policy(settings, catalogue, written_in)
    identity = await asyncio.to_thread(_mail_identity, settings, catalogue)

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
        for worker in workers:
            worker.wake()

    async with (
        open_pool(settings.postgres_dsn.get_secret_value()) as pool,
        open_channels(settings, second, renderer, identity) as channels,
    ):
        relay = Relay(pool, settings.kafka_access)
        feedback = FeedbackIntake(pool, policy, keys.sealer, relay.hand_over)
        erasures = UnreadErasures(pool, settings.kafka_access, on_commit=relay.hand_over)

        workers = [
            DeliveryWorker(
                channel=channel.name,
                queue=PostgresDeliveryQueue(
                    pool, channel.name, keys.sealer, written_in, on_commit=relay.hand_over
                ),
                providers=channel.providers,
                lease=timedelta(seconds=2 * channel.within_s),
                may_send=lambda: erasures.applied and keys.passed,
            )
            for channel in channels
        ]
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
        disclosures = Disclosures(pool, policy.redactors, keys.sealer, relay.hand_over)
        yield ServiceParts(
            pool,
            tasks=[
                erasures.run,
                UnsealedContacts(pool, keys).run,
                consumer.run,
                relay.run,
                partial(measure_backlog, pool),
                housekeeping.run,
                *(worker.run for worker in workers),
            ],
            readiness_checks=[consumer],
            routes=[
                *sms_status_routes(settings, second, SmsStatuses(pool, relay.hand_over).take),
                *feedback_routes(
                    FeedbackPage(pages, LinkReader(links, settings.trusted_proxies), feedback)
                ),
                *contact_routes(_callers(settings, pool), disclosures),
                *preference_routes(
                    PreferencePages(
                        pages, LinkReader(links, settings.trusted_proxies), Preferences(pool)
                    )
                ),
            ],
            readers=[consumer],
        )


def _policy(
    settings: NotifySettings, catalogue: Catalogue, languages: LanguageRules
) -> NotifyPolicy:
    cities = catalogue.jurisdictions.values()
    return NotifyPolicy(
        hash_key=b"",
        rules=SendingRules(
            texting=frozenset(settings.sms.numbers if settings.sms else ()),
            timezones={city.id: ZoneInfo(city.timezone) for city in cities},
            quiet_hours=settings.quiet_hours,
            languages=languages,
        ),
        redactors={city.id: Redactor.of(city) for city in cities},
        neighbours={city.id: city.neighbours.keys() for city in cities},
    )


def _callers(settings: NotifySettings, pool: Pool) -> Callers:
    return Callers.of(
        pool,
        key_per_second=settings.key_per_second,
        address_per_second=settings.address_per_second,
        proxies=settings.trusted_proxies,
    )


def _mail_identity(settings: NotifySettings, catalogue: Catalogue) -> MailIdentity:
    cities = catalogue.jurisdictions.values()
    inboxes = {city.id: city.inbound_mail[0] for city in cities if city.inbound_mail}
    if settings.dkim_key_file is None:
        return MailIdentity(settings.sender, inboxes)
    signer = DkimSigner(
        settings.dkim_domain or settings.sender.rpartition("@")[2],
        settings.dkim_selector,
        settings.dkim_key_file.read_bytes(),
    )
    try:
        signer.signed(b"From: \r\n\r\n")  # a key that cannot sign stops the start
    except ValueError as error:
        raise ValueError(f"NOTIFY_DKIM_KEY_FILE {error}") from error
    return MailIdentity(settings.sender, inboxes, signer.signed)


def _check_numbers(settings: NotifySettings, second: SecondProviders) -> None:
    if settings.sms and second.sms and settings.sms.numbers.keys() != second.sms.numbers.keys():
        raise ValueError("NOTIFY_SECOND_SMS_NUMBERS: name the cities of NOTIFY_SMS_NUMBERS")


class OpenChannel(NamedTuple):
    """A channel that is on.

    Attributes:
        providers: Its providers, the first one first.
        within_s: Deadline of one hand-over, in seconds.
    """

    name: StatusChannel
    providers: Sequence[Provider]
    within_s: float


@asynccontextmanager
async def open_channels(
    settings: NotifySettings,
    second: SecondProviders,
    renderer: MessageRenderer,
    identity: MailIdentity,
) -> AsyncGenerator[list[OpenChannel]]:
    """Yield the channels that are on.

    Args:
        settings: The first provider of each.
        second: The second one, where it is set.
        identity: As whom e-mail is sent.
    """
    servers: list[SmtpSettings] = [settings, *([second] if second.smtp_host else [])]
    accounts = [one for one in (settings.sms, second.sms) if one]
    async with AsyncExitStack() as stack:
        emails, texts = list[Provider](), list[Provider]()
        for server in servers:
            opening = open_mailers(server, identity.sender, settings.smtp_connections)
            mailers = await stack.enter_async_context(opening)
            emails.append(Provider([EmailSender(one, renderer, identity) for one in mailers]))
        for account in accounts:
            texters = open_sms(account, renderer, settings.base_url)
            texts.append(Provider(await stack.enter_async_context(texters)))
        channels = [OpenChannel("email", emails, max(server.smtp_within_s for server in servers))]
        if accounts:
            channels.append(OpenChannel("sms", texts, max(one.within_s for one in accounts)))
        yield channels
