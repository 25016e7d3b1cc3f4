"""The dead letters that one service replays: count, list, read one, replay one.

A service replays to topics that it writes, or reads first where outsiders own them, so it reads
here nothing that it could not read before. ``route311 dlq`` does the same for all topics at once;
both use the same log and lock.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from shared.contract.topics import INTAKE_CONTACTS, all_topics
from shared.runtime.kafka import Partition
from shared.runtime.kafka.reader import offset_bounds, read_records
from shared.runtime.kafka_access import KafkaAccess
from shared.runtime.outbox.outbox import enqueue, wake_relays
from shared.runtime.postgres import Connection, Pool, borrow, transaction
from shared.runtime.recovery.dead_letters import DeadLetter, parse_dead_letter
from shared.runtime.recovery.replay import ReplayLog, ReplayStatus, record_replays

ReplayRefusal: TypeAlias = Literal["replayed", "came_back", "erased", "replay_under_way"]
# Returns those of some keys of ``intake-contacts`` whose contact was erased.
ErasedKeys: TypeAlias = Callable[[Connection, Sequence[str]], Awaitable[Collection[str]]]

_TRY_LOCK = "SELECT pg_try_advisory_xact_lock(hashtext('route311 replays'))"
_SELECT = "SELECT content, through FROM replays WHERE content = ANY($1::bytea[])"
_SELECT_ERASED = "SELECT content FROM erased_records WHERE content = ANY($1::bytea[])"
_READS_AT_ONCE = 2  # each opens connections to the broker, and holds some MiB


@dataclass(frozen=True, slots=True)
class ListedLetter:
    """A dead letter with what a replay would do with it."""

    letter: DeadLetter
    status: ReplayStatus


def replayed_topics(
    service: str, bureaus: Iterable[str] = (), adapters: Collection[str] = ()
) -> Collection[str]:
    """Return the dead-letter topics whose records a service replays."""
    return [
        dead.name
        for topic in all_topics(bureaus, adapters)
        if topic.replayed_by == service and (dead := topic.dead_letters)
    ]


async def _none_erased(_: Connection, __: Sequence[str]) -> Collection[str]:
    return ()


@dataclass(frozen=True, slots=True)
class OwnLetters:
    """The dead letters that a service replays, with a pool of its tables."""

    service: str
    access: KafkaAccess
    pool: Pool
    topics: Collection[str]
    erased_keys: ErasedKeys = _none_erased
    _reads: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_READS_AT_ONCE))

    async def counts(self) -> Mapping[str, int]:
        """Return the number of records in each topic that has some, replayed ones included."""
        async with self._reads:
            bounds = await offset_bounds(self.access, self.topics)
        return {p.topic: end - first for p, (first, end) in sorted(bounds.items()) if end > first}

    async def page(
        self, topic: str, before: int, limit: int
    ) -> tuple[Sequence[ListedLetter], int, bool]:
        """Return records of a topic, newest first, the offset of the oldest, and if there are more.

        Args:
            before: First offset that is too new.
        """
        async with self._reads:
            first, end = await self._bounds(topic)
            end = min(before, end)
            start = max(first, end - limit)
            letters = await self._read(topic, start, end)
        return await self._listed(letters[::-1]), start, start > first

    async def find(self, topic: str, offset: int) -> ListedLetter | None:
        """Return the record at an offset; None if there is none."""
        async with self._reads:
            first, end = await self._bounds(topic)
            if not first <= offset < end:
                return None
            letters = await self._read(topic, offset, offset + 1)
        listed = await self._listed(letters)
        return listed[0] if listed else None

    async def replay(self, letter: DeadLetter, *, again: bool) -> ReplayRefusal | None:
        """Publish the original by the outbox, and log it; return why not, or None.

        Args:
            again: Also if it was dead-lettered again after an earlier replay.
        """
        topic = letter.position.partition("/")[0]
        async with self._reads:
            _, end = await self._bounds(topic)
        async with transaction(self.pool) as db:
            if not await db.fetchval(_TRY_LOCK):
                return "replay_under_way"
            status = (await self._log(db, [letter])).status(letter)
            if status != "waiting" and not (status == "came_back" and again):
                return status
            await record_replays(db, {letter.content: end - 1})
            await enqueue(db, [letter.original])
            await wake_relays(db)
        return None

    async def _bounds(self, topic: str) -> tuple[int, int]:
        bounds = await offset_bounds(self.access, [topic])
        return bounds.get(Partition(topic, 0), (0, 0))

    async def _read(self, topic: str, start: int, end: int) -> list[DeadLetter]:
        ranges = {Partition(topic, 0): (start, end)}
        return [parse_dead_letter(record) async for record in read_records(self.access, ranges)]

    async def _listed(self, letters: Sequence[DeadLetter]) -> Sequence[ListedLetter]:
        async with borrow(self.pool) as db:
            log = await self._log(db, letters)
        return [ListedLetter(letter, log.status(letter)) for letter in letters]

    async def _log(self, db: Connection, letters: Sequence[DeadLetter]) -> ReplayLog:
        contents = [letter.content for letter in letters]
        keys = [
            letter.original.key.decode("utf-8", "replace")
            for letter in letters
            if letter.original.topic == INTAKE_CONTACTS.name
        ]
        return ReplayLog(
            through={row["content"]: row["through"] for row in await db.fetch(_SELECT, contents)},
            erased=frozenset(r["content"] for r in await db.fetch(_SELECT_ERASED, contents)),
            erased_requests=frozenset(await self.erased_keys(db, keys) if keys else ()),
        )
