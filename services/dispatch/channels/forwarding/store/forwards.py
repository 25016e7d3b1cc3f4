"""Queue of work orders for other systems: the next try, and its result."""

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from asyncpg import Record

from services.dispatch.channels.forwarding.rules import forwards
from services.dispatch.records.changes import uuids
from shared.delivery_attempts import PROBE_EVERY, Breaker
from shared.runtime.postgres import Connection, Database, Pool, transaction, translate_errors
from shared.vocabulary import FINAL_STATUSES

_ADD_SYSTEM = "INSERT INTO forward_systems (bureau) VALUES ($1) ON CONFLICT DO NOTHING"
_SYSTEM = "SELECT seq, failures, probe_at FROM forward_systems WHERE bureau = $1 FOR UPDATE"
_SET_SEQ = "UPDATE forward_systems SET seq = $2 WHERE bureau = $1"
_SET_BREAKER = "UPDATE forward_systems SET failures = $2, probe_at = $3 WHERE bureau = $1"
_TAKE = """
    WITH taken AS (
        SELECT seq, work_order_id, level,
               convert_from(payload, 'UTF8')::json ->> 'traceparent' AS traceparent
          FROM bureau_events WHERE bureau = $1 AND seq > $2 ORDER BY seq LIMIT 1000
    ), added AS (
        INSERT INTO forwards (work_order_id, bureau, level, traceparent)
        SELECT DISTINCT ON (work_order_id) work_order_id, $1, level, traceparent
          FROM taken ORDER BY work_order_id, seq DESC
        ON CONFLICT (work_order_id) DO UPDATE SET level = excluded.level
    )
    SELECT max(seq) FROM taken
"""
_COLUMNS = """
    work_order_id::text, attempts, first_at, due_at, tried_at, not_before, state, reason,
    service_request_id, token, traceparent
"""
_NEXT = f"""
    SELECT {_COLUMNS}
      FROM forwards
     WHERE bureau = $1 AND state = 'pending' AND not_before <= $2 AND (due_at <= $2 OR $3)
     ORDER BY level, work_order_id
     LIMIT 1
"""  # noqa: S608 - constants only
_SET = """
    UPDATE forwards
       SET attempts = $2, first_at = $3, due_at = $4, tried_at = $5, not_before = $6, state = $7,
           reason = $8, service_request_id = $9, token = $10, traceparent = $11
     WHERE work_order_id = $1::uuid AND state = 'pending'
"""
_ALL_DUE = """
    UPDATE forwards SET due_at = $2 WHERE bureau = $1 AND state = 'pending' AND due_at > $2
"""
_POLL = """
    UPDATE forward_systems SET poll_at = $3
     WHERE bureau = $1 AND poll_at <= $2 AND probe_at IS NULL
    RETURNING true
"""
_END = """
    UPDATE forwards SET state = 'done'
      FROM work_orders
     WHERE forwards.bureau = $1 AND state = 'sent'
       AND work_orders.work_order_id = forwards.work_order_id AND status = ANY($2::text[])
"""
_SENT = f"""
    SELECT {_COLUMNS}
      FROM forwards
     WHERE bureau = $1 AND state = 'sent' AND work_order_id > $2::uuid
       AND (service_request_id IS NOT NULL OR token IS NOT NULL)
     ORDER BY work_order_id
     LIMIT $3
"""  # noqa: S608 - constants only
_SET_ID = "UPDATE forwards SET service_request_id = $2 WHERE work_order_id = $1::uuid"
_MOVE = """
    UPDATE forwards SET remote_status = $2
     WHERE work_order_id = $1::uuid AND state = 'sent' AND remote_status IS DISTINCT FROM $2
    RETURNING true
"""
# The id after which a list begins.
FIRST = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True, slots=True)
class ForwardQueue:
    """The work orders of one bureau that go to its system."""

    pool: Pool
    bureau: str

    async def begin(self, now: datetime) -> forwards.Forward | None:
        """Read the feed, and commit a try of the most urgent work order that is due.

        While the circuit breaker is open, one is tried every 30 s, due or not. Returns the forward
        as it was before; None for none.
        """
        async with transaction(self.pool) as db:
            await db.execute(_ADD_SYSTEM, self.bureau)
            system = await db.fetchrow(_SYSTEM, self.bureau)
            assert system  # noqa: S101 - it was added
            if newest := await db.fetchval(_TAKE, self.bureau, system["seq"]):
                await db.execute(_SET_SEQ, self.bureau, newest)
            breaker = Breaker(system["failures"], system["probe_at"])
            if breaker.slots(0, now) <= 0:
                return None
            is_probe = breaker.probe_at is not None
            row = await db.fetchrow(_NEXT, self.bureau, now, is_probe)
            if row is None:
                return None
            if is_probe:
                await self._set_breaker(db, replace(breaker, probe_at=now + PROBE_EVERY))
            forward = _forward(row)
            await _write(db, forwards.begin_try(forward, now))
        return forward

    async def end(
        self,
        before: forwards.Forward,
        result: forwards.TryResult,
        began_at: datetime,
        jitter: float,
    ) -> forwards.Forward:
        """Record the result of a try; return the forward after it. Jitter is from -1 to 1."""
        after = forwards.end_try(before, result, began_at, jitter)
        async with transaction(self.pool) as db:
            system = await db.fetchrow(_SYSTEM, self.bureau)
            assert system  # noqa: S101 - ``begin`` added it
            earlier = Breaker(system["failures"], system["probe_at"])
            breaker = _breaker_after(earlier, result)
            await self._set_breaker(db, breaker)
            if earlier.probe_at and not breaker.probe_at:
                await db.execute(_ALL_DUE, self.bureau, began_at)
            await _write(db, after)
        return after

    async def begin_poll(self, now: datetime, every: timedelta) -> bool:
        """Return True when statuses are due; no other process polls them then."""
        with translate_errors():
            found = await self.pool.fetchval(_POLL, self.bureau, now, now + every)
            if found:
                await self.pool.execute(_END, self.bureau, list(FINAL_STATUSES))
        return bool(found)

    async def sent(self, after: str, limit: int) -> Sequence[forwards.Forward]:
        """Return sent forwards by id, without those whose work orders have ended here."""
        with translate_errors():
            return list(map(_forward, await self.pool.fetch(_SENT, self.bureau, after, limit)))

    async def set_id(self, work_order_id: str, service_request_id: str) -> None:
        """Record the id that a token stands for."""
        with translate_errors():
            await self.pool.execute(_SET_ID, work_order_id, service_request_id)

    async def _set_breaker(self, db: Connection, breaker: Breaker) -> None:
        await db.execute(_SET_BREAKER, self.bureau, breaker.failures, breaker.probe_at)


