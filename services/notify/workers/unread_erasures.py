"""Erasures that notify has not consumed yet are applied before any message is sent.

A tombstone may be far behind the contact that it erases: after a restore of an older database, or
when notify reads the topic from its beginning. Until then a message could go out.
"""

import asyncio
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass, field

import structlog

from services.notify.handlers import erase
from services.notify.store.notifications import PostgresNotificationStore
from shared.errors import StoppedError, SystemicError, TransientError
from shared.runtime.clock import utc_now
from shared.runtime.kafka_access import KafkaAccess
from shared.runtime.ops.shutdown import cancel_on_stop, pause
from shared.runtime.outbox.outbox import HandOver, enqueue
from shared.runtime.postgres import Pool, borrow, transaction
from shared.runtime.recovery.positions import load_positions
from shared.runtime.recovery.tombstones import unread_erasures

log = structlog.get_logger()

_RETRY_S = 1.0
_BATCH = 500


@dataclass(slots=True)
class UnreadErasures:
    """Reads ahead to the end of ``intake-contacts`` once, at the start, and erases.

    Attributes:
        applied: True once all tombstones that were on the topic at the start are applied.
    """

    pool: Pool
    access: KafkaAccess
    on_commit: HandOver
    applied: bool = field(default=False, init=False)

    async def run(self, stopping: asyncio.Event) -> None:
        """Wait for broker and database, read ahead once, and end."""
        with suppress(StoppedError):
            while not self.applied:
                try:
                    await cancel_on_stop(stopping, self.apply())
                except (SystemicError, TransientError) as error:
                    log.warning("erasures_awaited", code=error.code)
                    await pause(stopping, _RETRY_S)

    async def apply(self) -> None:
        """Erase every contact that has a tombstone after notify's position."""
        async with borrow(self.pool) as db:
            positions = await load_positions(db, "notify")
        erased = sorted(await unread_erasures(self.access, positions))
        for batch in _batches(erased):
            async with transaction(self.pool) as db:
                suppressed = await erase(batch, PostgresNotificationStore(db), utc_now())
                batches = await enqueue(db, suppressed)
            self.on_commit(batches)
        self.applied = True


def _batches(ids: list[str]) -> Iterator[Collection[str]]:
    return (ids[first : first + _BATCH] for first in range(0, len(ids), _BATCH))
