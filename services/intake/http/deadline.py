"""How long an HTTP caller waits for the database."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from shared.errors import SystemicError

T = TypeVar("T")

DEADLINE_S = 0.8


class DeadlineExceededError(SystemicError):
    """The database does not answer in time, or too many wait for it already."""

    code = "no_answer"


class Deadline:
    """What is left of the time in which one caller must have an answer."""

    def __init__(self, seconds: float = DEADLINE_S) -> None:
        self.until = asyncio.get_running_loop().time() + seconds

    async def wait_for(self, work: Coroutine[Any, Any, T]) -> T:
        """Return what the work returns.

        Work that takes too long goes on by itself, since interrupting a statement means to wait
        for the very server that does not answer; what comes of it is lost.

        Raises:
            NoAnswerError: There was no time left, or the work took longer.
        """
        task = asyncio.ensure_future(work)
        left_s = max(0.0, self.until - asyncio.get_running_loop().time())
        done, _ = await asyncio.wait({task}, timeout=left_s)
        if not done:
            task.add_done_callback(_forget)
            raise DeadlineExceededError("no answer in time")
        return task.result()


def _forget(task: asyncio.Future[Any]) -> None:
    with suppress(Exception, asyncio.CancelledError):
        task.result()
