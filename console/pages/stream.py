"""Live changes for open pages, and the pages' files."""

import asyncio
import json
from collections.abc import Sequence
from contextlib import suppress

from aiohttp import web

from console.access import HOME
from console.pages.parts import Console, uuid_of
from console.site import ASSETS
from console.store import Person
from shared.runtime.http.assets import asset_handler
from shared.staff_roles import Role

_LOOK_EVERY_S = 5.0  # at the session, and at who has the case open
_RETRY = b"retry: 1500\n\n"
_HEADERS = {
    "Content-Type": "text/event-stream",
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",
}


def stream_routes(console: Console, stopping: asyncio.Event) -> Sequence[web.RouteDef]:
    """Return the routes of live changes and of files."""

    async def follow(request: web.Request, person: Person) -> web.StreamResponse:
        response = web.StreamResponse(headers=_HEADERS)
        await response.prepare(request)
        clock, look_at = asyncio.get_running_loop().time, 0.0
        with suppress(ConnectionError), console.live.subscribed() as changes:
            await response.write(_RETRY)
            while not stopping.is_set():
                if clock() >= look_at:
                    look_at = clock() + _LOOK_EVERY_S
                    if not await console.store.lasts(console.access.session_of(request)):
                        await response.write(b"event: ended\ndata: {}\n\n")
                        break
                    await response.write(
                        await _present(console, request.query.get("case", ""), person)
                    )
                with suppress(TimeoutError):
                    async with asyncio.timeout_at(look_at):
                        message = await changes.get()
                    await response.write(message.encode())
        return response

    return [
        web.get(f"{HOME}/stream", console.file(Role.VIEWER, follow)),
        web.get(f"{ASSETS}/{{name}}", asset_handler(console.site.assets)),
    ]


async def _present(console: Console, case_id: str, person: Person) -> bytes:
    """Return who else has the page's case open, or a comment on other pages."""
    if (known := uuid_of(case_id)) is None:
        return b": still here\n\n"
    names = await console.presence.seen_with(known, person)
    return f"event: presence\ndata: {json.dumps(names)}\n\n".encode()
