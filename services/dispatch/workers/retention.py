"""Retention of events: those for bureaus as long as their topics, those of the stream a day."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import structlog

from services.dispatch.store.bureau_events import PostgresFeed
from services.dispatch.store.case_events import PostgresCaseEvents
from shared.contract.topics import bureau_work
from shared.runtime.ops.shutdown import WokenWork, pause

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
        await WokenWork(_ROUND_EVERY_S).run(
            stopping,
            partial(self._sweep, stopping),
            lambda error: log.warning("retention_postponed", code=error.code),
        )

    async def _sweep(self, stopping: asyncio.Event) -> None:
        for bureau in self.bureaus:
            if age := bureau_work(bureau).retention:
                while await self.feed.prune(bureau, age):
                    await pause(stopping, _BETWEEN_STEPS_S)
        while await self.case_events.prune(_STREAM_AGE):
            await pause(stopping, _BETWEEN_STEPS_S)
