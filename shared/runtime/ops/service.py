"""What every process does around its own work."""

import asyncio
import gc
import signal
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias, TypeVar

import structlog
import uvloop
from aiohttp import web

from shared.runtime.http.load_shedding import EarlyRejectGate
from shared.runtime.http.server import serve_http
from shared.runtime.ops.logging import configure_logging
from shared.runtime.ops.watchdog import watchdog
from shared.runtime.postgres import Pool
from shared.runtime.settings import ProcessSettings

log = structlog.get_logger()

_STOP_WITHIN_S = 9.0
_CHECK_WITHIN_S = 2.0

Task: TypeAlias = Callable[[asyncio.Event], Awaitable[None]]
S = TypeVar("S", bound=ProcessSettings)


class Readiness(Protocol):
    """Something that is not always ready."""

    @property
    def ready(self) -> bool:
        """Whether it works now."""
        ...


@dataclass(frozen=True, slots=True)
class ServiceParts:
    """What a service is made of, as its ``app`` puts it together.

    Attributes:
        pool: Its database; None where it has none.
        work: What runs beside each other until the end; each gets the event that says stop.
        must_be_ready: What ``/ready`` waits for.
        routes: What it answers over HTTP.
        behind_routes: What callers over HTTP wait for; it is told to stop when the last of them
            has been answered.
        gate: Turns some requests away before they are read.
    """

    pool: "Pool | None"
    tasks: Sequence[Task]
    readiness_checks: Sequence[Readiness] = ()
    routes: Sequence[web.AbstractRouteDef] = field(default=())
    request_tasks: Sequence[Task] = ()
    gate: EarlyRejectGate | None = None


def run(
    name: str, settings: S, open_parts: Callable[[S], AbstractAsyncContextManager[ServiceParts]]
) -> None:
    """Run a service until SIGTERM or SIGINT; on either it finishes its batch, 10 s at most."""
    configure_logging(name, settings.log_level)
    uvloop.run(_run(settings, open_parts))


async def _run(
    settings: S, open_parts: Callable[[S], AbstractAsyncContextManager[ServiceParts]]
) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    async with watchdog(), open_parts(settings) as parts:
        freeze_startup_objects()
        await run_until_stopped(parts, settings, stopping)
    log.info("service_stopped")


async def run_until_stopped(
    parts: ServiceParts, settings: ProcessSettings, stopping: asyncio.Event
) -> None:
    """Serve and work until ``stopping`` is set; the first part that fails ends all.

    Work stops at once. HTTP that has callers goes on for ``drain_seconds``, in which ``/ready``
    sends a load balancer elsewhere; then the port closes, callers in flight get their answers,
    and what they waited for stops last.
    """
    answered = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_as_coroutine(work, stopping)) for work in parts.tasks]
        tasks += [group.create_task(_as_coroutine(work, answered)) for work in parts.request_tasks]
        async with _serving(parts, settings, stopping) as port:
            log.info("service_started", port=port)
            await stopping.wait()
            log.info("service_stopping")
            stop_at = asyncio.get_running_loop().time() + _STOP_WITHIN_S
            await asyncio.sleep(settings.drain_seconds if parts.routes else 0)
        answered.set()
        await _end(tasks, stop_at)


def _serving(
    parts: ServiceParts, settings: ProcessSettings, stopping: asyncio.Event
) -> AbstractAsyncContextManager[int]:
    return serve_http(
        settings.http_host,
        settings.http_port,
        routes=parts.routes,
        check=lambda: _missing(parts),
        stopping=stopping,
        gate=parts.gate,
    )


async def _end(tasks: Collection[asyncio.Task[None]], stop_at: float) -> None:
    """Wait for the tasks until a moment of the loop's clock, then break off those still there."""
    if not tasks:
        return
    left_s = max(0.0, stop_at - asyncio.get_running_loop().time())
    _, late = await asyncio.wait(tasks, timeout=left_s)
    for task in late:
        task.cancel()


async def _as_coroutine(work: Task, stopping: asyncio.Event) -> None:
    await work(stopping)


async def _missing(parts: ServiceParts) -> str | None:
    if not all(part.ready for part in parts.readiness_checks):
        return "no partitions yet"
    if parts.pool is None:
        return None
    try:
        async with asyncio.timeout(_CHECK_WITHIN_S):
            await parts.pool.fetchval("SELECT 1")
    except Exception as error:  # noqa: BLE001 - whatever it is, the database does not answer
        return f"database: {type(error).__name__}"
    return None


_YOUNG = 20_000
"""A batch makes some ten thousand objects that live as long as it does; 700 is Python's default."""
_OLD, _OLDEST = 50, 100


def freeze_startup_objects() -> None:
    """Let the collector never look again at what was loaded so far, and seldom at the rest.

    A catalogue and its phrases are some hundred thousand objects that live as long as the process.
    Looking through them again and again took a third of triage's time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, _OLD, _OLDEST)
