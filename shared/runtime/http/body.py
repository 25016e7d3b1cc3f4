"""The body of a request, under its deadline."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from aiohttp import web

from shared.runtime.http.limits import HTTP_LIMITS


async def read_body(request: web.Request, max_bytes: int | None = None) -> bytes:
    """Return the whole body.

    Args:
        request: The request.
        max_bytes: The largest body; None for what the server accepts on other routes.

    Raises:
        web.HTTPRequestTimeout: It did not arrive in time; the connection closes.
        web.HTTPRequestEntityTooLarge: It is larger than that.
    """
    if max_bytes is not None:
        request = request.clone(client_max_size=max_bytes)
    if request.content.is_eof():  # it came with the head, as most do: no timer
        return await request.read()
    async with body_deadline(request):
        return await request.read()


@asynccontextmanager
async def body_deadline(request: web.Request, seconds: float | None = None) -> AsyncGenerator[None]:
    """Limit the time in which a block reads the body.

    Args:
        request: The request.
        seconds: The time; None for that of every other body.

    Raises:
        web.HTTPRequestTimeout: It did not arrive in time; the connection closes.
    """
    try:
        async with asyncio.timeout(seconds or request.app[HTTP_LIMITS].body_s):
            yield
    except TimeoutError:
        late = web.HTTPRequestTimeout()
        late.force_close()
        raise late from None
