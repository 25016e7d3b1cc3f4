"""The HTTP server of every service: its own routes beside health and metrics."""

import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import TypeAlias

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from shared.runtime.metrics import HTTP_SECONDS

Check: TypeAlias = Callable[[], Awaitable[str | None]]
Answer: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]

_MAX_BODY_BYTES = 1024 * 1024


@asynccontextmanager
async def serving(
    host: str, port: int, *, routes: Sequence[web.AbstractRouteDef], check: Check
) -> AsyncGenerator[int]:
    """Answer HTTP until the end; yield the port, which the system picks when given 0.

    Args:
        host: The address to listen on.
        port: The port, or 0.
        routes: What the service itself answers.
        check: Says what keeps the service from working, or None.
    """
    app = web.Application(middlewares=[_timed], client_max_size=_MAX_BODY_BYTES)
    app.add_routes([*routes, *_operations(check)])
    runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=3)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        await site.start()
        bound: int = runner.addresses[0][1]
        yield bound
    finally:
        await runner.cleanup()


def _operations(check: Check) -> list[web.RouteDef]:
    async def live(_: web.Request) -> web.Response:
        return web.json_response({"status": "live"})

    async def ready(_: web.Request) -> web.Response:
        missing = await check()
        if missing is None:
            return web.json_response({"status": "ready"})
        return web.json_response({"status": "not ready", "reason": missing}, status=503)

    async def metrics(_: web.Request) -> web.Response:
        return web.Response(body=generate_latest(), headers={"content-type": CONTENT_TYPE_LATEST})

    return [web.get("/live", live), web.get("/ready", ready), web.get("/metrics", metrics)]


@web.middleware
async def _timed(request: web.Request, handler: Answer) -> web.StreamResponse:
    began = time.perf_counter()
    status = 500
    try:
        response = await handler(request)
        status = response.status
    except web.HTTPException as error:
        status = error.status
        raise
    else:
        return response
    finally:
        route = request.match_info.route.resource
        name = route.canonical if route else "unknown"
        HTTP_SECONDS.labels(name, str(status)).observe(time.perf_counter() - began)
