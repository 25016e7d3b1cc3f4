"""The deliveries that wait, are under way or have ended, in PostgreSQL."""

from collections.abc import Callable, Sequence
from datetime import datetime

from asyncpg import Record

from services.notify.delivery.updates import ClaimedDelivery, DeliveryUpdate
from services.notify.rules.model import (
    Agency,
    CaseFacts,
    Delivery,
    MessageData,
    RequestFacts,
    StoredDelivery,
)
from services.notify.store import trigger_of
from shared.contract.events import Event, new_id
from shared.runtime.outbox.outbox import enqueue
from shared.runtime.postgres import Pool, transaction, translate_errors

_DELIVERY = """
    d.notification_id, d.person, d.request_id, d.language, d.channel,
    a.about, a.version, a.template, a.priority, a.only_for, a.cause_id, a.traceparent
"""
_ANY_DUE = "SELECT EXISTS (SELECT FROM deliveries WHERE state = 'pending' AND not_before <= $1)"
_CLAIM = f"""
    WITH next AS (
        SELECT notification_id
          FROM deliveries AS mine
         WHERE state = 'pending' AND not_before <= $2
           AND NOT EXISTS (
               SELECT FROM deliveries AS earlier
                WHERE earlier.person = mine.person
                  AND earlier.about = mine.about
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
    SELECT {_DELIVERY}, d.put_off, a.bureau, a.note, a.reason, a.scheduled_for,
           r.mailbox, r.name, r.tracking_number, r.jurisdiction, r.service_code, r.address,
           r.language AS request_language, r.emergency, r.agency_name, r.agency_phone, r.agency_url,
           r.agency_reason, r.answer
      FROM d
      JOIN requests AS r USING (request_id)
      JOIN announcements AS a USING (about, version)
"""  # noqa: S608 - made of constants
_SETTLE = """
    UPDATE deliveries AS mine
       SET state = new.state, reason = new.reason, put_off = new.put_off,
           not_before = coalesce(new.not_before, mine.not_before),
           claimed_by = NULL, lease_until = NULL
      FROM unnest($1::uuid[], $2::text[], $3::text[], $4::integer[], $5::timestamptz[])
           AS new (notification_id, state, reason, put_off, not_before)
     WHERE mine.notification_id = new.notification_id
       AND mine.claimed_by = $6
    RETURNING mine.notification_id
"""
_END_ABANDONED = f"""
    WITH d AS (
        UPDATE deliveries
           SET state = 'unknown', reason = 'abandoned', claimed_by = NULL, lease_until = NULL
         WHERE state = 'sending' AND lease_until < $1
        RETURNING *
    )
    SELECT {_DELIVERY} FROM d JOIN announcements AS a USING (about, version)
"""  # noqa: S608 - made of constants


class PostgresDeliveries:
    """The deliveries in notify's schema; each call is a transaction of its own.

    What this object claims is its own: another one, in this process or elsewhere, settles nothing
    of it.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._me = new_id()

    async def any_due(self, now: datetime) -> bool:
        """Whether something waits to be sent."""
        with translate_errors():
            return bool(await self._pool.fetchval(_ANY_DUE, now))

    async def claim(
        self, limit: int, now: datetime, lease_until: datetime
    ) -> Sequence[ClaimedDelivery]:
        """Take up to ``limit`` that are due, the most urgent first, for us alone."""
        with translate_errors():
            rows = await self._pool.fetch(_CLAIM, limit, now, lease_until, self._me)
        return [_claimed(row) for row in rows]

    async def settle(self, settlements: Sequence[DeliveryUpdate]) -> None:
        """Note what became of what we claimed, and publish the reports; again changes nothing."""
        async with transaction(self._pool) as db:
            rows = await db.fetch(
                _SETTLE,
                [one.kept.notification_id for one in settlements],
                [one.state for one in settlements],
                [one.reason for one in settlements],
                [one.put_off for one in settlements],
                [one.not_before for one in settlements],
                self._me,
            )
            settled = {str(row["notification_id"]) for row in rows}
            await enqueue(
                db,
                [
                    one.report
                    for one in settlements
                    if one.report and one.kept.notification_id in settled
                ],
            )

    async def expire_leases(
        self, now: datetime, report: Callable[[StoredDelivery], Event]
    ) -> Sequence[StoredDelivery]:
        """Call unknown what somebody claimed and did not settle in time, and report it."""
        async with transaction(self._pool) as db:
            ended = [_kept(row) for row in await db.fetch(_END_ABANDONED, now)]
            await enqueue(db, [report(kept) for kept in ended])
        return ended


def _kept(row: Record) -> StoredDelivery:
    delivery = Delivery(
        person=row["person"],
        request_id=str(row["request_id"]),
        language=row["language"],
        channel=row["channel"],
        trigger=trigger_of(row),
    )
    return StoredDelivery(str(row["notification_id"]), delivery)


def _claimed(row: Record) -> ClaimedDelivery:
    particulars = MessageData(
        template=row["template"],
        language=row["language"],
        name=row["name"],
        request=_request(row),
        case=CaseFacts(row["bureau"], row["note"], row["reason"], row["scheduled_for"]),
    )
    return ClaimedDelivery(_kept(row), row["put_off"], row["mailbox"], particulars)


def _request(row: Record) -> RequestFacts:
    return RequestFacts(
        request_id=str(row["request_id"]),
        tracking_number=row["tracking_number"],
        jurisdiction=row["jurisdiction"],
        service_code=row["service_code"],
        language=row["request_language"],
        address=row["address"],
        emergency=row["emergency"],
        agency=_agency(row) if row["agency_name"] else None,
        answer=row["answer"],
    )


def _agency(row: Record) -> Agency:
    columns = ("agency_name", "agency_phone", "agency_url", "agency_reason")
    return Agency(*(row[column] for column in columns))
