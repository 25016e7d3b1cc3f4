"""Daily digests: their states, and the work orders in each."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pydantic_core

from services.dispatch.channels.forwarding.rules.digests import DigestState, Section, section_of
from shared.contract.events import WorkOrder
from shared.runtime.postgres import Connection, Pool, transaction
from shared.vocabulary import FINAL_STATUSES

_ISSUED = "route311.work_order.issued.v1"
_REMINDER = "route311.work_order.reminder.v1"
_ABANDONED = """
    UPDATE digests SET state = 'unknown', reason = 'abandoned'
     WHERE bureau = $1 AND state = 'sending' AND due_at <= $2
    RETURNING day
"""
_SUPERSEDED = """
    UPDATE digests SET state = 'failed' WHERE bureau = $1 AND day < $2 AND state = 'waiting'
"""
_BEGIN = """
    INSERT INTO digests (bureau, day, state, seq, at, due_at)
    SELECT $1, $2, 'sending', coalesce(max(seq), 0), $3, $4 FROM bureau_events WHERE bureau = $1
    ON CONFLICT (bureau, day) DO UPDATE
       SET state = 'sending', seq = excluded.seq, at = excluded.at, due_at = excluded.due_at
     WHERE digests.state = 'waiting' AND digests.due_at <= excluded.at
    RETURNING seq
"""
_SINCE = """
    SELECT coalesce(max(seq), 0) FROM digests WHERE bureau = $1 AND state IN ('sent', 'empty')
"""
_END = """
    UPDATE digests SET state = $3, reason = $4, at = $5, due_at = $6
     WHERE bureau = $1 AND day = $2 AND state = 'sending'
"""
_EVENTS = """
    SELECT work_order_id::text, payload
      FROM bureau_events WHERE bureau = $1 AND seq > $2 AND seq <= $3 ORDER BY seq
"""
_OPEN = "SELECT work_order_id::text FROM work_orders WHERE bureau = $1 AND status <> ALL($2)"
_AT_A_TIME = 500


@dataclass(frozen=True, slots=True)
class DigestEntry:
    """Work order in a digest, with its section."""

    section: Section
    order: WorkOrder


@dataclass(frozen=True, slots=True)
class Digests:
    """The digests of one bureau."""

    pool: Pool
    bureau: str
    work_orders: Callable[[Connection, Sequence[str]], Awaitable[Sequence[WorkOrder]]]

    async def end_abandoned(self, now: datetime) -> Sequence[date]:
        """Mark digests ``unknown`` whose sender was killed while sending; return their days."""
        async with transaction(self.pool) as db:
            return [row["day"] for row in await db.fetch(_ABANDONED, self.bureau, now)]

    async def begin(
        self, day: date, now: datetime, lease: timedelta
    ) -> Sequence[DigestEntry] | None:
        """Begin with the digest of a day, unless that was begun; return its work orders.

        A waiting digest of an earlier day is given up. After the lease the sender counts as dead.
        """
        async with transaction(self.pool) as db:
            await db.execute(_SUPERSEDED, self.bureau, day)
            until = await db.fetchval(_BEGIN, self.bureau, day, now, now + lease)
            if until is None:
                return None
            since = await db.fetchval(_SINCE, self.bureau)
            return await self._entries(db, since, until, now)

    async def end(
        self, day: date, state: DigestState, reason: str | None, now: datetime, due_at: datetime
    ) -> None:
        """Record the result of a digest, with the time of the next try for ``waiting``."""
        async with transaction(self.pool) as db:
            await db.execute(_END, self.bureau, day, state, reason, now, due_at)

    async def _entries(
        self, db: Connection, since: int, until: int, now: datetime
    ) -> Sequence[DigestEntry]:
        changed, issued = set[str](), set[str]()
        async for row in db.cursor(_EVENTS, self.bureau, since, until):
            kind = pydantic_core.from_json(row["payload"])["type"]
            if kind != _REMINDER:
                changed.add(row["work_order_id"])
            if kind == _ISSUED:
                issued.add(row["work_order_id"])
        opened = await db.fetch(_OPEN, self.bureau, list(FINAL_STATUSES))
        ids = sorted(changed.union(row["work_order_id"] for row in opened))
        orders = list[WorkOrder]()
        for start in range(0, len(ids), _AT_A_TIME):
            orders += await self.work_orders(db, ids[start : start + _AT_A_TIME])
        return [
            DigestEntry(
                section_of(
                    order.status,
                    order.due.acknowledge_by,
                    order.due.complete_by,
                    now,
                    is_new=order.work_order_id in issued,
                    has_changed=order.work_order_id in changed,
                ),
                order,
            )
            for order in orders
        ]
