"""PostgreSQL implementation of the notification store."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from asyncpg import Record

from services.notify.rules.daily_limit import (
    EXEMPT_PRIORITY,
    EXEMPT_TEMPLATES,
    MAX_REQUESTS,
    WINDOW,
    MessagesOfDay,
    Naming,
    reader_days,
)
from services.notify.rules.model import (
    Delivery,
    Follower,
    Recipient,
    ReferralAgency,
    ReporterContact,
    RequestFacts,
    StoredDelivery,
    Trigger,
)
from services.notify.rules.updates import ReturnedMail, Updates
from services.notify.store.alerts import returned_alerts
from services.notify.store.contacts import erase_contacts, save_contacts
from services.notify.store.deliveries import (
    DELIVERY_COLUMNS,
    record_returns,
    stored_delivery,
    trigger_of,
)
from services.notify.store.resident_links import (
    Suppressed,
    save_consents,
    save_leads,
    suppress_addresses,
)
from shared.contract.events import new_id
from shared.runtime.postgres import Connection, columns
from shared.runtime.sealing import Sealer
from shared.vocabulary import StatusChannel

# Every transaction locks requests in the order of their ids, so that no two deadlock.
_INSERT_SQL = """
    INSERT INTO requests (request_id)
    SELECT unnest($1::uuid[]) ORDER BY 1
    ON CONFLICT DO NOTHING
"""
_LOCK_SQL = """
    SELECT FROM requests
     WHERE request_id IN (
               SELECT unnest($1::uuid[])
                UNION
               SELECT request_id
                 FROM memberships JOIN unnest($2::uuid[]) AS subject_id USING (subject_id)
           )
     ORDER BY request_id
       FOR UPDATE
"""
_FOLLOWERS_SQL = """
    WITH following AS (
        SELECT request_id, subject_id, since, until
          FROM memberships WHERE request_id = ANY($1::uuid[])
         UNION
        SELECT request_id, subject_id, since, until
          FROM memberships WHERE subject_id = ANY($2::uuid[])
    )
    SELECT request_id, subject_id, since, until, person, sealed_mailbox IS NOT NULL AS has_email,
           sealed_phone IS NOT NULL AS has_phone, wants_email, wants_sms, contact_language,
           language, jurisdiction, flooded, flood_key, phone_ref, informed_sms,
           coalesce(contact_received_at > submitted_at + interval '1 minute', false) AS is_late
      FROM following JOIN requests USING (request_id)
     WHERE since IS NOT NULL AND person IS NOT NULL AND tracking_number IS NOT NULL
"""
_TRIGGERS_SQL = """
    SELECT subject_id, version, template, priority, only_for, cause_id, traceparent,
           bureau, note, reason, scheduled_for, request_count, first_reported_at, has_picture,
           municipality
      FROM triggers
     WHERE subject_id = ANY($1::uuid[]) AND (only_for IS NULL OR only_for = ANY($2::uuid[]))
"""
# A message that waits for nothing is due by the database's clock as well: were it due by a clock of
# ours that is ahead alone, it would wait for as long when that clock is set right.
_ADD_SQL = """
    INSERT INTO deliveries (notification_id, person, request_id, subject_id, version, channel,
                            template, language, priority, state, reason, due_at, not_before, day,
                            contact)
    SELECT notification_id, person, request_id, subject_id, version, channel, template, language,
           priority, CASE WHEN reason IS NULL THEN 'pending'
                          WHEN reason = 'contact_flooded' THEN 'held' ELSE 'suppressed' END,
           reason, $14::timestamptz, coalesce(not_before, least($14, now())), day,
           contact
      FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::integer[], $6::text[],
                  $7::text[], $8::text[], $9::text[], $10::text[], $11::date[],
                  $12::timestamptz[], $13::text[])
           WITH ORDINALITY
           AS new (notification_id, person, request_id, subject_id, version, channel, template,
                   language, priority, reason, day, not_before, contact, input_order)
     ORDER BY input_order
    ON CONFLICT DO NOTHING
    RETURNING notification_id
