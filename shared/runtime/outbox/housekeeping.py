"""Housekeeping: prunes outbox and inbox by age."""

import asyncio
from collections.abc import AsyncGenerator, Collection, Iterable
from contextlib import aclosing, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Self, TypeAlias

import structlog

from shared.contract.topic import Topic
from shared.errors import DatabaseBusyError, DatabaseDownError, StoppedError
from shared.runtime.ops.metrics import PRUNED
from shared.runtime.ops.shutdown import pause
from shared.runtime.postgres import Connection, Pool, transaction
from shared.runtime.settings import ServiceSettings

log = structlog.get_logger()

_TRY_LOCK = "SELECT pg_try_advisory_xact_lock(hashtext(current_schema()), 1000)"
_TURN = """
    SELECT (current + 1) % $2::integer AS next, now() - since >= $1::interval AS is_due
      FROM outbox_segment
"""
_LOCK_TIMEOUT = "SET LOCAL lock_timeout = '300ms'"
_LOCK_SEGMENT = "LOCK TABLE outbox_batches_{} IN ACCESS EXCLUSIVE MODE"
_IN_SEGMENT = """
    SELECT coalesce(sum(cardinality(event_ids)), 0) AS records,
           coalesce(bool_or(created_at >= now() - $1::interval), false)
               OR EXISTS (SELECT FROM outbox_waiting JOIN outbox_batches_{0} USING (seq))
               AS is_needed
      FROM outbox_batches_{0}
"""
_EMPTY_SEGMENT = "TRUNCATE outbox_batches_{}"
_FILL = """
    UPDATE outbox_segment
       SET current = $1, since = greatest(since + $2::interval, now() - $2::interval)
"""
_INBOX_PAGES = """
    SELECT pg_relation_size('inbox'::regclass) / current_setting('block_size')::integer
"""
_PRUNE_INBOX = """
    DELETE FROM inbox
     WHERE ctid >= $1::text::tid AND ctid < $2::text::tid AND taken_at < now() - $3::interval
"""
_PRUNE_GARBAGE = "DELETE FROM garbage WHERE hour < now() - interval '90 days'"

_SEGMENTS = 8
_STEP_PAGES = 8  # some 1,000 rows
_BETWEEN_STEPS_S = 0.05
_ROUND_EVERY_S = 3600.0
_INBOX_EVERY_ROUNDS = 24
_MARGIN = timedelta(days=5)
_DEAD_LETTER_RETENTION = timedelta(days=30)


def inbox_retention_for(topics: Iterable[Topic]) -> timedelta:
    """Return the inbox retention for consumers of these topics.

    An event can be delivered again for as long as its topic or the dead-letter topic retains it:
    an operator may reset a consumer to the start of its topic, or replay dead letters. Compacted
    topics do not count: they keep the latest state of a key, which is idempotent.
    """
    retentions = [topic.retention for topic in topics if topic.retention]
    return max([*retentions, _DEAD_LETTER_RETENTION]) + _MARGIN


