"""Ending a command from outside."""

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class InterruptedRunError(Exception):
    """The command was asked to stop, and has cleaned up."""


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run a command to its end; Ctrl-C, SIGTERM and SIGHUP cancel it, and it cleans up.

    A second one ends what is being waited for in the cleaning up, too.

    Raises:
        InterruptedRunError: It was cancelled.
    """
    try:
        return asyncio.run(_cancellable(main))
    except asyncio.CancelledError:
        raise InterruptedRunError from None


async def _cancellable(main: Coroutine[Any, Any, T]) -> T:
    task = asyncio.ensure_future(main)
    loop = asyncio.get_running_loop()
    for number in _SIGNALS:
        loop.add_signal_handler(number, task.cancel)
    return await task
