"""Deadline of an HTTP caller who waits for the database, and the response when it passes."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from aiohttp import web

from shared.errors import SystemicError
from shared.runtime.http.problem_details import problem_response

T = TypeVar("T")

DEADLINE_S = 0.8
_RETRY_AFTER_S = "2"


class DeadlineExceededError(SystemicError):
    """The database did not respond in time, or the service accepts no callers."""

    code = "no_answer"


class Deadline:
    """The time until which one caller must have a response, shared by all steps of the call."""

    def __init__(self, seconds: float = DEADLINE_S) -> None:
        self.until = asyncio.get_running_loop().time() + seconds

    async def wait_for(self, work: Coroutine[Any, Any, T]) -> T:
        """Return the result of ``work``.

        On timeout the work is left running and its result is discarded: to cancel a statement is
        to wait for the same server that does not respond.

        Raises:
            DeadlineExceededError: No time was left, or the work took longer.
        """
        task = asyncio.ensure_future(work)
        left_s = max(0.0, self.until - asyncio.get_running_loop().time())
        done, _ = await asyncio.wait({task}, timeout=left_s)
        if not done:
            task.add_done_callback(_discard_result)
            raise DeadlineExceededError("no answer in time")
        return task.result()


def database_unavailable(advice: str) -> web.Response:
    """Return the 503 response for a caller whom the database does not serve in time."""
    return problem_response(503, "Not available", advice, headers={"Retry-After": _RETRY_AFTER_S})


def _discard_result(task: asyncio.Future[Any]) -> None:
    with suppress(Exception, asyncio.CancelledError):
        task.result()
