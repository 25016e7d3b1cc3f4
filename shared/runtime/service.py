"""Service lifecycle: start, readiness, draining and shutdown of a process."""

import asyncio
import gc
import os
import resource
from collections.abc import AsyncGenerator, Callable, Collection, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias, TypeVar

import structlog
import uvloop
from aiohttp import web
from aiohttp.typedefs import Handler

from shared.runtime.http.connections import HttpLimits
from shared.runtime.http.key_gate import KeyedRoute
from shared.runtime.http.load_shedding import EarlyRejectGate
from shared.runtime.http.server import serve_http
from shared.runtime.ops.logging import configure_logging
from shared.runtime.ops.shutdown import stop_signal
from shared.runtime.ops.tracebacks import log_loop_errors
from shared.runtime.ops.tracing import configure_tracing
from shared.runtime.ops.watchdog import watchdog
from shared.runtime.postgres import Pool
from shared.runtime.settings import ProcessSettings

log = structlog.get_logger()

BACKGROUND = 5  # niceness of a service on which no request waits
_STOP_WITHIN_S = 9.0
_CHECK_WITHIN_S = 2.0

# Open files besides HTTP connections: database, broker, tables of the watcher.
_OTHER_FILES = 256

# A batch creates some ten thousand objects with its own lifetime; Python's default is 700.
_GC_YOUNG = 20_000

_GC_OLD, _GC_OLDEST = 50, 100

# Runs until the event is set.
ServiceTask: TypeAlias = Callable[[asyncio.Event], Coroutine[Any, Any, None]]

S = TypeVar("S", bound=ProcessSettings)
C = TypeVar("C")


class Readiness(Protocol):
    """A component that can be unready."""

    @property
    def ready(self) -> bool:
        """True while it works."""
        ...


class Reader(Protocol):
    """A consumer that can be blocked."""

    name: str

    @property
    def blocked(self) -> str | None:
        """The reason why it cannot continue without a person or a restart; None while it can."""
        ...


@dataclass(frozen=True, slots=True)
class ServiceParts:
    """The components of a service, as its ``app`` module builds them.

    Attributes:
        tasks: Background tasks, which run concurrently until the stop request.
        readiness_checks: Components that ``/ready`` checks.
        request_tasks: Tasks that HTTP requests wait for; they stop after the last response.
        readers: Every consumer; ``/ready`` names one that is blocked.
        no_page: Answers browsers at addresses that have no route.
    """

    pool: "Pool | None"
    tasks: Sequence[ServiceTask]
    readiness_checks: Sequence[Readiness] = ()
    routes: Sequence[web.AbstractRouteDef] = field(default=())
    request_tasks: Sequence[ServiceTask] = ()
    gate: EarlyRejectGate | None = None
    readers: Sequence[Reader] = ()
    no_page: Handler | None = None


@dataclass(frozen=True, slots=True)
class ChannelParts:
    """The components that one channel adds to its service; see ``ServiceParts``.

    Attributes:
        keyed_routes: Routes whose callers the gate identifies before it parses a request.
    """

    tasks: Sequence[ServiceTask] = ()
    routes: Sequence[web.AbstractRouteDef] = ()
    request_tasks: Sequence[ServiceTask] = ()
    keyed_routes: Sequence[KeyedRoute] = ()
    no_page: Handler | None = None


# Opens a channel with the ports of the core.
Channel: TypeAlias = Callable[[C], AbstractAsyncContextManager[ChannelParts]]


@asynccontextmanager
async def open_channels(
    core: C, channels: Mapping[str, Channel[C]], chosen: Sequence[str] | None
) -> AsyncGenerator[ChannelParts]:
    """Open the named channels, by default all, and yield their parts; ValueError if unknown."""
    names = channels.keys() if chosen is None else chosen
    if unknown := [name for name in names if name not in channels]:
        raise ValueError(
            f"ROUTE311_CHANNELS: no channel {', '.join(unknown)}; there are {', '.join(channels)}"
        )
    async with AsyncExitStack() as stack:
        parts = [await stack.enter_async_context(channels[name](core)) for name in names]
        yield ChannelParts(
            tasks=[task for part in parts for task in part.tasks],
            routes=[route for part in parts for route in part.routes],
            request_tasks=[task for part in parts for task in part.request_tasks],
            keyed_routes=[route for part in parts for route in part.keyed_routes],
            no_page=next((part.no_page for part in parts if part.no_page), None),
        )


