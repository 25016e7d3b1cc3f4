"""Retention of events: those for bureaus as long as their topics, those of the stream a day."""

import asyncio
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

import structlog

from services.dispatch.store.bureau_events import PostgresFeed
from services.dispatch.store.case_events import PostgresCaseEvents
from shared.contract.topics import bureau_work
from shared.errors import StoppedError, SystemicError, TransientError
from shared.runtime.ops.shutdown import pause

log = structlog.get_logger()

_ROUND_EVERY_S = 3600.0
_BETWEEN_STEPS_S = 0.05
_STREAM_AGE = timedelta(hours=25)


@dataclass(frozen=True, slots=True)
class BureauEventRetention:
    """Deletes old events, 1,000 per transaction."""

    feed: PostgresFeed
    bureaus: Collection[str]
    case_events: PostgresCaseEvents

    async def run(self, stopping: asyncio.Event) -> None:
        """Delete once an hour until asked to stop."""
        with suppress(StoppedError):
            while True:
                try:
                    await self._sweep(stopping)
                except (SystemicError, TransientError) as error:
                    log.warning("retention_postponed", code=error.code)
                await pause(stopping, _ROUND_EVERY_S)

    async def _sweep(self, stopping: asyncio.Event) -> None:
        for bureau in self.bureaus:
            if age := bureau_work(bureau).retention:
                while await self.feed.prune(bureau, age):
                    await pause(stopping, _BETWEEN_STEPS_S)
        while await self.case_events.prune(_STREAM_AGE):
            await pause(stopping, _BETWEEN_STEPS_S)
