"""Drafts whose time is over become requests, and old conversations are deleted."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

import structlog

from services.intake.sms.conversations import SmsConversations
from services.intake.sms.store import KEPT, delete_old
from shared.errors import StoppedError, SystemicError, TransientError
from shared.runtime.ops.shutdown import pause
from shared.runtime.postgres import transaction

log = structlog.get_logger()

_SWEEP_EVERY_S = 15.0


@dataclass(frozen=True, slots=True)
class SmsDeadlines:
    """Ends reports that wait too long for an answer.

    Attributes:
        conversations: The conversations.
        clock: Source of the present moment.
    """

    conversations: SmsConversations
    clock: Callable[[], datetime]

    async def run(self, stopping: asyncio.Event) -> None:
        """Sweep every 15 s until asked to stop."""
        with suppress(StoppedError):
            while True:
                try:
                    if ended := await self.sweep():
                        log.info("sms_reports_ended", reports=ended)
                except (SystemicError, TransientError) as error:
                    log.warning("sms_deadlines_postponed", code=error.code)
                await pause(stopping, _SWEEP_EVERY_S)

    async def sweep(self) -> int:
        """Accept the reports that are due, one per transaction; return how many they were."""
        now, ended = self.clock(), 0
        while await self.conversations.end_one(now):
            ended += 1
        async with transaction(self.conversations.pool) as db:
            await delete_old(db, now - KEPT)
        return ended
