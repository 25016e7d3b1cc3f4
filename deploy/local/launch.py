"""Starting programs that may need more than one try, one alone or several at once."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, TypeVar

from deploy.local.errors import StartError
from deploy.local.process import Process
from deploy.local.report import Died, Report, Started

_TRIES = 3
_PAUSE_S = 0.3

T = TypeVar("T")


@asynccontextmanager
async def running(
    build: Callable[[], Awaitable[Process]], report: Report, stop_within_s: float
) -> AsyncGenerator[Process, None]:
    """Run a program; ``build`` makes it anew for each try, so that a lost port is replaced.

    Raises:
        StartError: It did not start in three tries.
    """
    process = await build()
    try:
        for tries_left in reversed(range(_TRIES)):
            try:
                took_s = await process.start()
            except StartError:
                if not tries_left:
                    raise
            else:
                report(Started(process.name, process.program.address, took_s))
                break
            report(Died(process.name, process.exit_code, _PAUSE_S, process.last_lines()))
            await process.stop(stop_within_s)
            await asyncio.sleep(_PAUSE_S)
            process = await build()
        yield process
    finally:
        await process.stop(stop_within_s)


@asynccontextmanager
async def together(
    managers: Iterable[AbstractAsyncContextManager[T]],
) -> AsyncGenerator[list[T], None]:
    """Enter all at the same time, and leave all at the same time.

    When one cannot be entered, the others are left again before its error goes on.
    """
    entered: list[AbstractAsyncContextManager[T]] = []

    async def enter(manager: AbstractAsyncContextManager[T]) -> T:
        value = await manager.__aenter__()
        entered.append(manager)
        return value

    try:
        yield await _all(enter(manager) for manager in managers)
    finally:
        await asyncio.gather(*(manager.__aexit__(None, None, None) for manager in entered))


async def _all(coroutines: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    tasks = [asyncio.create_task(coroutine) for coroutine in coroutines]
    try:
        return await asyncio.gather(*tasks)
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise
