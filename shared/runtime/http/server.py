"""The HTTP server of every service: its own routes beside health and metrics."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import TypeAlias

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from shared.runtime.http.load_shedding import EarlyRejectGate, GuardedSite
from shared.runtime.ops.metrics import HTTP_SECONDS

ReadinessProbe: TypeAlias = Callable[[], Awaitable[str | None]]

_MAX_BODY_BYTES = 1024 * 1024
_FINISH_WITHIN_S = 3.0


@asynccontextmanager
async def serve_http(  # noqa: PLR0913 - each is a thing of its own
    host: str,
    port: int,
    *,
    routes: Sequence[web.AbstractRouteDef],
    check: ReadinessProbe,
    stopping: asyncio.Event,
    gate: EarlyRejectGate | None = None,
) -> AsyncGenerator[int]:
    """Answer HTTP until the end; yield the port, which the system picks when given 0.

    At the end nobody new is let in, and requests in flight have 3 s to finish.

    Args:
        host: The address to listen on.
        port: The port, or 0.
        routes: What the service itself answers.
        check: Says what keeps the service from working, or None.
        stopping: Set while the service is about to stop: ``/ready`` says so at once, and every
            answer closes its connection, so that callers turn to another instance.
        gate: Turns some requests away before they are read.
    """
    app = web.Application(middlewares=[_timed(stopping)], client_max_size=_MAX_BODY_BYTES)
    app.add_routes([*routes, *_operations(check, stopping)])
    runner = web.AppRunner(
        app, access_log=None, handle_signals=False, shutdown_timeout=_FINISH_WITHIN_S
    )
    await runner.setup()
    try:
        site = GuardedSite(runner, host, port, gate) if gate else web.TCPSite(runner, host, port)
        await site.start()
        bound: int = runner.addresses[0][1]
        yield bound
    finally:
        await runner.cleanup()


def _operations(check: ReadinessProbe, stopping: asyncio.Event) -> list[web.RouteDef]:
    async def live(_: web.Request) -> web.Response:
        return web.json_response({"status": "live"})

    async def ready(_: web.Request) -> web.Response:
        missing = "stopping" if stopping.is_set() else await check()
        if missing is None:
            return web.json_response({"status": "ready"})
        return web.json_response({"status": "not ready", "reason": missing}, status=503)

    async def metrics(_: web.Request) -> web.Response:
        return web.Response(body=generate_latest(), headers={"content-type": CONTENT_TYPE_LATEST})

    return [web.get("/live", live), web.get("/ready", ready), web.get("/metrics", metrics)]


def _timed(stopping: asyncio.Event) -> Middleware:
    @web.middleware
    async def timed(request: web.Request, handler: Handler) -> web.StreamResponse:
        began = time.perf_counter()
        status = 500
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
            route = request.match_info.route.resource
            name = route.canonical if route else "unknown"
            HTTP_SECONDS.labels(name, str(status)).observe(time.perf_counter() - began)

    return timed