def run(
    name: str,
    settings: S,
    open_parts: Callable[[S], AbstractAsyncContextManager[ServiceParts]],
    *,
    niceness: int = 0,
) -> None:
    """Run a service until SIGTERM or SIGINT; then finish the current batch, within 10 s."""
    os.nice(niceness)
    configure_logging(name, settings.log_level)
    configure_tracing(name)
    uvloop.run(_run(name, settings, open_parts))


async def _run(
    name: str, settings: S, open_parts: Callable[[S], AbstractAsyncContextManager[ServiceParts]]
) -> None:
    log_loop_errors(asyncio.get_running_loop())
    stopping = stop_signal()
    async with watchdog(), open_parts(settings) as parts:
        freeze_startup_objects()
        await run_until_stopped(parts, settings, stopping, name)
    log.info("service_stopped")


async def run_until_stopped(
    parts: ServiceParts, settings: ProcessSettings, stopping: asyncio.Event, name: str = "service"
) -> None:
    """Serve HTTP and run the tasks until ``stopping`` is set; the first failure ends all.

    Then the background tasks stop at once. A service with routes continues to answer for
    ``drain_seconds``, while ``/serving`` answers 503 so that load balancers use other instances.
    Then the port closes, requests in flight get their responses, and the request tasks stop last.
    """
    drained = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(task(stopping)) for task in parts.tasks]
        tasks += [group.create_task(task(drained)) for task in parts.request_tasks]
        async with serve_http(
            settings.http_host,
            settings.http_port,
            routes=parts.routes,
            check=lambda: unready_reason(parts),
            check_calls=lambda: unavailable_reason(parts),
            stopping=stopping,
            gate=parts.gate,
            no_page=parts.no_page,
            limits=_http_limits(settings),
            metrics_port=settings.metrics_port,
            name=name,
        ) as port:
            log.info("service_started", port=port)
            await stopping.wait()
            log.info("service_stopping")
            deadline = asyncio.get_running_loop().time() + _STOP_WITHIN_S
            await asyncio.sleep(settings.drain_seconds if parts.routes else 0)
        drained.set()
        await _cancel_late(tasks, deadline)


def _http_limits(settings: ProcessSettings) -> HttpLimits:
    """Return the limits; connections are bounded by the limit of open files."""
    files = allow_open_files(settings.connections + _OTHER_FILES)
    return HttpLimits(
        head_s=settings.head_seconds,
        body_s=settings.body_seconds,
        idle_s=settings.idle_seconds,
        connections=max(1, min(settings.connections, files - _OTHER_FILES)),
        connections_per_address=settings.connections_per_address,
        proxies=settings.trusted_proxies,
    )


async def _cancel_late(tasks: Collection[asyncio.Task[None]], deadline: float) -> None:
    """Wait for the tasks until a time of the loop's clock, then cancel those still running."""
    if not tasks:
        return
    left_s = max(0.0, deadline - asyncio.get_running_loop().time())
    _, late = await asyncio.wait(tasks, timeout=left_s)
    for task in late:
        task.cancel()


async def unready_reason(parts: ServiceParts) -> str | None:
    """Return why the service is not ready; None when it is."""
    for reader in parts.readers:
        if reason := reader.blocked:
            return f"{reader.name} is blocked: {reason}"
    if not all(check.ready for check in parts.readiness_checks):
        return "no partitions yet"
    return await unavailable_reason(parts)


async def unavailable_reason(parts: ServiceParts) -> str | None:
    """Return why the service cannot answer calls; None when it can.

    A blocked reader has no part in it: where a fault blocks that of every instance, calls are
    answered all the same.
    """
    if parts.pool is None:
        return None
    try:
        async with asyncio.timeout(_CHECK_WITHIN_S):
            await parts.pool.fetchval("SELECT 1")
    except Exception as error:  # noqa: BLE001 - after any error the database counts as down
        return f"database: {type(error).__name__}"
    return None


def freeze_startup_objects() -> None:
    """Exempt all present objects from garbage collection, and collect the others less often.

    A catalogue and its phrases are some hundred thousand objects that live as long as the process.
    Traversing them repeatedly took a third of triage's time. They are not collected now: that takes
    a quarter of a second, and only some 2,000 of them are garbage.
    """
    gc.freeze()
    gc.set_threshold(_GC_YOUNG, _GC_OLD, _GC_OLDEST)


def allow_open_files(count: int) -> int:
    """Raise the limit of open files as far as the system allows; return the present limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count:
        soft = count if hard == resource.RLIM_INFINITY else min(count, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return soft