@dataclass(frozen=True, slots=True)
class Housekeeping:
    """Prunes a service's outbox, inbox and counts of garbage by age; unpublished rows always stay.

    Each step is a short transaction that blocks no writer, and only one process of a service runs
    a step at a time. Every hour the oldest segment of the outbox is emptied as a whole, if
    possible; every day the inbox is pruned page by page, some 1,000 rows a step. That needs no
    index that every insert would pay for.

    Attributes:
        outbox_retention: Period in which ``republish`` can refill a broker that lost its tail.
    """

    pool: Pool
    outbox_retention: timedelta
    inbox_retention: timedelta

    @classmethod
    def from_settings(cls, pool: Pool, settings: ServiceSettings, topics: Iterable[Topic]) -> Self:
        """Return the housekeeping of a service that reads these topics."""
        days = settings.inbox_kept_days
        return cls(
            pool,
            timedelta(hours=settings.outbox_kept_hours),
            timedelta(days=days) if days else inbox_retention_for(topics),
        )

    async def run(self, stopping: asyncio.Event) -> None:
        """Prune periodically until asked to stop."""
        rounds = 0
        with suppress(StoppedError):
            while True:
                try:
                    await self._prune(stopping, inbox=rounds % _INBOX_EVERY_ROUNDS == 0)
                    rounds += 1
                except (DatabaseDownError, DatabaseBusyError) as error:
                    log.warning("pruning_postponed", code=error.code)
                await pause(stopping, _ROUND_EVERY_S)

    async def _prune(self, stopping: asyncio.Event, *, inbox: bool) -> None:
        PRUNED.labels("outbox").inc(await self.rotate_outbox())
        if inbox:
            async with aclosing(self.prune_inbox()) as steps:
                async for deleted in steps:
                    PRUNED.labels("inbox").inc(deleted)
                    await pause(stopping, _BETWEEN_STEPS_S)
        async with transaction(self.pool) as db:
            await db.execute(_PRUNE_GARBAGE)

    async def rotate_outbox(self) -> int:
        """Empty the segment with the oldest batches and make it the current one, if it is time.

        A segment is current for a seventh of the retention, so that it is reused after that. It
        is left alone while a batch in it is younger, or not published yet.

        Returns:
            The number of removed records.
        """
        filled_for = self.outbox_retention / (_SEGMENTS - 1)
        async with transaction(self.pool) as db:
            if not await db.fetchval(_TRY_LOCK):
                return 0
            [turn] = await db.fetch(_TURN, filled_for, _SEGMENTS)
            if not turn["is_due"]:
                return 0
            segment: int = turn["next"]
            await db.execute(_LOCK_TIMEOUT)
            await db.execute(_LOCK_SEGMENT.format(segment))
            [content] = await db.fetch(_IN_SEGMENT.format(segment), self.outbox_retention)
            if content["is_needed"]:
                return 0
            await db.execute(_EMPTY_SEGMENT.format(segment))
            await db.execute(_FILL, segment, filled_for)
            return int(content["records"])

    async def prune_inbox(self) -> AsyncGenerator[int]:
        """Delete old rows; yield the number of deleted rows after each step."""
        async with transaction(self.pool) as db:
            pages: int = await db.fetchval(_INBOX_PAGES)
        for page in range(0, pages, _STEP_PAGES):
            until = f"({page + _STEP_PAGES},0)"
            async with transaction(self.pool) as db:
                if not await db.fetchval(_TRY_LOCK):
                    return
                status = await db.execute(_PRUNE_INBOX, f"({page},0)", until, self.inbox_retention)
            yield int(status.removeprefix("DELETE "))


StoredRecord: TypeAlias = tuple[int, str]  # number of the batch, and event id of a record in it

_CONTACTS = """
    SELECT batch.seq, record.event_id
      FROM outbox_batches AS batch
     CROSS JOIN unnest(batch.event_ids, batch.topics, batch.keys)
           WITH ORDINALITY AS record (event_id, topic, key, nth)
     WHERE record.topic = 'intake-contacts'
       AND record.key = ANY($1::bytea[])
       AND batch.payloads[record.nth] IS NOT NULL
"""
# The relay does not take a batch from memory once the number of its records has changed.
_REMOVE = """
    WITH gone AS (
        SELECT seq, array_agg(event_id) AS event_ids
          FROM unnest($1::bigint[], $2::text[]) AS record (seq, event_id)
         GROUP BY seq
    ), shrunk AS (
        UPDATE outbox_batches AS batch
           SET (event_ids, topics, keys, payloads, headers) = (
               SELECT coalesce(array_agg(event_id ORDER BY nth), '{}'),
                      coalesce(array_agg(topic ORDER BY nth), '{}'),
                      coalesce(array_agg(key ORDER BY nth), '{}'),
                      coalesce(array_agg(payload ORDER BY nth), '{}'),
                      coalesce(array_agg(header ORDER BY nth), '{}')
                 FROM unnest(batch.event_ids, batch.topics, batch.keys, batch.payloads,
                             batch.headers)
                      WITH ORDINALITY AS record (event_id, topic, key, payload, header, nth)
                WHERE event_id <> ALL (gone.event_ids))
          FROM gone
         WHERE batch.seq = gone.seq
        RETURNING batch.seq, cardinality(batch.event_ids) AS records
    ), emptied AS (
        DELETE FROM outbox_waiting USING shrunk
         WHERE outbox_waiting.seq = shrunk.seq AND shrunk.records = 0
    )
    UPDATE outbox_waiting SET records = shrunk.records
      FROM shrunk
     WHERE outbox_waiting.seq = shrunk.seq AND shrunk.records > 0
"""


async def remove_records(db: Connection, records: Collection[StoredRecord]) -> None:
    """Remove records from the outbox of the current schema, published or not."""
    await db.execute(_REMOVE, [seq for seq, _ in records], [id_ for _, id_ in records])


async def remove_contacts(db: Connection, request_ids: Collection[str]) -> int:
    """Remove the contacts of requests, but no tombstones; return the number of records."""
    rows = await db.fetch(_CONTACTS, [one.encode() for one in request_ids])
    found = [(row["seq"], row["event_id"]) for row in rows]
    if found:
        await remove_records(db, found)
    return len(found)
