"""Refilling a broker that lost part of its log, and setting its readers right."""

from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

import asyncpg

from shared.runtime.kafka.reader import bounds_of
from shared.runtime.kafka.times import offsets_at
from shared.runtime.postgres import Connection
from shared.runtime.recovery.pausing import relay_paused
from shared.runtime.recovery.positions import Move, carry_out, moves, positions_of
from shared.runtime.recovery.refilling import Refill


@dataclass(slots=True)
class Recovered:
    """What was done, or of a dry run what would have been.

    Attributes:
        published_again: Rows by service and topic.
        moved: Positions that were changed, by service.
        left: Positions whose records are gone for good, left alone since that was not accepted.
    """

    published_again: dict[str, Counter[str]] = field(default_factory=dict)
    moved: dict[str, list[Move]] = field(default_factory=dict)
    left: dict[str, list[Move]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Recovery:
    """One recovery.

    Attributes:
        services: Whose outboxes are read and whose positions are set right.
        accept_loss: Whether a consumer whose next record the broker deleted goes on at the oldest
            that is left.
    """

    bootstrap: str
    admin_dsn: str
    services: Sequence[str]
    refill: Refill
    accept_loss: bool

    async def run(self) -> Recovered:
        """Hold the relays, set positions back, have the outboxes published again, let go.

        Positions come first and the relays last: so whatever is published now lies behind every
        reader's position, and in each outbox's own order.
        """
        done = Recovered()
        async with self._database() as db, AsyncExitStack() as stack:
            if not self.refill.dry:
                for service in self.services:
                    await stack.enter_async_context(relay_paused(self.admin_dsn, service))
            await self._move(db, done)
            for service in self.services:
                done.published_again[service] = await self.refill.of(db, service)
        return done

    @asynccontextmanager
    async def _database(self) -> AsyncGenerator[Connection]:
        db = await asyncpg.connect(self.admin_dsn)
        try:
            yield db
        finally:
            await db.close()

    async def _move(self, db: Connection, done: Recovered) -> None:
        bounds = await bounds_of(self.bootstrap)
        since = await offsets_at(self.bootstrap, bounds.keys(), self.refill.since)
        for service in self.services:
            wanted = moves(await positions_of(db, service), bounds, since)
            meant = [move for move in wanted if self._concerns(move)]
            done.moved[service] = [move for move in meant if self.accept_loss or not move.lost]
            done.left[service] = [move for move in meant if move not in done.moved[service]]
            if not self.refill.dry:
                await carry_out(db, service, done.moved[service])

    def _concerns(self, move: Move) -> bool:
        return self.refill.topics is None or move.partition.topic in self.refill.topics
