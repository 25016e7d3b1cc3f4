"""Graceful shutdown of a command by signals."""

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any, TypeVar

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


async def _cancellable(main: Coroutine[Any, Any, T]) -> T:
    task = asyncio.ensure_future(main)
    loop = asyncio.get_running_loop()
    for signal_number in _SIGNALS:
        loop.add_signal_handler(signal_number, task.cancel)
    return await task
