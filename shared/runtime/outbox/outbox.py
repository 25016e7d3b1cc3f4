"""The transactional outbox: records to publish, inserted in the transaction of their cause."""

import asyncio
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from typing import TypeAlias

from shared.contract.events import Event
from shared.contract.topics import EXPRESS_TOPICS
from shared.errors import DatabaseBusyError, DatabaseDownError, StoppedError
from shared.runtime.cooperative import in_turns
from shared.runtime.ops import metrics
from shared.runtime.ops.shutdown import pause
from shared.runtime.outgoing import UNTRACED, Headers, Outgoing
from shared.runtime.postgres import Connection, Pool, borrow

# The buckets of records, which relays share; one relay at a time publishes a bucket. Express topics
# have the last one, all others the first: each bucket costs a row in every transaction, and a batch
# in every partition. In those between, batches of earlier versions may wait.
BUCKETS = range(9)
KEY_BUCKETS, EXPRESS_BUCKETS = BUCKETS[:8], BUCKETS[8:]

_BATCH_BYTES = 1024 * 1024
_INSERT = """
    WITH batch AS (
        INSERT INTO outbox_batches
               (segment, seq, bucket, event_ids, topics, keys, payloads, headers)
        SELECT current, nextval('outbox_seq'), $1, $3, $4, $5, $6, $7 FROM outbox_segment
        RETURNING seq, bucket, cardinality(event_ids)
    )
    INSERT INTO outbox_waiting (seq, bucket, records, bytes)
    SELECT batch.*, $2 FROM batch
    RETURNING seq
"""
_WAKE = "SELECT pg_notify('outbox ' || current_schema(), '')"


@dataclass(frozen=True, slots=True)
class OutboxBatch:
    """A row of the outbox: records of one transaction and bucket; ``seq`` orders the rows."""

    seq: int
    bucket: int
    records: Sequence[Outgoing]
    bytes: int
    is_urgent: bool = False


# Called after the commit of these batches.
HandOver: TypeAlias = Callable[[Sequence[OutboxBatch]], None]


def bucket_of(topic: str) -> int:
    """Return the bucket of a topic's records, which stay in order."""
    return EXPRESS_BUCKETS[0] if topic in EXPRESS_TOPICS else KEY_BUCKETS[0]


async def enqueue(db: Connection, outgoing: Iterable[Event | Outgoing]) -> list[OutboxBatch]:
    """Insert events and records into the outbox, ordered by key; return the rows for the relay."""
    records = list(chain.from_iterable(await in_turns(_records, outgoing)))
    parts = list(_parts(records))
    if not parts:
        return []
    rows = await db.fetchmany(_INSERT, [_columns(*part) for part in parts])
    return [
        OutboxBatch(row["seq"], bucket, part, size)
        for row, (bucket, part, size) in zip(rows, parts, strict=True)
    ]


async def wake_relays(db: Connection) -> None:
    """Wake the relays of the current schema's service when the transaction commits.

    For processes without a relay. Such commits wait for each other.
    """
    await db.execute(_WAKE)


def _records(item: Event | Outgoing) -> Sequence[Outgoing]:
    return [item] if isinstance(item, Outgoing) else Outgoing.for_event(item)


def _parts(records: Iterable[Outgoing]) -> Iterator[tuple[int, list[Outgoing], int]]:
    """Yield bucket, records and size of each batch: 1 MiB at most, or one larger record."""
    by_bucket: defaultdict[int, list[Outgoing]] = defaultdict(list)
    for record in records:
        by_bucket[bucket_of(record.topic)].append(record)
    for bucket, of_bucket in by_bucket.items():
        part, size = list[Outgoing](), 0
        for record in of_bucket:
            more = record.size
            if part and size + more > _BATCH_BYTES:
                yield bucket, part, size
                part, size = [], 0
            part.append(record)
            size += more
        yield bucket, part, size


def _columns(bucket: int, records: Sequence[Outgoing], size: int) -> tuple[object, ...]:
    return (
        bucket,
        size,
        [record.event_id for record in records],
        [record.topic for record in records],
        [record.key for record in records],
        [record.value for record in records],
        [pack_headers(record.headers) for record in records],
    )


def pack_headers(headers: Headers) -> str | None:
    """Return headers as JSON text; None stands for the headers of an event without a trace.

    Latin-1 maps each byte to one character and back, and JSON escapes the characters that text
    columns reject. A header without a value has null.
    """
    if headers is UNTRACED:
        return None
    return json.dumps(
        [(name, None if value is None else value.decode("latin-1")) for name, value in headers]
    )


def unpack_headers(packed: str | None) -> Headers:
    """Invert ``pack_headers``."""
    if packed is None:
        return UNTRACED
    return [
        (name, None if value is None else value.encode("latin-1"))
        for name, value in json.loads(packed)
    ]


_BACKLOG = """
    SELECT coalesce(sum(records), 0) AS records,
           (SELECT sum(pg_total_relation_size(inhrelid)) FROM pg_inherits
             WHERE inhparent = 'outbox_batches'::regclass) AS bytes,
           (SELECT extract(epoch FROM now() - created_at)
              FROM outbox_waiting ORDER BY seq LIMIT 1) AS oldest_s
      FROM (SELECT records FROM outbox_waiting LIMIT 1000000) AS waiting
"""
_EVERY_S = 3.0


async def measure_backlog(pool: Pool, stopping: asyncio.Event) -> None:
    """Set the gauges every 3 s until asked to stop; unchanged while the database is down."""
    with suppress(StoppedError):
        while True:
            with suppress(DatabaseDownError, DatabaseBusyError):
                async with borrow(pool) as db:
                    [backlog] = await db.fetch(_BACKLOG)
                metrics.OUTBOX.set(backlog["records"])
                metrics.OUTBOX_BYTES.set(backlog["bytes"])
                metrics.OUTBOX_OLDEST.set(backlog["oldest_s"] or 0)
            await pause(stopping, _EVERY_S)
