"""Start programs with retries, several at once, and restart them when they exit."""

import asyncio
import logging
from collections.abc import (
    AsyncGenerator,
    Awaitable,
    Callable,
    Coroutine,
    Generator,
    Iterable,
    Sequence,
)
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, suppress
from typing import Any, TypeVar

from deploy.local.errors import StartError
from deploy.local.process import Process
from deploy.local.report import Died, Report, Started
from shared.runtime.ops.tracebacks import frames_of

log = logging.getLogger(__name__)  # whose handlers, unlike a print, never raise

_ATTEMPTS = 3
_RETRY_S = 0.3
_MIN_BACKOFF_S = 0.2
_MAX_BACKOFF_S = 10.0
_HEALTHY_S = 10.0
_FRAMES = 5

T = TypeVar("T")


@asynccontextmanager
async def running(
    build: Callable[[], Awaitable[Process]], report: Report, stop_within_s: float
) -> AsyncGenerator[Process, None]:
    """Run a program until the block ends.

    Args:
        build: Builds the process again for each attempt, so that a port which another program
            took meanwhile is replaced.
        stop_within_s: Seconds that the program has to stop before it is killed.

    Raises:
        StartError: It did not start in three attempts.
    """
    process = await build()
    try:
        for attempts_left in reversed(range(_ATTEMPTS)):
            try:
                took_s = await process.start()
            except StartError:
                if not attempts_left:
                    raise
            else:
                report(Started(process.name, process.program.address, took_s))
                break
            report(Died(process.name, process.exit_code, _RETRY_S, process.last_lines()))
            await process.stop(stop_within_s)
            await asyncio.sleep(_RETRY_S)
            process = await build()
        yield process
    finally:
        await process.stop(stop_within_s)


@asynccontextmanager
async def run_all(
    managers: Iterable[AbstractAsyncContextManager[T]],
) -> AsyncGenerator[list[T], None]:
    """Enter and exit context managers concurrently; a failed entry exits the others."""
    entered: list[AbstractAsyncContextManager[T]] = []

    async def enter(manager: AbstractAsyncContextManager[T]) -> T:
        value = await manager.__aenter__()
        entered.append(manager)
        return value

    try:
        yield await gather_or_cancel(enter(manager) for manager in managers)
    finally:
        await asyncio.gather(*(manager.__aexit__(None, None, None) for manager in entered))


async def gather_or_cancel(coroutines: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """Run coroutines concurrently; the first error cancels the others and is raised."""
    tasks = [asyncio.create_task(coroutine) for coroutine in coroutines]
    try:
        return await asyncio.gather(*tasks)
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise


@asynccontextmanager
async def restart_on_exit(
    processes: Sequence[Process], report: Report
) -> AsyncGenerator[None, None]:
    """Restart each process, on the same port and with backoff, whenever it exits by itself."""
    watchers = [asyncio.create_task(_restart_forever(process, report)) for process in processes]
    try:
        yield
    finally:
        for watcher in watchers:
            watcher.cancel()
        await asyncio.gather(*watchers, return_exceptions=True)


async def _restart_forever(process: Process, report: Report) -> None:
    backoff_s: float | None = None
    while True:
        await process.wait_for_exit()
        backoff_s = next_backoff_s(backoff_s, process.uptime_s)
        with _logged_errors(process):
            report(Died(process.name, process.exit_code, backoff_s, process.last_lines()))
        await asyncio.sleep(backoff_s)
        # After an error it died again, hangs, or cannot be started; the loop waits for its exit.
        with _logged_errors(process), suppress(StartError, OSError):
            took_s = await process.start()
            report(Started(process.name, process.program.address, took_s))


@contextmanager
def _logged_errors(process: Process) -> Generator[None]:
    """Log an error and continue: no defect of ours may end the supervision of a program."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - see above
        reason, frames = type(error).__name__, frames_of(error, _FRAMES)
        log.error("supervision of %s continues after %s: %s", process.name, reason, frames)  # noqa: TRY400 - a traceback may quote values


def next_backoff_s(previous_s: float | None, uptime_s: float) -> float:
    """Return the exponential backoff before the next start, in seconds.

    The first start is at once. Then the pause doubles from 0.2 s to 10 s, and it restarts after an
    uptime of 10 s or longer.
    """
    if previous_s is None or uptime_s >= _HEALTHY_S:
        return 0.0
    return min(max(previous_s * 2, _MIN_BACKOFF_S), _MAX_BACKOFF_S)
