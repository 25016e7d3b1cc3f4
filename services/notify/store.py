"""Who follows which case, what was announced, and what is due, in PostgreSQL."""

from collections.abc import Collection, Sequence
from datetime import datetime

from asyncpg import Record

from services.notify.inbound import Updates
from services.notify.rules.model import Cause, Contact, Delivery, Follower, StoredDelivery, Trigger
from shared.contract.events import new_id
from shared.runtime.postgres import Connection
from shared.vocabulary import StatusChannel

# Both statements go through the requests in the order of their ids, as every other transaction
# does, so that two of them never wait for each other.
_NAME = """
    INSERT INTO requests (request_id)
    SELECT unnest($1::uuid[]) ORDER BY 1
    ON CONFLICT DO NOTHING
"""
_HOLD = """
    SELECT FROM requests
     WHERE request_id = ANY($1::uuid[])
        OR request_id IN (SELECT request_id FROM memberships WHERE about = ANY($2::uuid[]))
     ORDER BY request_id
       FOR UPDATE
"""
_FOLLOWERS = """
    SELECT request_id, about, since, until, person, mailbox IS NOT NULL AS has_email, has_phone,
           wants_email, wants_sms, contact_language, language
      FROM memberships JOIN requests USING (request_id)
     WHERE (request_id = ANY($1::uuid[]) OR about = ANY($2::uuid[]))
       AND since IS NOT NULL AND person IS NOT NULL AND tracking_number IS NOT NULL
"""
_OCCASIONS = """
    SELECT about, version, template, priority, only_for, cause_id, traceparent
      FROM announcements
     WHERE about = ANY($1::uuid[]) AND (only_for IS NULL OR only_for = ANY($2::uuid[]))
"""
_ADD = """
    INSERT INTO deliveries (notification_id, person, request_id, about, version, channel, template,
                            language, priority, state, reason, due_at, not_before)
    SELECT notification_id, person, request_id, about, version, channel, template, language,
           priority, CASE WHEN reason IS NULL THEN 'pending' ELSE 'suppressed' END, reason, $11, $11
      FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::integer[], $6::text[],
                  $7::text[], $8::text[], $9::text[], $10::text[])
           WITH ORDINALITY
           AS new (notification_id, person, request_id, about, version, channel, template,
                   language, priority, reason, place)
     ORDER BY place
    ON CONFLICT DO NOTHING
    RETURNING notification_id
"""


class PostgresNotificationStore:
    """The audience in notify's schema, inside the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def lock(self, request_ids: Collection[str], abouts: Collection[str]) -> None:
        """Lock the rows of these requests and of the followers of these cases, or wait for them.

        What comes after sees all that other transactions learned about them before.
        """
        await self._connection.execute(_NAME, request_ids)
        await self._connection.execute(_HOLD, request_ids, abouts)

    async def save(self, news: Updates) -> None:
        """Keep what became known, one statement for each kind of thing."""
        await save_updates(self._connection, news)

    async def followers(
        self, request_ids: Collection[str], abouts: Collection[str]
    ) -> Sequence[Follower]:
        """Return those of whom all is known, by these requests or of these cases."""
        rows = await self._connection.fetch(_FOLLOWERS, request_ids, abouts)
        return [_follower(row) for row in rows]

    async def triggers(
        self, abouts: Collection[str], request_ids: Collection[str]
    ) -> Sequence[Trigger]:
        """Return what was announced about these cases to all, or to these requests alone."""
        rows = await self._connection.fetch(_OCCASIONS, abouts, request_ids)
        return [trigger_of(row) for row in rows]

    async def add(self, deliveries: Sequence[Delivery], now: datetime) -> Sequence[StoredDelivery]:
        """Keep the deliveries and return those that are new; of equal ones the first is kept."""
        kept = [StoredDelivery(new_id(), delivery) for delivery in deliveries]
        rows = [(one.notification_id, *_described(one.delivery)) for one in kept]
        added = await self._connection.fetch(_ADD, *columns(rows), now)
        new = {str(row["notification_id"]) for row in added}
        return [one for one in kept if one.notification_id in new]


def trigger_of(row: Record) -> Trigger:
    """Return the occasion in a row that holds an announcement."""
    return Trigger(
        about=str(row["about"]),
        version=row["version"],
        template=row["template"],
        priority=row["priority"],
        cause=Cause(row["cause_id"], row["traceparent"]),
        only_for=str(row["only_for"]) if row["only_for"] else None,
    )


def _described(delivery: Delivery) -> tuple[object, ...]:
    occasion = delivery.trigger
    return (
        delivery.person,
        delivery.request_id,
        occasion.about,
        occasion.version,
        delivery.channel,
        occasion.template,
        delivery.language,
        occasion.priority,
        delivery.suppressed,
    )


def _follower(row: Record) -> Follower:
    wants: dict[StatusChannel, bool] = {"email": row["wants_email"], "sms": row["wants_sms"]}
    has: dict[StatusChannel, bool] = {"email": row["has_email"], "sms": row["has_phone"]}
    return Follower(
        request_id=str(row["request_id"]),
        about=str(row["about"]),
        since=row["since"],
        until=row["until"],
        contact=Contact(
            person=row["person"],
            wants=frozenset(channel for channel, wanted in wants.items() if wanted),
            has=frozenset(channel for channel, usable in has.items() if usable),
            languages=tuple(filter(None, (row["contact_language"], row["language"]))),
        ),
    )


_LEARN_CONTACTS = """
    UPDATE requests
       SET person = new.person, mailbox = new.mailbox, has_phone = new.has_phone,
           wants_email = new.wants_email, wants_sms = new.wants_sms, name = new.name,
           contact_language = new.contact_language
      FROM unnest($1::uuid[], $2::text[], $3::text[], $4::boolean[], $5::boolean[], $6::boolean[],
                  $7::text[], $8::text[])
           AS new (request_id, person, mailbox, has_phone, wants_email, wants_sms, name,
                   contact_language)
     WHERE requests.request_id = new.request_id