def _breaker_after(before: Breaker, result: forwards.TryResult) -> Breaker:
    match result:
        case forwards.Failed(outcome):
            return before.after(outcome)
        case forwards.Taken():
            return Breaker()
        case forwards.Refused():  # it may be that nothing was called
            return before


async def move(db: Connection, work_order_id: str, remote_status: str) -> bool:
    """Record the status in the other system; return False if it is unchanged."""
    return bool(await db.fetchval(_MOVE, work_order_id, remote_status))


async def _write(db: Connection, forward: forwards.Forward) -> None:
    await db.execute(_SET, *astuple(forward))


def _forward(row: Record) -> forwards.Forward:
    return forwards.Forward(**dict(row))


_LIST = """
    SELECT work_order_id::text, state, level, attempts, reason, service_request_id,
           tried_at IS NOT NULL AS may_have_arrived
      FROM forwards
     WHERE bureau = $1 AND (state = 'parked' OR state = 'pending' AND attempts > 0)
     ORDER BY state, level, work_order_id
     LIMIT $2
"""
_SYSTEMS = """
    SELECT systems.bureau, probe_at IS NOT NULL AS is_down,
           count(*) FILTER (WHERE state = 'pending') AS open,
           count(*) FILTER (WHERE state = 'parked' AND tried_at IS NULL) AS failed,
           count(*) FILTER (WHERE state = 'parked' AND tried_at IS NOT NULL) AS unknown
      FROM forward_systems AS systems
      LEFT JOIN forwards ON forwards.bureau = systems.bureau AND state IN ('pending', 'parked')
     GROUP BY systems.bureau
     ORDER BY systems.bureau
"""
_LAST_DIGESTS = """
    SELECT DISTINCT ON (bureau) bureau, day, state, at, reason FROM digests
     ORDER BY bureau, day DESC
"""
_TROUBLED = """
    SELECT forwards.bureau, work_order_id::text, case_id::text, state, level, attempts, reason,
           tried_at IS NOT NULL AS may_have_arrived
      FROM forwards JOIN work_orders USING (work_order_id)
     WHERE state = 'parked' OR state = 'pending' AND attempts > 0
     ORDER BY state, level, work_order_id
     LIMIT $1
"""
_DIGESTS = """
    SELECT day, state, at, reason FROM digests WHERE bureau = $1 ORDER BY day DESC LIMIT 14
"""
_RETRY = """
    UPDATE forwards
       SET state = 'pending', attempts = 0, first_at = NULL, due_at = '-infinity', reason = NULL
     WHERE bureau = $1 AND work_order_id = ANY($2::uuid[]) AND state = 'parked'
    RETURNING true
"""
_TAKEN = """
    UPDATE forwards SET state = 'sent', service_request_id = $3, reason = NULL
     WHERE bureau = $1 AND work_order_id = ANY($2::uuid[]) AND state = 'parked'
    RETURNING true
"""
_STATUSES = "SELECT work_order_id::text, status FROM work_orders WHERE bureau = $1"
_FORWARDED = """
    SELECT work_order_id::text, work_orders.status, service_request_id
      FROM forwards
      JOIN work_orders USING (work_order_id)
      JOIN cases USING (case_id)
     WHERE forwards.bureau = $1
       AND (state IN ('pending', 'sent', 'parked')
            OR state = 'done' AND coalesce(closed_at > $2, true))
"""


