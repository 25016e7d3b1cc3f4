"""Where a consumer should read on after the broker lost part of its log."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from shared.runtime.kafka import Partition
from shared.runtime.kafka.reader import OffsetRanges
from shared.runtime.postgres import Connection

Cause: TypeAlias = Literal["tail_lost", "read_again", "start_gone"]

_POSITIONS = """
    SELECT topic, partition, next_offset FROM {}.consumer_offset WHERE next_offset IS NOT NULL
"""
_MOVE = """
    UPDATE {}.consumer_offset
       SET next_offset = $3, epoch = epoch + 1
     WHERE topic = $1 AND partition = $2 AND (next_offset > $3 OR next_offset = $4)
"""


@dataclass(frozen=True, slots=True)
class PositionChange:
    """A position that should change.

    Attributes:
        cause: ``tail_lost``: the broker's log ends before it. ``read_again``: it lies after the
            moment since which all is read again. ``start_gone``: the broker deleted what comes
            next, and ``to`` is the oldest record that it has.
    """

    partition: Partition
    cause: Cause
    before: int
    after: int

    @property
    def lost(self) -> int:
        """How many records will never be read; at most, since a compacted log has gaps."""
        return max(0, self.after - self.before)


def position_change(
    partition: Partition, position: int, span: tuple[int, int], since: int | None
) -> PositionChange | None:
    """Return how a position should change, or None when it is right.

    A log that lost its tail may have grown past the position again, so that nothing shows. What
    is read twice is known by its id: so whoever was beyond the moment asked for goes back to it.

    Args:
        partition: Whose position it is.
        position: The offset that the consumer wants next.
        span: The first offset that the broker has, and the one after its last.
        since: The offset of the first record since the moment asked for, if there is one.
    """
    first, end = span
    if position > end:
        return PositionChange(partition, "tail_lost", position, end if since is None else since)
    if position < first:
        return PositionChange(partition, "start_gone", position, first)
    if since is not None and since < position:
        return PositionChange(partition, "read_again", position, since)
    return None


async def load_positions(db: Connection, service: str) -> dict[Partition, int]:
    """Return the offset that the service wants next of each partition it has read."""
    rows = await db.fetch(_POSITIONS.format(service))
    return {Partition(row["topic"], row["partition"]): row["next_offset"] for row in rows}


def position_changes(
    positions: Mapping[Partition, int], bounds: OffsetRanges, since: Mapping[Partition, int]
) -> Sequence[PositionChange]:
    """Return what should change of a service's positions, by partition."""
    found = (
        position_change(p, positions[p], bounds.get(p, (0, 0)), since.get(p))
        for p in sorted(positions)
    )
    return [move for move in found if move]


async def apply_changes(db: Connection, service: str, wanted: Sequence[PositionChange]) -> None:
    """Set the positions, under a new epoch: whoever reads there now is fenced and begins anew."""
    async with db.transaction():
        for move in wanted:
            where = move.partition
            await db.execute(
                _MOVE.format(service), where.topic, where.partition, move.after, move.before
            )
