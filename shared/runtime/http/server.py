"""The HTTP server of every service: its own routes, health checks and metrics."""

import asyncio
import socket
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing
from typing import Generic, TypeAlias, TypeVar

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from shared.runtime.http.body_memory import BODY_MEMORY, BodyMemory, end_body
from shared.runtime.http.connections import HTTP_LIMITS, Connections, HttpLimits
from shared.runtime.http.load_shedding import EarlyRejectGate, GatedConnection
from shared.runtime.http.openapi import Content, Health, Operation, documents, openapi_route
from shared.runtime.http.problem_details import NOSNIFF, is_browser, unreadable_bodies
from shared.runtime.http.timed_connection import TimedConnection
from shared.runtime.http.tracing import route_of, traced_calls
from shared.runtime.http.unknown_fields import state_preference, strict_fields
from shared.runtime.ops.metrics import HTTP_SECONDS

T = TypeVar("T")

# Returns the reason why the service is not ready, or None when it is.
ReadinessProbe: TypeAlias = Callable[[], Awaitable[str | None]]

_HOLDS_S = 0.25


class SharedCall(Generic[T]):
    """Limits an expensive public call to four times a second.

    A readiness check takes a connection to the database, the text of all metrics 10 ms.
    """

    def __init__(self, call: Callable[[], Awaitable[T]]) -> None:
        self._call = call
        self._latest: asyncio.Future[T] | None = None
        self._holds_until = 0.0

    async def __call__(self) -> T:
        """Return the latest result."""
        now = asyncio.get_running_loop().time()
        if self._latest is None or (self._latest.done() and now >= self._holds_until):
            self._holds_until = now + _HOLDS_S
            self._latest = asyncio.ensure_future(self._call())
        return await asyncio.shield(self._latest)


_JSON = ("application/json",)
_MAX_BODY_BYTES = 1024 * 1024
_SHUTDOWN_TIMEOUT_S = 3.0
_RECEIVED_BYTES = 64 * 1024  # receive buffer of a connection: 640 kB/s for a caller 100 ms away

# Connections that wait for the event loop: with fewer, bursts make callers wait a second.
_BACKLOG = 1024

_LIVE = Operation("Liveness probe", {200: Content("The process is running.", _JSON, Health)})
_PROBED = {
    200: Content("Ready.", _JSON, Health),
    503: Content("Not ready, with the reason.", _JSON, Health),
}
_READY = Operation("Readiness probe: calls, and the readers of topics", _PROBED)
_SERVING = Operation("Readiness probe of calls alone, for load balancers", _PROBED)
_METRICS = Operation(
    "Prometheus metrics", {200: Content("Metrics in the text format.", ("text/plain",))}
)


@asynccontextmanager
async def serve_http(  # noqa: PLR0913 - independent options
    host: str,
    port: int,
    *,
    routes: Sequence[web.AbstractRouteDef],
    check: ReadinessProbe,
    stopping: asyncio.Event,
    check_calls: ReadinessProbe | None = None,
    gate: EarlyRejectGate | None = None,
    no_page: Handler | None = None,
    limits: HttpLimits | None = None,
    metrics_port: int | None = None,
    name: str = "service",
) -> AsyncGenerator[int]:
    """Serve HTTP until the block ends; yield the port, which the system chooses if 0 is given.

    At the end the port closes, and requests in flight have 3 s to finish.

    Args:
        stopping: Set while the service is about to stop: ``/ready`` and ``/serving`` turn to 503 at
            once, and every response closes its connection, so that callers reconnect to another
            instance.
        check_calls: The part of ``check`` that calls need, for ``/serving``; by default all.
        no_page: Answers browsers at addresses that have no route; by default as programs.
        name: The service's name, for the OpenAPI document of all these routes.
    """
    limits = limits or HttpLimits()
    metrics = [_metrics_route()]
    own = [
        *routes,
        *_health_routes(check, check_calls or check, stopping),
        *(() if metrics_port else metrics),
    ]
    own.append(openapi_route(f"route311 {name}", list(own)))
    async with AsyncExitStack() as stack:
        if metrics_port:
            app = _application(metrics, stopping, limits)
            await stack.enter_async_context(_listening(app, host, metrics_port, limits))
        app = _application(own, stopping, limits, *([_with_page(no_page)] if no_page else []))
        yield await stack.enter_async_context(_listening(app, host, port, limits, gate))