@dataclass(frozen=True, slots=True)
class ForwardedOrder:
    """A work order with its status, and its id in the other system."""

    work_order_id: str
    status: str
    service_request_id: str | None


async def list_waiting(db: Database, bureau: str, limit: int) -> Sequence[dict[str, Any]]:
    """Return what is parked or failed, parked ones first."""
    return [dict(row) for row in await db.fetch(_LIST, bureau, limit)]


async def list_systems(db: Connection) -> Sequence[dict[str, Any]]:
    """Return the systems of all bureaus with the numbers of their work orders."""
    return [dict(row) for row in await db.fetch(_SYSTEMS)]


async def list_last_digests(db: Connection) -> Sequence[dict[str, Any]]:
    """Return the last digest of each bureau."""
    return [dict(row) for row in await db.fetch(_LAST_DIGESTS)]


async def list_troubled(db: Connection, limit: int) -> Sequence[dict[str, Any]]:
    """Return what is parked or failed for any bureau, parked ones first."""
    return [dict(row) for row in await db.fetch(_TROUBLED, limit)]


async def list_digests(db: Database, bureau: str) -> Sequence[dict[str, Any]]:
    """Return the last digests, newest first, each with the time of its state."""
    return [dict(row) for row in await db.fetch(_DIGESTS, bureau)]


async def retry(db: Database, bureau: str, ids: Sequence[str]) -> int:
    """Retry parked work orders; return how many. Those that may have arrived are searched first."""
    return len(await db.fetch(_RETRY, bureau, uuids(ids)))


async def record_taken(db: Database, bureau: str, id_: str, service_request_id: str) -> bool:
    """Record that a parked work order is in the other system; return False for none parked."""
    return bool(await db.fetch(_TAKEN, bureau, uuids([id_]), service_request_id))


async def order_statuses(db: Database, bureau: str) -> Mapping[str, str]:
    """Return the status of each work order of a bureau by its id."""
    return {row["work_order_id"]: row["status"] for row in await db.fetch(_STATUSES, bureau)}


async def forwarded_orders(
    db: Database, bureau: str, closed_after: datetime
) -> Sequence[ForwardedOrder]:
    """Return a bureau's forwarded work orders, without those done whose case ended earlier."""
    found = await db.fetch(_FORWARDED, bureau, closed_after)
    return [ForwardedOrder(**dict(row)) for row in found]
