"""A Pelias server on this machine."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from shared.vocabulary import GeoPoint

HERE = GeoPoint(45.5, -122.6)


def feature(**facts: Any) -> dict[str, Any]:
    """A place as Pelias tells it; ``facts`` are its properties."""
    known = {"layer": "address", "match_type": "exact", "confidence": 1}
    return {
        "geometry": {"coordinates": [HERE.longitude, HERE.latitude]},
        "properties": known | facts,
    }


@dataclass(slots=True)
class PeliasServer:
    """Gives one answer, and none to addresses that begin with ``blocked``.

    Attributes:
        answer: The JSON document.
        status: The HTTP status.
        asked: The addresses, each as it is asked for.
    """

    answer: Any = field(default_factory=lambda: {"features": [feature()]})
    status: int = 200
    asked: list[str] = field(default_factory=list)

    async def search(self, request: web.Request) -> web.Response:
        self.asked.append(request.query["text"])
        if request.query["text"].startswith("blocked"):
            await asyncio.Event().wait()
        return web.json_response(self.answer, status=self.status)


@asynccontextmanager
async def running_pelias(server: PeliasServer) -> AsyncGenerator[str]:
    """Run a server; yield its base URL."""
    app = web.Application()
    app.router.add_get("/api/v1/search", server.search)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/api/"
    finally:
        await runner.cleanup()
