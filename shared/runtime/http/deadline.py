"""Deadline of HTTP calls that wait for the database, and the response when it passes."""

import asyncio
import time
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, TypeVar

import structlog
from aiohttp import web

from shared.errors import Route311Error, SystemicError
from shared.runtime.http.problem_details import problem_response

log = structlog.get_logger()

T = TypeVar("T")

DEADLINE_S = 0.8
_RETRY_AFTER_S = "2"
_NOT_SERVED_LOGGED_EVERY_S = 10.0
_not_served_logged_at: dict[str, float] = {}


class DeadlineExceededError(SystemicError):
    """The database did not respond in time, or the service accepts no callers."""

    code = "no_answer"


class Deadline:
    """The deadline of one call, shared by all its steps."""

    def __init__(self, seconds: float = DEADLINE_S) -> None:
        self.until = asyncio.get_running_loop().time() + seconds

    async def wait_for(self, work: Coroutine[Any, Any, T]) -> T:
        """Return the result of ``work``.

        On timeout the work is left running and its result is discarded: cancelling a statement
        would wait for the same unresponsive server.

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


def database_unavailable(advice: str, error: Exception) -> web.Response:
    """Log the error and return a 503 response with advice for the caller."""
    log_not_served(error)
    return problem_response(503, "Not available", advice, headers={"Retry-After": _RETRY_AFTER_S})


def log_not_served(error: Exception) -> None:
    """Log why a caller was not served, at most once in 10 s per error code."""
    code = error.code if isinstance(error, Route311Error) else DeadlineExceededError.code
    now = time.monotonic()
    last = _not_served_logged_at.get(code, -_NOT_SERVED_LOGGED_EVERY_S)
    if now - last >= _NOT_SERVED_LOGGED_EVERY_S:
        _not_served_logged_at[code] = now
        log.warning("call_not_served", code=code, reason=str(error))


def _discard_result(task: asyncio.Future[Any]) -> None:
    with suppress(Exception, asyncio.CancelledError):
        task.result()
