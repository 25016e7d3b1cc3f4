"""The body of a request: its deadline, its size, and who may compress it."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, nullcontext

from aiohttp import web

from shared.runtime.http.body_memory import begin_body
from shared.runtime.http.callers import RefusedError, is_known
from shared.runtime.http.limits import HTTP_LIMITS
from shared.runtime.http.problem_details import problem_response


async def read_body(request: web.Request, max_bytes: int | None = None) -> bytes:
    """Return the whole body. That of a caller without a key counts in the memory of bodies.

    Args:
        request: The request.
        max_bytes: The largest body; None for what the server accepts on other routes.

    Raises:
        RefusedError: A caller without a valid key compressed it, or there is no room for it.
        web.HTTPRequestTimeout: It did not arrive in time; the connection closes.
        web.HTTPRequestEntityTooLarge: It is larger than that.
    """
    _refuse_coding(request)
    most = max_bytes or request.client_max_size
    if (request.content_length or 0) > most:
        raise web.HTTPRequestEntityTooLarge(most)
    buffer = None if is_known(request) else begin_body(request)
    content = buffer.content if buffer else bytearray()
    extend = buffer.extend if buffer else content.extend
    came_with_head = request.content.is_eof()  # as most do: no timer
    async with nullcontext() if came_with_head else body_deadline(request):
        while chunk := await request.content.readany():
            if len(content) + len(chunk) > most:
                raise web.HTTPRequestEntityTooLarge(most)
            extend(chunk)
    return buffer.take() if buffer else bytes(content)


@asynccontextmanager
async def body_deadline(
    request: web.Request, within_s: float | None = None
) -> AsyncGenerator[None]:
    """Limit the time in which a block reads the body.

    Args:
        request: The request.
        within_s: The time; None for that of the server.

    Raises:
        RefusedError: A caller without a valid key compressed it.
        web.HTTPRequestTimeout: It did not arrive in time; the connection closes.
    """
    _refuse_coding(request)
    try:
        async with asyncio.timeout(within_s or request.app[HTTP_LIMITS].body_s):
            yield
    except TimeoutError:
        late = web.HTTPRequestTimeout()
        late.force_close()
        raise late from None


def _refuse_coding(request: web.Request) -> None:
    """Refuse a compressed body of a stranger: 1 kB on the wire would become 1 MiB."""
    if "Content-Encoding" in request.headers and not is_known(request):
        detail = "Send the body without Content-Encoding, or with an API key."
        raise RefusedError(problem_response(415, "Content-Encoding not accepted", detail))