"""
# The rows are there; an upsert looks each up, while an update may read the table for those that
# have no decision yet.
_SAVE_REQUESTS_SQL = """
    INSERT INTO requests AS known (request_id, tracking_number, jurisdiction, service_code,
                                   language, address, emergency, agency_name, agency_phone,
                                   agency_url, agency_reason, answer, words, submitted_at)
    SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[],
                         $7::boolean[], $8::text[], $9::text[], $10::text[], $11::text[],
                         $12::text[], $13::text[], $14::timestamptz[])
    ON CONFLICT (request_id) DO UPDATE
       SET tracking_number = excluded.tracking_number, jurisdiction = excluded.jurisdiction,
           service_code = excluded.service_code, language = excluded.language,
           address = excluded.address, emergency = excluded.emergency,
           agency_name = excluded.agency_name, agency_phone = excluded.agency_phone,
           agency_url = excluded.agency_url, agency_reason = excluded.agency_reason,
           answer = excluded.answer, submitted_at = excluded.submitted_at,
           words = CASE WHEN known.erased THEN NULL ELSE excluded.words END
     WHERE known.tracking_number IS NULL
"""
_SAVE_MEMBERSHIPS_SQL = """
    INSERT INTO memberships AS known (subject_id, request_id, since, until)
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::integer[], $4::integer[])
    ON CONFLICT (subject_id, request_id) DO UPDATE
       SET since = coalesce(known.since, excluded.since),
           until = coalesce(known.until, excluded.until)
"""
_SAVE_TRIGGERS_SQL = """
    INSERT INTO triggers (subject_id, version, template, priority, only_for, cause_id, traceparent,
                          bureau, note, reason, scheduled_for, request_count,
                          first_reported_at, has_picture, municipality)
    SELECT * FROM unnest($1::uuid[], $2::integer[], $3::text[], $4::text[], $5::uuid[],
                         $6::text[], $7::text[], $8::text[], $9::text[], $10::text[],
                         $11::timestamptz[], $12::integer[], $13::timestamptz[], $14::boolean[],
                         $15::text[])
    ON CONFLICT (subject_id, version) DO NOTHING
"""
_CANCEL_SQL = f"""
    WITH d AS (
        UPDATE deliveries
           SET state = 'suppressed', reason = 'erased'
         WHERE request_id = ANY($1::uuid[]) AND state IN ('pending', 'held')
        RETURNING *
    )
    SELECT {DELIVERY_COLUMNS} FROM d JOIN triggers AS t USING (subject_id, version)
"""  # noqa: S608 - constants only
# Sorted, so that no two transactions deadlock; they hold the locks of their requests already.
_LOCK_CONTACTS_SQL = """
    SELECT pg_advisory_xact_lock(hashtext('route311 contacts'), number)
      FROM (SELECT DISTINCT hashtext(named) AS number FROM unnest($1::text[]) AS named
             ORDER BY number OFFSET 0) AS sorted
"""
_COUNT_NAMINGS_SQL = """
    SELECT request_id, named, (SELECT count(*)
                                 FROM (SELECT FROM requests AS known
                                        WHERE (known.flood_key = new.named
                                               OR known.phone_ref = new.named AND known.wants_sms)
                                          AND known.contact_received_at
                                              > new.received_at - $4::interval
                                          AND known.contact_received_at
                                              < new.received_at + $4::interval
                                          AND known.request_id <> new.request_id
                                        LIMIT $5) AS counted) AS requests
      FROM unnest($1::uuid[], $2::text[], $3::timestamptz[]) AS new (request_id, named, received_at)
"""
# Sorted, so that no two transactions deadlock; they hold the locks of requests and contacts.
_LOCK_READERS_SQL = """
    SELECT pg_advisory_xact_lock(hashtext('route311 people'), number)
      FROM (SELECT DISTINCT hashtext(reader) AS number FROM unnest($1::text[]) AS reader
             ORDER BY number OFFSET 0) AS sorted
"""
_COUNT_OF_DAY_SQL = """
    SELECT reader, day,
           count(DISTINCT (subject_id, version))
               FILTER (WHERE priority <> $4 AND template <> ALL($5::text[])) AS counted,
           bool_or(template = 'digest') AS has_digest
      FROM (SELECT person AS reader, day, notification_id, subject_id, version, priority, template,
                   state
              FROM deliveries WHERE person = ANY($1::text[]) AND day = ANY($2::date[])
             UNION
            SELECT contact, day, notification_id, subject_id, version, priority, template, state
              FROM deliveries WHERE contact = ANY($1::text[]) AND day = ANY($2::date[])) AS known
     WHERE state IN ('pending', 'sending', 'sent', 'unknown')
       AND notification_id <> ALL($3::uuid[])
     GROUP BY reader, day
