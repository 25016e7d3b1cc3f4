"""How far a service is, kept where its state is, so that both move together or not at all."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from shared.errors import FencedError
from shared.runtime.kafka import Partition
from shared.runtime.postgres import Connection

_TAKE_OVER = """
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
           last_timestamp = moved.timestamp, parked_in_a_row = moved.parked_in_a_row
      FROM unnest($1::text[], $2::integer[], $3::bigint[], $4::bigint[], $5::bigint[],
                  $6::bigint[], $7::integer[])
           AS moved (topic, partition, epoch, expected, next_offset, timestamp, parked_in_a_row)
     WHERE mine.topic = moved.topic
       AND mine.partition = moved.partition
       AND mine.epoch = moved.epoch
       AND mine.next_offset IS NOT DISTINCT FROM moved.expected
"""
_HOLD = """
    SELECT FROM consumer_offset
     WHERE topic = $1 AND partition = $2 AND epoch = $3
       FOR NO KEY UPDATE
"""


@dataclass(frozen=True, slots=True)
class Position:
    """Where a member is in a partition: by which claim, and what comes next.

    Attributes:
        epoch: Counts the claims on the partition; only the newest may move on.
        next_offset: The offset that we committed last, None before the first.
        timestamp: That of the record just before ``next_offset``, in milliseconds, if known. A log
            that has another record there is not the one that we read.
        parked_in_a_row: How many records before ``next_offset`` were parked without one between
            them that was not.
    """

    epoch: int
    next_offset: int | None
    timestamp: int | None = None
    consecutive_parked: int = 0


async def claim(db: Connection, owned: Collection[Partition]) -> dict[Partition, Position]:
    """Claim the partitions, so that whoever had them can commit nothing more."""
    rows = await db.fetch(_TAKE_OVER, [p.topic for p in owned], [p.partition for p in owned])
    return {Partition(row["topic"], row["partition"]): _position(row) for row in rows}


def _position(row: Any) -> Position:  # noqa: ANN401 - a row of asyncpg
    return Position(row["epoch"], row["next_offset"], row["timestamp"], row["parked_in_a_row"])


async def advance(
    db: Connection, held: Mapping[Partition, Position], to: Mapping[Partition, Position]
) -> None:
    """Move past what the rest of this transaction handles.

    The fence compares with the offset that we committed last and not with the first record's,
    since a compacted topic has gaps.

    Raises:
        FencedError: Another member claimed a partition, or this member's last commit held after
            all; the transaction must end without effect.
    """
    partitions = sorted(to)
    status = await db.execute(
        _ADVANCE,
        [p.topic for p in partitions],
        [p.partition for p in partitions],
        [held[p].epoch for p in partitions],
        [held[p].next_offset for p in partitions],
        [to[p].next_offset for p in partitions],
        [to[p].timestamp for p in partitions],
        [to[p].consecutive_parked for p in partitions],
    )
    if status != f"UPDATE {len(partitions)}":
        raise FencedError("a partition of the batch has moved without us")


async def lock(db: Connection, partition: Partition, position: Position) -> None:
    """Let nobody claim the partition until this transaction ends, without moving on in it.

    Raises:
        FencedError: Another member claimed it; the transaction must end without effect.
    """
    if await db.fetchrow(_HOLD, partition.topic, partition.partition, position.epoch) is None:
        raise FencedError("another member owns the partition")
