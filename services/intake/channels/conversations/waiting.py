"""Waiting conversations: sealed contacts, each bound to its row (AAD), and their deadlines."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from shared.errors import StoppedError, SystemicError, TransientError
from shared.runtime.ops.shutdown import pause
from shared.runtime.sealing import Sealer, UnreadableError

log = structlog.get_logger()


def conversation_sealer(secrets: Sequence[bytes]) -> Sealer:
    """Return the sealer of contacts in conversations; secrets after the first still open seals."""
    present, *before = secrets
    return Sealer.derived(present, "conversations at rest", *before)


def number_place(person: str, jurisdiction: str) -> str:
    """Return the place of the number in a conversation by text message."""
    return f"sms {person} {jurisdiction}"


def address_place(token: str) -> str:
    """Return the place of the address in a conversation by e-mail."""
    return f"mail {token} address"


def name_place(token: str) -> str:
    """Return the place of the name in a conversation by e-mail."""
    return f"mail {token} name"


def open_if_readable(sealer: Sealer, sealed: str | None, place: str) -> str | None:
    """Return a value; None, with a log entry, for one that cannot be read."""
    try:
        return sealer.open(sealed, place)
    except UnreadableError as error:
        log.error("contact_unreadable", reason=str(error))  # noqa: TRY400 - a traceback says no more
        return None


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
