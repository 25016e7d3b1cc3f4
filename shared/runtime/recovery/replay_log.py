"""Which parked records were sent again, so that a second replay has no effect."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from shared.runtime.outbox.outbox import enqueue
from shared.runtime.postgres import Connection
from shared.runtime.recovery.dead_letters import DeadLetter

ReplayStatus: TypeAlias = Literal["waiting", "replayed", "came_back"]

_ONE_AT_A_TIME = "SELECT pg_try_advisory_lock(hashtext('route311 replays'))"
_KNOWN = "SELECT content, through FROM {}.replays"
_NOTE = """
    INSERT INTO replays AS known (content, through)
    SELECT * FROM unnest($1::bytea[], $2::bigint[])
    ON CONFLICT (content) DO UPDATE SET through = excluded.through, replayed_at = now()
"""
_FORGET = "DELETE FROM {}.replays WHERE replayed_at < now() - interval '90 days'"


@dataclass(slots=True)
class ReplayLog:
    """What was replayed.

    Attributes:
        through: For the content of each record that was sent again, the offset in the dead-letter
            topic up to which copies of it were there then; a later copy came back.
    """

    through: dict[bytes, int] = field(default_factory=dict)

    def status(self, parked: DeadLetter) -> ReplayStatus:
        """Return how it stands with a parked record."""
        return self.status_of(parked.content, parked.offset)

    def status_of(self, content: bytes, place: int) -> ReplayStatus:
        """Return how it stands with a copy of this content; later copies have higher places."""
        through = self.through.get(content)
        if through is None:
            return "waiting"
        return "came_back" if place > through else "replayed"


async def load(db: Connection, schemas: Iterable[str]) -> ReplayLog:
    """Return what the services of these schemas remember."""
    rows = [row for schema in schemas for row in await db.fetch(_KNOWN.format(schema))]
    return ReplayLog({row["content"]: row["through"] for row in rows})


async def lock(db: Connection) -> bool:
    """Keep every other replay out until the connection ends; False when one is under way."""
    return bool(await db.fetchval(_ONE_AT_A_TIME))


async def prune(db: Connection, schemas: Iterable[str]) -> None:
    """Drop what is three times older than the oldest record of a dead-letter topic."""
    for schema in schemas:
        await db.execute(_FORGET.format(schema))


async def save(db: Connection, through: Mapping[bytes, int]) -> None:
    """Note what is sent again in the transaction that does it, in the schema that it is in."""
    await db.execute(_NOTE, list(through), list(through.values()))


async def enqueue_replay(
    db: Connection,
    schema: str,
    batch: Sequence[DeadLetter],
    through: Mapping[bytes, int],
) -> None:
    """Put the originals in the service's outbox and note them, both in one transaction.

    Args:
        db: The administrator's connection.
        schema: Of the service whose relay shall publish them.
        batch: Each content once.
        through: For each content, what is noted of it.
    """
    async with db.transaction():
        await db.execute(f"SET LOCAL search_path = {schema}")
        await save(db, {parked.content: through[parked.content] for parked in batch})
        await enqueue(db, [parked.original for parked in batch])
