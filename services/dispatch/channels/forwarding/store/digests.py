"""Daily digests: which was sent, and the work orders that one tells of."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pydantic_core

from services.dispatch.channels.forwarding.rules.digests import (
    DigestEntry,
    DigestState,
    digest_entry,
)
from services.dispatch.rules.case import Case, CaseWorkOrder
from services.dispatch.store import rows
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
_CASES = """
    SELECT * FROM cases
     WHERE case_id IN (SELECT case_id FROM work_orders WHERE work_order_id = ANY($1::uuid[]))
"""
_ORDERS = "SELECT * FROM work_orders WHERE case_id = ANY($1::uuid[]) ORDER BY case_id, number"
_AT_A_TIME = 500


@dataclass(frozen=True, slots=True)
class Digests:
    """The digests of one bureau."""

    pool: Pool
    bureau: str

    async def end_abandoned(self, now: datetime) -> Sequence[date]:
        """Make those ``unknown`` whose sender was killed while it sent; return their days."""
        async with transaction(self.pool) as db:
            return [row["day"] for row in await db.fetch(_ABANDONED, self.bureau, now)]

    async def begin(
        self, day: date, now: datetime, lease: timedelta
    ) -> Sequence[DigestEntry] | None:
        """Begin with the digest of a day, unless that was begun; return its work orders.

        Args:
            day: The day; a digest of an earlier one that waits is given up.
            lease: Time after which the sender is taken for dead.
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
        """Record what became of a digest.

        Args:
            reason: Why it has that state.
            due_at: When it is tried again, where it waits.
        """
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
        found = list[tuple[Case, CaseWorkOrder]]()
        for start in range(0, len(ids), _AT_A_TIME):
            found += await _find(db, ids[start : start + _AT_A_TIME])
        return [digest_entry(case, order, issued, changed, now) for case, order in found]


async def _find(db: Connection, ids: Sequence[str]) -> Sequence[tuple[Case, CaseWorkOrder]]:
    """Return work orders with their cases."""
    cases = await db.fetch(_CASES, ids)
    orders = defaultdict[str, list[CaseWorkOrder]](list)
    for row in await db.fetch(_ORDERS, [case["case_id"] for case in cases]):
        orders[str(row["case_id"])].append(rows.order_of(row))
    wanted = frozenset(ids)
    return [
        (rows.case_of(case, tuple(of_case)), order)
        for case in cases
        for of_case in [orders[str(case["case_id"])]]
        for order in of_case
        if order.work_order_id in wanted
    ]