"""
_SUPPRESS_SQL = """
    UPDATE deliveries SET state = 'suppressed', reason = 'daily_limit'
     WHERE notification_id = ANY($1::uuid[])
"""
_MERGE_SQL = """
    UPDATE deliveries AS waiting SET state = 'merged'
      FROM (SELECT DISTINCT *
              FROM unnest($1::text[], $2::uuid[]) AS new (person, subject_id)) AS new
     WHERE waiting.person = new.person AND waiting.subject_id = new.subject_id
       AND waiting.channel = 'sms' AND waiting.state = 'pending' AND waiting.deferrals = 0
       AND waiting.not_before > $3
       AND EXISTS (SELECT FROM deliveries AS later
                    WHERE later.person = waiting.person AND later.subject_id = waiting.subject_id
                      AND later.channel = 'sms' AND later.version > waiting.version
                      AND later.state IN ('pending', 'sending', 'sent', 'unknown'))
"""
_NO_AGENCY = (None,) * len(ReferralAgency._fields)


class PostgresNotificationStore:
    """Notification store inside the caller's transaction; without a sealer it saves no contact."""

    def __init__(self, connection: Connection, sealer: Sealer | None = None) -> None:
        self._db = connection
        self._sealer = sealer

    async def lock(self, request_ids: Collection[str], subject_ids: Collection[str]) -> None:
        """Lock the rows of these requests and of the requests of these subjects.

        New requests get a row first. Afterwards the transaction sees everything that concurrent
        transactions committed about them.
        """
        await self._db.execute(_INSERT_SQL, request_ids)
        await self._db.execute(_LOCK_SQL, request_ids, subject_ids)

    async def count_namings(self, contacts: Collection[ReporterContact]) -> Mapping[Naming, int]:
        """Lock the contacts, and count the saved requests that name each within an hour."""
        rows = [(one.request_id, named, one.received_at) for one in contacts for named in one.named]
        await self._db.execute(_LOCK_CONTACTS_SQL, [named for _, named, _ in rows])
        found = await self._db.fetch(_COUNT_NAMINGS_SQL, *columns(rows), WINDOW, MAX_REQUESTS)
        return {(str(row["request_id"]), row["named"]): row["requests"] for row in found}

    async def save(self, updates: Updates) -> None:
        """Save updates of locked requests, one statement per kind of data."""
        if updates.contacts:
            await save_contacts(self._db, updates.contacts.values(), self._sealer)
        if updates.erased:
            await erase_contacts(self._db, updates.erased)
        if updates.consents:
            await save_consents(self._db, updates.consents.values())
        if updates.requests:
            await self._save_requests(updates.requests.values())
        if updates.memberships:
            members = updates.memberships.values()
            rows = [(m.subject_id, m.request_id, m.since, m.until) for m in members]
            await self._db.execute(_SAVE_MEMBERSHIPS_SQL, *columns(rows))
        if updates.triggers:
            await self._save_triggers(updates.triggers.values())
        if updates.leads:
            await save_leads(self._db, updates.leads.values())

    async def _save_requests(self, requests: Iterable[RequestFacts]) -> None:
        rows = [
            (
                request.request_id,
                request.tracking_number,
                request.jurisdiction,
                request.service_code,
                request.language,
                request.address,
                request.emergency,
                *(request.agency or _NO_AGENCY),
                request.answer_code,
                request.words,
                request.submitted_at,
            )
            for request in requests
        ]
        await self._db.execute(_SAVE_REQUESTS_SQL, *columns(rows))

    async def _save_triggers(self, triggers: Iterable[Trigger]) -> None:
        rows = [
            (
                trigger.subject_id,
                trigger.version,
                trigger.template,
                trigger.priority,
                trigger.only_for,
                *trigger.cause,
                *trigger.facts,
            )
            for trigger in triggers
        ]
        await self._db.execute(_SAVE_TRIGGERS_SQL, *columns(rows))

    async def followers(
        self, request_ids: Collection[str], subject_ids: Collection[str]
    ) -> Sequence[Follower]:
        """Return the followers with complete data that have these requests or subjects."""
        rows = await self._db.fetch(_FOLLOWERS_SQL, request_ids, subject_ids)
        return [_follower(row) for row in rows]

    async def triggers(
        self, subject_ids: Collection[str], request_ids: Collection[str]
    ) -> Sequence[Trigger]:
        """Return the triggers of these subjects for all followers or for these requests."""
        rows = await self._db.fetch(_TRIGGERS_SQL, subject_ids, request_ids)
        return [trigger_of(row) for row in rows]

    async def add(self, deliveries: Sequence[Delivery], now: datetime) -> Sequence[StoredDelivery]:
        """Insert the deliveries and return the new ones; the first of two equal ones wins."""
        stored = [StoredDelivery(new_id(), delivery) for delivery in deliveries]
        rows = [
            (
                one.notification_id,
                one.delivery.person,
                one.delivery.request_id,
                *one.delivery.trigger.key,
                one.delivery.channel,
                one.delivery.trigger.template,
                one.delivery.language,
                one.delivery.trigger.priority,
                one.delivery.suppressed,
                one.delivery.day,
                one.delivery.not_before,
                one.delivery.contact,
            )
            for one in stored
        ]
        added = await self._db.fetch(_ADD_SQL, *columns(rows), now)
        new_ids = {str(row["notification_id"]) for row in added}
        return [one for one in stored if one.notification_id in new_ids]

    async def merge_waiting(self, deliveries: Collection[StoredDelivery], now: datetime) -> None:
        """Merge text messages that wait for the end of quiet hours into later ones of the case."""
        threads = [(one.delivery.person, one.delivery.trigger.subject_id) for one in deliveries]
        await self._db.execute(_MERGE_SQL, *columns(threads), now)

    async def messages_of_day(self, deliveries: Collection[StoredDelivery]) -> MessagesOfDay:
        """Lock the readers of these deliveries, and count their other events of the same days."""
        keys = list({key for one in deliveries for key in reader_days(one.delivery)})
        await self._db.execute(_LOCK_READERS_SQL, [reader for reader, _ in keys])
        ids = [one.notification_id for one in deliveries]
        exempt = (EXEMPT_PRIORITY, list(EXEMPT_TEMPLATES))
        rows = await self._db.fetch(_COUNT_OF_DAY_SQL, *columns(keys), ids, *exempt)
        return MessagesOfDay(
            counted={(row["reader"], row["day"]): row["counted"] for row in rows},
            with_digest={(row["reader"], row["day"]) for row in rows if row["has_digest"]},
        )

    async def suppress(self, deliveries: Collection[StoredDelivery]) -> None:
        """Suppress deliveries that are above the limit of a day."""
        await self._db.execute(_SUPPRESS_SQL, [one.notification_id for one in deliveries])

    async def cancel(self, request_ids: Collection[str]) -> Sequence[StoredDelivery]:
        """Suppress the messages about these requests that are not sent yet, and return them."""
        rows = await self._db.fetch(_CANCEL_SQL, sorted(request_ids))
        return [stored_delivery(row) for row in rows]

    async def record_returns(self, returned: Sequence[ReturnedMail]) -> Sequence[StoredDelivery]:
        """Suppress what reports of other mail servers say; return the e-mails that bounced.

        The address of an alert that comes back gets no e-mail any more, as that of a message.
        """
        people = await returned_alerts(self._db, [one.notification_id for one in returned])
        await suppress_addresses(
            self._db,
            [
                Suppressed(people[one.notification_id], one.kind, one.at)
                for one in returned
                if one.notification_id in people and one.kind != "bounced_for_now"
            ],
        )
        return await record_returns(self._db, returned)


def _follower(row: Record) -> Follower:
    wants: dict[StatusChannel, bool] = {"email": row["wants_email"], "sms": row["wants_sms"]}
    has: dict[StatusChannel, bool] = {"email": row["has_email"], "sms": row["has_phone"]}
    contacts: dict[StatusChannel, str | None] = {"email": row["flood_key"], "sms": row["phone_ref"]}
    return Follower(
        request_id=str(row["request_id"]),
        subject_id=str(row["subject_id"]),
        since=row["since"],
        jurisdiction=row["jurisdiction"],
        until=row["until"],
        recipient=Recipient(
            person=row["person"],
            wants=frozenset(channel for channel, wanted in wants.items() if wanted),
            has=frozenset(channel for channel, usable in has.items() if usable),
            languages=tuple(filter(None, (row["contact_language"], row["language"]))),
            informed=frozenset({"sms"} if row["informed_sms"] else ()),
            contacts={channel: contact for channel, contact in contacts.items() if contact},
        ),
        is_flooded=row["flooded"],
        is_late=row["is_late"],
    )
