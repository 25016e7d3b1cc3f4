"""Byte budget for garbage: pieces within it are kept, others only counted.

Garbage is written by outsiders and unreadable for every service. A stranger chooses its amount,
so its number is no bound: a thousand records of 8 MB would fill the disks of PostgreSQL and Kafka.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import structlog

from shared.runtime.ops import metrics
from shared.runtime.postgres import Connection

log = structlog.get_logger()

DEFAULT_BYTES_PER_HOUR = 256 * 1024 * 1024
HOURS_PER_DAY = 4  # the budget of a day, as a number of hourly budgets

_USED = """
    SELECT topic, sum(kept_bytes)::bigint AS day,
           coalesce(sum(kept_bytes) FILTER (WHERE hour = date_trunc('hour', now())), 0)::bigint
           AS hour
      FROM garbage
     WHERE topic = ANY($1) AND hour > now() - interval '24 hours'
     GROUP BY topic
"""
_ADD = """
    INSERT INTO garbage AS known
    SELECT topic, date_trunc('hour', now()), code,
           count(*) FILTER (WHERE kept), coalesce(sum(size) FILTER (WHERE kept), 0),
           count(*) FILTER (WHERE NOT kept), coalesce(sum(size) FILTER (WHERE NOT kept), 0)
      FROM unnest($1::text[], $2::text[], $3::bigint[], $4::boolean[])
           AS piece (topic, code, size, kept)
     GROUP BY topic, code
     ORDER BY topic, code
    ON CONFLICT (topic, hour, code) DO UPDATE
       SET kept_records = known.kept_records + excluded.kept_records,
           kept_bytes = known.kept_bytes + excluded.kept_bytes,
           dropped_records = known.dropped_records + excluded.dropped_records,
           dropped_bytes = known.dropped_bytes + excluded.dropped_bytes
"""
_DROPPED = """
    SELECT topic, code,
           sum(dropped_records)::bigint AS records, sum(dropped_bytes)::bigint AS bytes,
           max(hour) FILTER (WHERE dropped_records > 0) AS last
      FROM {}.garbage
     WHERE hour > now() - interval '30 days'
     GROUP BY topic, code
    HAVING sum(dropped_records) > 0
     ORDER BY topic, code
"""


class Piece(NamedTuple):
    """A piece of garbage of a topic, with the code of its error and its size in bytes."""

    topic: str
    code: str
    size: int


@dataclass(frozen=True, slots=True)
class Dropped:
    """Garbage of the last 30 days that was not kept; ``last`` is the RFC 3339 time of an hour."""

    topic: str
    code: str
    records: int
    bytes: int
    last: str


def choose(pieces: Iterable[Piece], left: Mapping[str, int]) -> list[bool]:
    """Return for each piece whether it fits into the bytes left of its topic."""
    remaining, kept = dict(left), []
    for piece in pieces:
        fits = piece.size <= remaining[piece.topic]
        remaining[piece.topic] -= piece.size if fits else 0
        kept.append(fits)
    return kept


async def admit(db: Connection, pieces: Sequence[Piece], bytes_per_hour: int) -> list[bool]:
    """Count garbage in the transaction that stores it; return for each piece whether to keep it.

    Args:
        bytes_per_hour: The budget of each topic in an hour; four times that in 24 hours.
    """
    if not pieces:
        return []
    topics = {piece.topic for piece in pieces}
    left = dict.fromkeys(topics, bytes_per_hour)
    for row in await db.fetch(_USED, sorted(topics)):
        day_left = HOURS_PER_DAY * bytes_per_hour - row["day"]
        left[row["topic"]] = max(0, min(bytes_per_hour - row["hour"], day_left))
    kept = choose(pieces, left)
    await db.execute(
        _ADD, [p.topic for p in pieces], [p.code for p in pieces], [p.size for p in pieces], kept
    )
    return kept


def show_garbage(pieces: Sequence[Piece], kept: Sequence[bool]) -> None:
    """Count garbage in the metrics, and log dropped pieces."""
    dropped = [piece for piece, is_kept in zip(pieces, kept, strict=True) if not is_kept]
    for piece, is_kept in zip(pieces, kept, strict=True):
        metrics.GARBAGE_BYTES.labels(piece.topic, "kept" if is_kept else "dropped").inc(piece.size)
    if dropped:
        log.warning(
            "garbage_dropped",
            topics=sorted({piece.topic for piece in dropped}),
            records=len(dropped),
            bytes=sum(piece.size for piece in dropped),
        )


async def load_dropped(db: Connection, services: Collection[str]) -> list[Dropped]:
    """Return the garbage that these services dropped in the last 30 days."""
    return [
        Dropped(row["topic"], row["code"], row["records"], row["bytes"], row["last"].isoformat())
        for service in services
        for row in await db.fetch(_DROPPED.format(service))
    ]
