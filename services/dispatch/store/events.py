"""Kept events: those of bureaus for feed and webhooks, and those of cases for the stream."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain
from uuid import UUID

from services.dispatch.records.answers import FeedPage, FeedRead, KeptEvent
from shared.contract.events import CaseState, Event, WorkOrder
from shared.contract.topics import DISPATCH_CASES
from shared.runtime.cooperative import in_turns
from shared.runtime.outbox.outbox import OutboxBatch, enqueue
from shared.runtime.outgoing import Outgoing
from shared.runtime.postgres import Connection, Pool, columns, translate_errors

# Bureaus are locked until the transaction ends, in one order, so that no two wait for each other.
_LOCK_BUREAUS_SQL = """
    SELECT pg_advisory_xact_lock(hashtext('bureau_events ' || current_schema()), key)
      FROM (SELECT DISTINCT hashtext(bureau) AS key
              FROM unnest($1::text[]) AS bureau
             ORDER BY key OFFSET 0) AS keys
"""
# Adds events, and their deliveries to webhooks.
_ADD_SQL = """
    WITH added AS (
        INSERT INTO bureau_events (bureau, event_id, case_id, work_order_id, level, time, payload)
        SELECT bureau, event_id, case_id, work_order_id, level, time, payload
          FROM unnest($1::text[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[],
                      $6::timestamptz[], $7::bytea[])
               WITH ORDINALITY AS event (bureau, event_id, case_id, work_order_id, level, time,
                                         payload, nth)
         ORDER BY nth
        RETURNING bureau, seq, work_order_id, level
    )
    INSERT INTO webhook_deliveries (bureau, seq, work_order_id, level)
    SELECT added.* FROM added JOIN webhooks USING (bureau) WHERE enabled
"""
_AHEAD_SQL = """
    SELECT ahead.bureau, ahead.seq, added.level
      FROM unnest($1::uuid[], $2::text[]) AS added (work_order_id, level)
     CROSS JOIN LATERAL (
           SELECT bureau, seq FROM webhook_deliveries
            WHERE work_order_id = added.work_order_id AND level > added.level
              AND state NOT IN ('delivered', 'parked')
           OFFSET 0) AS ahead
"""
# Gives earlier deliveries the urgency of the event that waits for them.
_RAISE_SQL = "UPDATE webhook_deliveries SET level = $3 WHERE bureau = $1 AND seq = $2"
_PAGE_SQL = """
    SELECT seq, payload FROM bureau_events WHERE bureau = $1 AND seq > $2 ORDER BY seq LIMIT $3
"""
_NOTE_READ_SQL = """
    INSERT INTO feed_reads AS known (bureau, seq, at) VALUES ($1, $2, now())
    ON CONFLICT (bureau) DO UPDATE SET seq = excluded.seq, at = excluded.at
     WHERE known.seq <> excluded.seq OR known.at < now() - interval '30 seconds'
"""
_READS_SQL = """
    SELECT bureau, at AS read_at, waiting, oldest_waiting_at
      FROM feed_reads
     CROSS JOIN LATERAL (
           SELECT count(*) AS waiting, min(time) AS oldest_waiting_at
             FROM (SELECT time FROM bureau_events AS event
                    WHERE event.bureau = feed_reads.bureau AND event.seq > feed_reads.seq
                    ORDER BY seq LIMIT 10000) AS event) AS unread
     ORDER BY bureau
"""
_HEADS_SQL = """
    SELECT bureau, (SELECT max(seq) FROM bureau_events AS event WHERE event.bureau = wanted.bureau)
      FROM unnest($1::text[]) AS wanted (bureau)
"""
_PRUNE_SQL = """
    WITH gone AS (
        DELETE FROM bureau_events
         WHERE bureau = $1 AND time < now() - $2::interval
           AND seq IN (SELECT seq FROM bureau_events WHERE bureau = $1 ORDER BY seq LIMIT 1000)
        RETURNING seq
    ), deliveries AS (
        DELETE FROM webhook_deliveries
         WHERE bureau = $1 AND seq IN (SELECT seq FROM gone)
    ), calls AS (
        DELETE FROM webhook_calls
         WHERE bureau = $1 AND at < now() - $2::interval
           AND number IN (SELECT number FROM webhook_calls WHERE bureau = $1
                           ORDER BY number LIMIT 1000)
        RETURNING number
    )
    SELECT (SELECT count(*) FROM gone) + (SELECT count(*) FROM calls)
"""


async def lock_bureaus(db: Connection, bureaus: Sequence[object]) -> None:
    """Block new events of bureaus until the transaction ends."""
    await db.execute(_LOCK_BUREAUS_SQL, bureaus)


async def publish(db: Connection, produced: Iterable[Event | Outgoing]) -> list[OutboxBatch]:
    """Keep events for bureaus and operators, and enqueue all for Kafka; called last.

    Returns what the relay is to publish after the commit.
    """
    return await enqueue(db, await keep_events(db, produced))


async def keep_events(
    db: Connection, produced: Iterable[Event | Outgoing]
) -> list[Event | Outgoing]:
    """Keep events of work orders and cases; called last before the outbox, as it locks bureaus.

    Returns all that was produced, with these events as the records whose bytes are kept.
    """
    items = list(produced)
    records = await in_turns(_records, items)
    found = [
        (
            item.data.bureau,
            item.id,
            item.data.case_id,
            item.data.work_order_id,
            item.data.priority.level,
            item.time,
            record.value,
        )
        for item, (record, *_) in zip(items, records, strict=True)
        if isinstance(item, Event)
        and isinstance(item.data, WorkOrder)
        and isinstance(record, Outgoing)
    ]
    if found:
        values = columns(found)
        await lock_bureaus(db, values[0])
        if ahead := await db.fetch(_AHEAD_SQL, values[3], values[4]):
            await db.executemany(_RAISE_SQL, [tuple(row) for row in ahead])
        await db.execute(_ADD_SQL, *values)
    result = list(chain.from_iterable(records))
    await add_case_events(db, [record for record in result if isinstance(record, Outgoing)])
    return result


def _records(item: Event | Outgoing) -> Sequence[Event | Outgoing]:
    """Return the records of an event of a work order or case; anything else as it is."""
    if isinstance(item, Event) and isinstance(item.data, WorkOrder | CaseState):
        return Outgoing.for_event(item)
    return [item]


@dataclass(frozen=True, slots=True)
class PostgresFeed:
    """The events of the bureaus, in the order of their numbers."""

    pool: Pool

    async def note_read(self, bureau: str, after: int) -> None:
        """Record that a bureau has its events up to a number; unchanged, twice a minute."""
        with translate_errors():
            await self.pool.execute(_NOTE_READ_SQL, bureau, after)

    async def reads(self) -> Sequence[FeedRead]:
        """Return how far each bureau that ever read its feed has read, by bureau."""
        with translate_errors():
            return [FeedRead(**dict(row)) for row in await self.pool.fetch(_READS_SQL)]

    async def page(self, bureau: str, after: int, limit: int) -> FeedPage:
        """Return the next events of a bureau."""
        with translate_errors():
            rows = await self.pool.fetch(_PAGE_SQL, bureau, after, limit + 1)
        shown = rows[:limit]
        last = shown[-1]["seq"] if shown else after
        return FeedPage([row["payload"] for row in shown], last, len(rows) > limit)

    async def heads(self, bureaus: Iterable[str]) -> dict[str, int]:
        """Return the number of the newest event of each of these bureaus that has one."""
        with translate_errors():
            rows = await self.pool.fetch(_HEADS_SQL, list(bureaus))
        return {row["bureau"]: row["max"] for row in rows if row["max"] is not None}

    async def prune(self, bureau: str, age: timedelta) -> int:
        """Delete some of the oldest events and calls of a bureau; return how many."""
        with translate_errors():
            return int(await self.pool.fetchval(_PRUNE_SQL, bureau, age))


# The numbers are taken under the lock.
_CASE_ADD_SQL = """
    WITH lock AS MATERIALIZED (
        SELECT pg_advisory_xact_lock(hashtext('case_events ' || current_schema()))
    )
    INSERT INTO case_events (event_id, payload)
    SELECT event_id, payload
      FROM lock CROSS JOIN unnest($1::uuid[], $2::bytea[])
                           WITH ORDINALITY AS event (event_id, payload, nth)
     ORDER BY nth
"""
_CASE_PAGE_SQL = """
    SELECT seq, event_id, payload FROM case_events WHERE seq > $1 ORDER BY seq LIMIT $2
"""
_CASE_HEAD_SQL = "SELECT coalesce(max(seq), 0) FROM case_events"
_CASE_POSITION_SQL = "SELECT max(seq) FROM case_events WHERE event_id = $1"
_CASE_PRUNE_SQL = """
    WITH gone AS (
        DELETE FROM case_events
         WHERE added_at < now() - $1::interval
           AND seq IN (SELECT seq FROM case_events ORDER BY seq LIMIT 1000)
        RETURNING seq
    )
    SELECT count(*) FROM gone
"""


async def add_case_events(db: Connection, records: Collection[Outgoing]) -> None:
    """Keep the records of ``dispatch-cases``; called last before the outbox, as it locks."""
    found = [(r.event_id, r.value) for r in records if r.topic == DISPATCH_CASES.name]
    if found:
        await db.execute(_CASE_ADD_SQL, *columns(found))


@dataclass(frozen=True, slots=True)
class PostgresCaseEvents:
    """The events of all cases, in the order of their numbers."""

    pool: Pool

    async def page(self, after: int, limit: int) -> Sequence[KeptEvent]:
        """Return the next events."""
        with translate_errors():
            rows = await self.pool.fetch(_CASE_PAGE_SQL, after, limit)
        return [KeptEvent(row["seq"], str(row["event_id"]), row["payload"]) for row in rows]

    async def head(self) -> int:
        """Return the number of the newest event; 0 for none."""
        with translate_errors():
            return int(await self.pool.fetchval(_CASE_HEAD_SQL))

    async def heads(self, streams: Collection[str]) -> Mapping[str, int]:
        """Return the number of the newest event for each name: all have the same events."""
        return dict.fromkeys(streams, await self.head())

    async def position_of(self, event_id: str) -> int | None:
        """Return the number of an event; None for one that is not kept."""
        try:
            wanted = UUID(event_id)
        except ValueError:
            return None
        with translate_errors():
            number: int | None = await self.pool.fetchval(_CASE_POSITION_SQL, wanted)
        return number

    async def prune(self, age: timedelta) -> int:
        """Delete some of the oldest events, only of those that are older; return how many."""
        with translate_errors():
            return int(await self.pool.fetchval(_CASE_PRUNE_SQL, age))
