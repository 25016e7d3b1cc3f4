"""Corrections of consumer positions after the broker lost part of its log."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from shared.runtime.kafka import Partition
from shared.runtime.kafka.reader import OffsetRanges
from shared.runtime.postgres import Connection

Cause: TypeAlias = Literal["tail_lost", "read_again", "start_gone"]

_SELECT = """
    SELECT topic, partition, next_offset FROM {}.consumer_offset WHERE next_offset IS NOT NULL
"""
_UPDATE = """
    UPDATE {}.consumer_offset
       SET next_offset = $3, epoch = epoch + 1
     WHERE topic = $1 AND partition = $2 AND (next_offset > $3 OR next_offset = $4)
"""


@dataclass(frozen=True, slots=True)
class PositionChange:
    """A correction of one position.

    Attributes:
        cause: ``tail_lost``: the broker's log ends before the position. ``read_again``: the
            position is later than the moment from which everything is read again.
            ``start_gone``: the broker deleted the next record, and ``after`` is its oldest one.
    """

    partition: Partition
    cause: Cause
    before: int
    after: int

    @property
    def lost(self) -> int:
        """Upper bound of the records that will never be read; a compacted log has gaps."""
        return max(0, self.after - self.before)


def position_change(
    partition: Partition, position: int, bounds: tuple[int, int], since: int | None
) -> PositionChange | None:
    """Return the correction of a position, or None when it is right.

    A log that lost its tail may have grown past the position again, which is undetectable. As
    repeats are recognized by their id, every position beyond ``since`` moves back to it.

    Args:
        bounds: The broker's first offset (inclusive) and its end (exclusive).
        since: The offset of the first record since the requested moment, if there is one.
    """
    first, end = bounds
    if position > end:
        return PositionChange(partition, "tail_lost", position, end if since is None else since)
    if position < first:
        return PositionChange(partition, "start_gone", position, first)
    if since is not None and since < position:
        return PositionChange(partition, "read_again", position, since)
    return None


def position_changes(
    positions: Mapping[Partition, int], bounds: OffsetRanges, since: Mapping[Partition, int]
) -> Sequence[PositionChange]:
    """Return the corrections of a service's positions, sorted; see ``position_change``."""
    changes = (
        position_change(p, positions[p], bounds.get(p, (0, 0)), since.get(p))
        for p in sorted(positions)
    )
    return [change for change in changes if change]


async def load_positions(db: Connection, service: str) -> dict[Partition, int]:
    """Return the next offset of a service in each partition that it has read."""
    rows = await db.fetch(_SELECT.format(service))
    return {Partition(row["topic"], row["partition"]): row["next_offset"] for row in rows}


async def apply_changes(db: Connection, service: str, changes: Sequence[PositionChange]) -> None:
    """Update a service's positions with a new epoch, which fences the present consumers."""
    statement = _UPDATE.format(service)
    async with db.transaction():
        for change in changes:
            topic, partition = change.partition
            await db.execute(statement, topic, partition, change.after, change.before)