def _application(
    routes: Sequence[web.AbstractRouteDef],
    stopping: asyncio.Event,
    limits: HttpLimits,
    *more: Middleware,
) -> web.Application:
    app = web.Application(
        middlewares=[_measure(stopping), *more, traced_calls, unreadable_bodies, strict_fields],
        client_max_size=_MAX_BODY_BYTES,
    )
    app[HTTP_LIMITS], app[BODY_MEMORY] = limits, BodyMemory()
    app.on_response_prepare.extend((_forbid_sniffing, state_preference))
    app.add_routes(routes)
    return app


@asynccontextmanager
async def _listening(
    app: web.Application,
    host: str,
    port: int,
    limits: HttpLimits,
    gate: EarlyRejectGate | None = None,
) -> AsyncGenerator[int]:
    runner = web.AppRunner(
        app, access_log=None, handle_signals=False, shutdown_timeout=_SHUTDOWN_TIMEOUT_S
    )
    await runner.setup()
    connections = Connections(limits)
    sweeping = asyncio.create_task(connections.sweep())
    try:
        with closing(await _listen(runner, host, port, connections, gate)) as listener:
            yield listener.sockets[0].getsockname()[1]
    finally:
        sweeping.cancel()
        await runner.cleanup()


async def _listen(
    runner: web.AppRunner,
    host: str,
    port: int,
    connections: Connections,
    gate: EarlyRejectGate | None,
) -> asyncio.Server:
    loop, server = asyncio.get_running_loop(), runner.server
    if server is None:
        raise RuntimeError("the runner was not set up")

    def connection() -> web.RequestHandler:
        if gate:
            return GatedConnection(server, connections, gate, loop)
        return TimedConnection(server, connections, loop)

    listener = await loop.create_server(connection, host, port, backlog=_BACKLOG)
    for one in listener.sockets:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVED_BYTES)
    return listener


def _health_routes(
    check: ReadinessProbe, check_calls: ReadinessProbe, stopping: asyncio.Event
) -> list[web.RouteDef]:
    async def live(_: web.Request) -> web.Response:
        return web.json_response({"status": "live"})

    def probe(path: str, check: ReadinessProbe, operation: Operation) -> web.RouteDef:
        shared = SharedCall(check)

        async def answer(_: web.Request) -> web.Response:
            reason = "stopping" if stopping.is_set() else await shared()
            if reason is None:
                return web.json_response({"status": "ready"})
            return web.json_response({"status": "not ready", "reason": reason}, status=503)

        return web.get(path, documents(answer, operation))

    return [
        web.get("/live", documents(live, _LIVE)),
        probe("/ready", check, _READY),
        probe("/serving", check_calls, _SERVING),
    ]


def _metrics_route() -> web.RouteDef:
    async def text() -> bytes:
        return generate_latest()

    latest = SharedCall(text)

    async def metrics(_: web.Request) -> web.Response:
        return web.Response(body=await latest(), headers={"content-type": CONTENT_TYPE_LATEST})

    return web.get("/metrics", documents(metrics, _METRICS))


async def _forbid_sniffing(_: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(NOSNIFF)


def _with_page(no_page: Handler) -> Middleware:
    @web.middleware
    async def explained(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except web.HTTPNotFound:
            if not is_browser(request) or request.match_info.http_exception is None:
                raise
            return await no_page(request)

    return explained


def _measure(stopping: asyncio.Event) -> Middleware:
    @web.middleware
    async def measure(request: web.Request, handler: Handler) -> web.StreamResponse:
        started_at = time.perf_counter()
        status = 500
        if isinstance(request.protocol, TimedConnection):
            request.protocol.begin_request()
        try:
            response = await handler(request)
            status = response.status
            if stopping.is_set():
                response.force_close()
        except web.HTTPException as error:
            status = error.status
            raise
        else:
            return response
        finally:
            end_body(request)
            took_s = time.perf_counter() - started_at
            HTTP_SECONDS.labels(route_of(request), str(status)).observe(took_s)

    return measure
