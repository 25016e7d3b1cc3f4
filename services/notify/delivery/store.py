"""PostgreSQL implementation of the delivery queue."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from asyncpg import Record

from services.notify.delivery.worker import DeliveryUpdate
from services.notify.records import ClaimedDelivery, MessageData
from services.notify.rules.languages import LanguageRules
from services.notify.rules.model import ReferralAgency, RequestFacts, StoredDelivery
from services.notify.rules.recipients import ON_THE_WAY
from services.notify.rules.updates import ANSWERS
from services.notify.store.contacts import JOIN_KEY, SEALED_COLUMNS, StoredContact, open_contact
from services.notify.store.deliveries import DELIVERY_COLUMNS, stored_delivery
from services.notify.store.resident_links import opt_out
from shared.contract.events import Event, new_id
from shared.runtime.outbox.outbox import HandOver, enqueue
from shared.runtime.postgres import Pool, columns, transaction, translate_errors
from shared.runtime.sealing import Sealer, UnreadableError
from shared.vocabulary import StatusChannel

_ANY_DUE_SQL = """
    SELECT EXISTS (SELECT FROM deliveries
                    WHERE state = 'pending' AND channel = $2 AND not_before <= $1)
"""
_CLAIM_SQL = f"""
    WITH next AS (
        SELECT notification_id
          FROM deliveries AS mine
         WHERE state = 'pending' AND channel = $5 AND not_before <= $2
           AND NOT EXISTS (
               SELECT FROM deliveries AS earlier
                WHERE earlier.person = mine.person
                  AND earlier.subject_id = mine.subject_id
                  AND earlier.channel = mine.channel
                  AND earlier.version < mine.version
                  AND earlier.state IN ('pending', 'sending'))
         ORDER BY priority, not_before, notification_id
         LIMIT $1
           FOR UPDATE SKIP LOCKED
    ), d AS (
        UPDATE deliveries
           SET state = 'sending', claimed_by = $4, lease_until = $3
          FROM next
         WHERE deliveries.notification_id = next.notification_id
        RETURNING deliveries.*
    )
    SELECT {DELIVERY_COLUMNS}, {SEALED_COLUMNS}, d.deferrals, r.tracking_number,
           r.jurisdiction, r.service_code, r.address, r.contact_language,
           r.language AS request_language,
           r.emergency, r.agency_name,
           r.agency_phone, r.agency_url, r.agency_reason, r.answer, r.words, r.submitted_at,
           p.language AS chosen_language,
           CASE WHEN p.updates = 'important' AND d.template = ANY($7::text[])
                THEN 'not_wanted' END AS unwanted,
           (SELECT coalesce(c.reason, 'opted_out')
              FROM consents AS c
             WHERE c.contact = CASE d.channel WHEN 'sms' THEN r.phone_ref ELSE r.person END
               AND c.channel = d.channel AND c.opted_out
               AND (c.reason IS DISTINCT FROM 'unsubscribed' OR r.contact_received_at <= c.at
                    OR t.only_for IS NULL OR d.template <> ALL($6::text[]))
           ) AS suppressed,
           CASE WHEN d.template = 'digest' THEN
               (SELECT array_agg(DISTINCT news.tracking_number ORDER BY news.tracking_number)
                  FROM deliveries AS same JOIN requests AS news USING (request_id)
                 WHERE same.person = d.person AND same.day = d.day)
           END AS followed
      FROM d
      JOIN requests AS r USING (request_id)
      JOIN triggers AS t USING (subject_id, version)
      LEFT JOIN preferences AS p ON p.person = r.person
      {JOIN_KEY}
"""  # noqa: S608 - constants only
_RECORD_SQL = """
    UPDATE deliveries AS mine
       SET state = new.state, reason = new.reason, deferrals = new.deferrals,
           provider_id = new.provider_id, language = new.language,
           not_before = coalesce(new.not_before, mine.not_before),
           claimed_by = NULL, lease_until = NULL
      FROM unnest($1::uuid[], $2::text[], $3::text[], $4::integer[], $5::text[],
                  $6::timestamptz[], $7::text[])
           AS new (notification_id, state, reason, deferrals, provider_id, not_before, language)
     WHERE mine.notification_id = new.notification_id
       AND mine.claimed_by = $8
    RETURNING mine.notification_id
