"""How much may wait for Kafka before intake takes nothing more over HTTP."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass

import structlog

from services.intake.door import Door
from shared.errors import SystemicError, TransientError
from shared.runtime.postgres import Pool, translated

log = structlog.get_logger()

_LOOK_EVERY_S = 1.0
_FULL = """
    SELECT EXISTS (SELECT FROM outbox WHERE NOT published ORDER BY seq OFFSET $1 LIMIT 1)
"""


@dataclass(frozen=True, slots=True)
class OutboxLimit:
    """Shuts the door while the outbox is full, and opens it when the relay has made room.

    It looks once a second, so the outbox can grow past the limit by what a second brings.

    Attributes:
        most: How many messages may wait, at least 1.
    """

    pool: Pool
    door: Door
    most: int

    async def run(self, stopping: asyncio.Event) -> None:
        """Look until asked to stop; while the database is away the last look counts."""
        while not stopping.is_set():
            with suppress(SystemicError, TransientError):
                await self._look()
            with suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), _LOOK_EVERY_S)

    async def _look(self) -> None:
        with translated():
            full = bool(await self.pool.fetchval(_FULL, self.most - 1))
        if full != self.door.outbox_full:
            log.warning("outbox_full" if full else "outbox_has_room", most=self.most)
        self.door.outbox_full = full
