"""Runs of asynchronous commands: cancellation by signals, and work in the database."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Coroutine
from threading import current_thread, main_thread
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from shared.runtime.postgres import Database

T = TypeVar("T")

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class InterruptedRunError(Exception):
    """The command was interrupted and has cleaned up."""


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run a command; Ctrl-C, SIGTERM and SIGHUP cancel it and raise InterruptedRunError."""
    try:
        return asyncio.run(_cancellable(main))
    except asyncio.CancelledError:
        raise InterruptedRunError from None


def query(dsn: str, schema: str | None, work: "Callable[[Database], Awaitable[T]]") -> T:
    """Run work in one transaction; ``schema`` is searched for unqualified names."""
    from shared.runtime.postgres import open_database  # noqa: PLC0415 - slow to load

    async def main() -> T:
        async with open_database(dsn, schema) as db, db.transaction():
            return await work(db)

    return run(main())


async def _cancellable(main: Coroutine[Any, Any, T]) -> T:
    task = asyncio.ensure_future(main)
    loop = asyncio.get_running_loop()
    if current_thread() is main_thread():  # elsewhere nobody receives a signal
        for signal_number in _SIGNALS:
            loop.add_signal_handler(signal_number, task.cancel)
    return await task
