"""Keeping what became known, in PostgreSQL: one statement for each kind of thing."""

from collections.abc import Sequence

from services.notify.news import News
from shared.runtime.postgres import Connection

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


async def keep(db: Connection, news: News) -> None:
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


async def _learn_contacts(db: Connection, news: News) -> None:
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


async def _learn_requests(db: Connection, news: News) -> None:
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


async def _learn_memberships(db: Connection, news: News) -> None:
    rows = [(m.about, m.request_id, m.since, m.until) for m in news.memberships.values()]
    await db.execute(_LEARN_MEMBERSHIPS, *columns(rows))


async def _learn_announcements(db: Connection, news: News) -> None:
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
