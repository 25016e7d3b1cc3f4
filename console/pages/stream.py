"""Live changes for open pages, and the pages' files."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from aiohttp import web

from console.access import HOME, SESSION
from console.pages.parts import Console
from console.roles import Role
from console.site import ASSETS
from console.store import Person
from shared.runtime.http.calls import cookie_of

_COMMENT_EVERY_S = 5.0  # and the session is looked at
_RETRY = b"retry: 1500\n\n"
_HEADERS = {
    "Content-Type": "text/event-stream",
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",
}
_FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}


def stream_routes(console: Console, stopping: asyncio.Event) -> Sequence[web.RouteDef]:
    """Return the routes of live changes and of files."""

    async def follow(request: web.Request, _: Person) -> web.StreamResponse:
        response = web.StreamResponse(headers=_HEADERS)
        await response.prepare(request)
        with suppress(ConnectionError), console.live.subscribed() as changes:
            await response.write(_RETRY)
            while not stopping.is_set():
                try:
                    async with asyncio.timeout(_COMMENT_EVERY_S):
                        message = await changes.get()
                    await response.write(message.encode())
                except TimeoutError:
                    if not await console.store.lasts(cookie_of(request, SESSION)):
                        await response.write(b"event: ended\ndata: {}\n\n")
                        break
                    await response.write(b": still here\n\n")
        return response

    files = {asset.url: asset for asset in console.site.assets.values()}

    async def asset(request: web.Request) -> web.StreamResponse:
        found = files.get(request.path)
        if found is None:
            raise web.HTTPNotFound
        return web.Response(
            body=found.content, content_type=found.media_type, charset="utf-8", headers=_FOR_EVER
        )

    return [
        web.get(f"{HOME}/stream", console.page(Role.VIEWER, follow)),
        web.get(f"{ASSETS}/{{name}}", asset),
    ]
