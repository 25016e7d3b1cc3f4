"""Skips: requests of operators to park a record, stored in the service's database.

The owner of the partition parks such a record when it reads it, by the same path as every dead
letter. A skip raises the epoch of the partition, so a running owner claims it anew and loads the
skip; a service that is down, or in a crash loop, loads it at its start.
"""

from collections.abc import Collection

from shared.errors import PermanentError, Route311Error
from shared.runtime.kafka import Partition, Record
from shared.runtime.postgres import Connection

MAX_AHEAD = 1000  # offsets after the position at which a skip is still accepted: two batches

_SELECT = """
    SELECT topic, partition, record_offset, reason, actor
      FROM skips
     WHERE (topic, partition) IN (SELECT * FROM unnest($1::text[], $2::integer[]))
"""
_DELETE = "DELETE FROM skips WHERE topic = $1 AND partition = $2 AND record_offset <= $3"
_LOCK_POSITION = """
    SELECT next_offset FROM {}.consumer_offset WHERE topic = $1 AND partition = $2 FOR UPDATE
"""
_INSERT = """
    INSERT INTO {}.skips (topic, partition, record_offset, reason, actor)
    VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT DO NOTHING
    RETURNING 1
"""
_FENCE = "UPDATE {}.consumer_offset SET epoch = epoch + 1 WHERE topic = $1 AND partition = $2"


class SkippedError(PermanentError):
    """An operator decided that the record must not be handled."""

    code = "skipped"


class CannotSkipError(Route311Error):
    """The record cannot be skipped; the text gives the reason."""

    code = "cannot_skip"


async def load(db: Connection, owned: Collection[Partition]) -> dict[tuple[str, int, int], str]:
    """Return the reasons of the skips in these partitions, by topic, partition and offset."""
    rows = await db.fetch(_SELECT, [p.topic for p in owned], [p.partition for p in owned])
    return {
        (r["topic"], r["partition"], r["record_offset"]): f"{r['reason']} (by {r['actor']})"
        for r in rows
    }


async def delete(db: Connection, record: Record) -> None:
    """Delete the skip of a record that is parked, and older ones, in the same transaction."""
    await db.execute(_DELETE, record.topic, record.partition, record.offset)


async def note(  # noqa: PLR0913 - independent values
    db: Connection,
    service: str,
    partition: Partition,
    offset: int,
    *,
    bounds: tuple[int, int],
    reason: str,
    actor: str,
) -> bool:
    """Store a skip; return False when it was stored before.

    Args:
        bounds: The broker's first offset (inclusive) and its end (exclusive).
        actor: Name of the operator, for the dead letter.

    Raises:
        CannotSkipError: The record was handled before, is too far ahead or does not exist.
    """
    async with db.transaction():
        row = await db.fetchrow(_LOCK_POSITION.format(service), *partition)
        position = bounds[0] if row is None or row["next_offset"] is None else row["next_offset"]
        check_offset(service, offset, position, bounds)
        if row is None:
            raise CannotSkipError(
                f"{service} has never read this partition; start it once, then repeat the command"
            )
        new = await db.fetchval(_INSERT.format(service), *partition, offset, reason, actor)
        if new:
            await db.execute(_FENCE.format(service), *partition)
    return bool(new)


def check_offset(service: str, offset: int, position: int, bounds: tuple[int, int]) -> None:
    """Raise CannotSkipError unless the record is at or shortly after the position."""
    if offset < position:
        raise CannotSkipError(
            f"{service} has already handled or parked offset {offset}: it reads {position} next"
        )
    if offset >= bounds[1]:
        raise CannotSkipError(f"there is no offset {offset}: the partition ends at {bounds[1] - 1}")
    if offset - position > MAX_AHEAD:
        raise CannotSkipError(
            f"offset {offset} is too far ahead: {service} reads {position} next, and a skip is "
            f"taken at most {MAX_AHEAD} offsets before its turn"
        )