"""
_ERASE_CONTACTS = """
    UPDATE requests
       SET person = NULL, mailbox = NULL, has_phone = NULL, wants_email = NULL, wants_sms = NULL,
           name = NULL, contact_language = NULL
     WHERE request_id = ANY($1::uuid[])
"""
_LEARN_REQUESTS = """
    UPDATE requests
       SET tracking_number = new.tracking_number, jurisdiction = new.jurisdiction,
           service_code = new.service_code, language = new.language, address = new.address,
           emergency = new.emergency, agency_name = new.agency_name,
           agency_phone = new.agency_phone, agency_url = new.agency_url,
           agency_reason = new.agency_reason, answer = new.answer
      FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[],
                  $7::boolean[], $8::text[], $9::text[], $10::text[], $11::text[],
                  $12::text[])
           AS new (request_id, tracking_number, jurisdiction, service_code, language, address,
                   emergency, agency_name, agency_phone, agency_url, agency_reason, answer)
     WHERE requests.request_id = new.request_id AND requests.tracking_number IS NULL
"""
_LEARN_MEMBERSHIPS = """
    INSERT INTO memberships AS known (about, request_id, since, until)
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::integer[], $4::integer[])
    ON CONFLICT (about, request_id) DO UPDATE
       SET since = coalesce(known.since, excluded.since),
           until = coalesce(known.until, excluded.until)
"""
_LEARN_ANNOUNCEMENTS = """
    INSERT INTO announcements (about, version, template, priority, only_for, cause_id, traceparent,
                               bureau, note, reason, scheduled_for)
    SELECT * FROM unnest($1::uuid[], $2::integer[], $3::text[], $4::text[], $5::uuid[],
                         $6::text[], $7::text[], $8::text[], $9::text[], $10::text[],
                         $11::timestamptz[])
    ON CONFLICT (about, version) DO NOTHING
"""


async def save_updates(db: Connection, news: Updates) -> None:
    """Write the news, of requests whose rows this transaction holds."""
    if news.contacts:
        await _learn_contacts(db, news)
    if news.erased:
        await db.execute(_ERASE_CONTACTS, sorted(news.erased))
    if news.requests:
        await _learn_requests(db, news)
    if news.memberships:
        await _learn_memberships(db, news)
    if news.announcements:
        await _learn_announcements(db, news)


async def _learn_contacts(db: Connection, news: Updates) -> None:
    rows = [
        (
            known.request_id,
            known.contact.person,
            known.mailbox,
            "sms" in known.contact.has,
            "email" in known.contact.wants,
            "sms" in known.contact.wants,
            known.name,
            next(iter(known.contact.languages), None),
        )
        for known in news.contacts.values()
    ]
    await db.execute(_LEARN_CONTACTS, *columns(rows))


async def _learn_requests(db: Connection, news: Updates) -> None:
    rows = [
        (
            known.request_id,
            known.tracking_number,
            known.jurisdiction,
            known.service_code,
            known.language,
            known.address,
            known.emergency,
            known.agency and known.agency.name,
            known.agency and known.agency.phone,
            known.agency and known.agency.url,
            known.agency and known.agency.reason,
            known.answer,
        )
        for known in news.requests.values()
    ]
    await db.execute(_LEARN_REQUESTS, *columns(rows))


async def _learn_memberships(db: Connection, news: Updates) -> None:
    rows = [(m.about, m.request_id, m.since, m.until) for m in news.memberships.values()]
    await db.execute(_LEARN_MEMBERSHIPS, *columns(rows))


async def _learn_announcements(db: Connection, news: Updates) -> None:
    rows = [
        (
            occasion.about,
            occasion.version,
            occasion.template,
            occasion.priority,
            occasion.only_for,
            occasion.cause.event_id,
            occasion.cause.traceparent,
            facts.bureau,
            facts.note,
            facts.reason,
            facts.scheduled_for,
        )
        for occasion, facts in ((a.occasion, a.facts) for a in news.announcements.values())
    ]
    await db.execute(_LEARN_ANNOUNCEMENTS, *columns(rows))


def columns(rows: Sequence[tuple[object, ...]]) -> list[list[object]]:
    """Return rows of equal length as columns, as ``unnest`` takes them."""
    return [list(column) for column in zip(*rows, strict=True)]
