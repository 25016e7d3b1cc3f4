"""Consumer offsets in PostgreSQL, fenced by an epoch.

The offsets are stored beside the service's state, so that both commit in one transaction.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from shared.errors import FencedError
from shared.runtime.kafka import Partition
from shared.runtime.postgres import Connection

_CLAIM = """
    INSERT INTO consumer_offset AS mine (topic, partition, epoch, next_offset)
    SELECT topic, partition, 1, NULL
      FROM unnest($1::text[], $2::integer[]) AS owned (topic, partition)
     ORDER BY topic, partition
    ON CONFLICT (topic, partition) DO UPDATE SET epoch = mine.epoch + 1
    RETURNING topic, partition, epoch, next_offset, parked_in_a_row,
              CASE WHEN last_offset = next_offset - 1 THEN last_timestamp END AS timestamp
"""
_ADVANCE = """
    UPDATE consumer_offset AS mine
       SET next_offset = moved.next_offset, last_offset = moved.next_offset - 1,
           last_timestamp = moved.timestamp, parked_in_a_row = moved.parked_in_a_row,
           busy_until = NULL, crashes = 0, held = false
      FROM unnest($1::text[], $2::integer[], $3::bigint[], $4::bigint[], $5::bigint[],
                  $6::bigint[], $7::integer[])
           AS moved (topic, partition, epoch, expected, next_offset, timestamp, parked_in_a_row)
     WHERE mine.topic = moved.topic
       AND mine.partition = moved.partition
       AND mine.epoch = moved.epoch
       AND mine.next_offset IS NOT DISTINCT FROM moved.expected
"""
_LOCK = """
    SELECT FROM consumer_offset
     WHERE topic = $1 AND partition = $2 AND epoch = $3
       FOR NO KEY UPDATE
"""


@dataclass(frozen=True, slots=True)
class Position:
    """A consumer's position in a partition.

    Attributes:
        epoch: Number of the claim on the partition; only the newest claim may advance.
        next_offset: The next offset to read, as committed last; None before the first commit.
        timestamp: Timestamp, in milliseconds, of the record just before ``next_offset``, if known.
            A log with another record there is not the log that this service has read.
        consecutive_parked: Number of dead letters directly before ``next_offset``.
    """

    epoch: int
    next_offset: int | None
    timestamp: int | None = None
    consecutive_parked: int = 0


async def claim(db: Connection, owned: Collection[Partition]) -> dict[Partition, Position]:
    """Start a new epoch of each partition: the previous owner can commit nothing more."""
    rows = await db.fetch(_CLAIM, [p.topic for p in owned], [p.partition for p in owned])
    return {
        Partition(row["topic"], row["partition"]): Position(
            row["epoch"], row["next_offset"], row["timestamp"], row["parked_in_a_row"]
        )
        for row in rows
    }


async def advance(
    db: Connection, current: Mapping[Partition, Position], target: Mapping[Partition, Position]
) -> None:
    """Advance the positions as part of the caller's transaction.

    The fence compares with the last committed offset and not with the offset of the first record,
    since a compacted topic has gaps.

    Raises:
        FencedError: Another consumer claimed a partition, or an earlier commit of this consumer
            succeeded although it seemed to fail; the transaction must roll back.
    """
    partitions = sorted(target)
    status = await db.execute(
        _ADVANCE,
        [p.topic for p in partitions],
        [p.partition for p in partitions],
        [current[p].epoch for p in partitions],
        [current[p].next_offset for p in partitions],
        [target[p].next_offset for p in partitions],
        [target[p].timestamp for p in partitions],
        [target[p].consecutive_parked for p in partitions],
    )
    if status != f"UPDATE {len(partitions)}":
        raise FencedError("a partition of the batch has moved without us")


async def lock(db: Connection, partition: Partition, position: Position) -> None:
    """Prevent other claims on the partition until the transaction ends, or FencedError."""
    if await db.fetchrow(_LOCK, partition.topic, partition.partition, position.epoch) is None:
        raise FencedError("another member owns the partition")