"""
_EXPIRE_LEASES_SQL = f"""
    WITH d AS (
        UPDATE deliveries
           SET state = 'unknown', reason = 'abandoned', claimed_by = NULL, lease_until = NULL
         WHERE state = 'sending' AND lease_until < $1
        RETURNING *
    )
    SELECT {DELIVERY_COLUMNS} FROM d JOIN triggers AS t USING (subject_id, version)
"""  # noqa: S608 - constants only


@dataclass(frozen=True, slots=True)
class PostgresDeliveryQueue:
    """Delivery queue of one channel in notify's schema; each call is one transaction.

    Claims are fenced: an update counts only from the object that holds the claim, in this process
    or any other.
    """

    pool: Pool
    channel: StatusChannel
    sealer: Sealer
    languages: LanguageRules
    on_commit: HandOver = lambda _: None
    worker_id: str = field(default_factory=new_id, init=False)

    async def any_due(self, now: datetime) -> bool:
        """Return True when a delivery is due."""
        with translate_errors():
            return bool(await self.pool.fetchval(_ANY_DUE_SQL, now, self.channel))

    async def claim(
        self, limit: int, now: datetime, lease_until: datetime
    ) -> Sequence[ClaimedDelivery]:
        """Lease up to ``limit`` due deliveries, the most urgent first."""
        with translate_errors():
            rows = await self.pool.fetch(
                _CLAIM_SQL,
                limit,
                now,
                lease_until,
                self.worker_id,
                self.channel,
                ANSWERS,
                ON_THE_WAY,
            )
        return [_claimed(row, self.sealer, self.languages) for row in rows]

    async def record(self, updates: Sequence[DeliveryUpdate]) -> None:
        """Save the updates of claimed deliveries and publish their events; idempotent."""
        rows = [
            (
                u.stored.notification_id,
                u.state,
                u.reason,
                u.deferrals,
                u.provider_id,
                u.not_before,
                u.stored.delivery.language,
            )
            for u in updates
        ]
        async with transaction(self.pool) as db:
            saved = await db.fetch(_RECORD_SQL, *columns(rows), self.worker_id)
            ids = {str(row["notification_id"]) for row in saved}
            for update in updates:
                if update.opts_out and update.event:
                    await opt_out(db, update.stored.notification_id, update.event.time)
            batches = await enqueue(
                db, [u.event for u in updates if u.event and u.stored.notification_id in ids]
            )
        self.on_commit(batches)

    async def expire_leases(
        self, now: datetime, to_event: Callable[[StoredDelivery], Event]
    ) -> Sequence[StoredDelivery]:
        """Set deliveries with an expired lease to ``unknown``, and publish an event for each."""
        async with transaction(self.pool) as db:
            expired = [stored_delivery(row) for row in await db.fetch(_EXPIRE_LEASES_SQL, now)]
            batches = await enqueue(db, [to_event(stored) for stored in expired])
        self.on_commit(batches)
        return expired


def _claimed(row: Record, sealer: Sealer, languages: LanguageRules) -> ClaimedDelivery:
    stored = stored_delivery(row)
    contact, is_readable = StoredContact(None, None, None), True
    try:
        contact = open_contact(row, sealer)
    except UnreadableError:
        is_readable = False
    trigger = stored.delivery.trigger
    written_in = languages.message_language(
        trigger.template,
        row["jurisdiction"],
        (row["contact_language"], row["request_language"]),
        row["chosen_language"],
    )
    stored = replace(stored, delivery=replace(stored.delivery, language=written_in.language))
    data = MessageData(
        notification_id=stored.notification_id,
        template=trigger.template,
        language=written_in.language,
        name=contact.name,
        request=_request_facts(row),
        case=trigger.facts,
        followed=tuple(row["followed"] or ()),
        help_language=written_in.help_language,
    )
    address = contact.phone if stored.delivery.channel == "sms" else contact.mailbox
    suppressed = row["suppressed"] or row["unwanted"]
    return ClaimedDelivery(stored, row["deferrals"], address, suppressed, data, is_readable)


def _request_facts(row: Record) -> RequestFacts:
    agency = ReferralAgency(
        row["agency_name"], row["agency_phone"], row["agency_url"], row["agency_reason"]
    )
    return RequestFacts(
        request_id=str(row["request_id"]),
        tracking_number=row["tracking_number"],
        jurisdiction=row["jurisdiction"],
        service_code=row["service_code"],
        language=row["request_language"],
        address=row["address"],
        emergency=row["emergency"],
        agency=agency if row["agency_name"] else None,
        answer_code=row["answer"],
        words=row["words"],
        submitted_at=row["submitted_at"],
    )
