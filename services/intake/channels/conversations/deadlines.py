"""Deadlines of conversations: overdue reports are submitted, old conversations deleted."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from shared.errors import StoppedError, SystemicError, TransientError
from shared.runtime.ops.shutdown import pause

log = structlog.get_logger()

# Time after its last message that a conversation is kept, and the answer to a message.
KEPT = timedelta(days=30)
_SWEEP_EVERY_S = 15.0


class Conversations(Protocol):
    """The conversations of one channel."""

    async def end_one(self, now: datetime) -> bool:
        """Accept the report that has waited longest for an answer; return False without one."""

    async def delete_old(self, before: datetime) -> None:
        """Delete conversations without a message since a moment."""


@dataclass(frozen=True, slots=True)
class ConversationDeadlines:
    """Ends the reports of a channel that wait too long for an answer."""

    conversations: Conversations
    clock: Callable[[], datetime]

    async def run(self, stopping: asyncio.Event) -> None:
        """Sweep every 15 s until asked to stop."""
        with suppress(StoppedError):
            while True:
                try:
                    if ended := await self.sweep():
                        log.info("waiting_reports_ended", reports=ended)
                except (SystemicError, TransientError) as error:
                    log.warning("conversation_deadlines_postponed", code=error.code)
                await pause(stopping, _SWEEP_EVERY_S)

    async def sweep(self) -> int:
        """Accept the reports that are due, one per transaction; return how many they were."""
        now, ended = self.clock(), 0
        while await self.conversations.end_one(now):
            ended += 1
        await self.conversations.delete_old(now - KEPT)
        return ended
