"""A server with limits of connections, on a real socket."""

import asyncio
import weakref
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from aiohttp import web
from prometheus_client import REGISTRY

from shared.runtime.http.body import read_body
from shared.runtime.http.connections import HttpLimits
from shared.runtime.http.server import serve_http
from shared.runtime.http.timed_connection import TimedConnection
from tests.unit.runtime.http.raw_client import Client

LIMITS = HttpLimits(head_s=0.2, body_s=0.2, idle_s=60)
NEVER = HttpLimits(head_s=60, body_s=60, idle_s=60)


@dataclass
class Server:
    port: int
    go_on: asyncio.Event = field(default_factory=asyncio.Event)
    began: asyncio.Event = field(default_factory=asyncio.Event)
    clients: list[Client] = field(default_factory=list)
    connections: list[TimedConnection] = field(default_factory=list)
    responses: list[weakref.ref[web.Response]] = field(default_factory=list)

    async def connect(self) -> Client:
        client = Client(*await asyncio.open_connection("127.0.0.1", self.port))
        self.clients.append(client)
        return client

    async def wait(self, _: web.Request) -> web.Response:
        self.began.set()
        await self.go_on.wait()
        return web.Response(text="done")

    async def large(self, _: web.Request) -> web.Response:
        response = web.Response(body=bytes(8_000_000))
        self.responses.append(weakref.ref(response))
        return response

    async def large_from_handler(self, request: web.Request) -> web.Response:
        response = await self.large(request)
        with suppress(ConnectionError):
            await response.prepare(request)
            await response.write_eof()
        return response

    async def known(self, request: web.Request) -> web.Response:
        assert isinstance(request.protocol, TimedConnection)
        request.protocol.is_known = True
        self.connections.append(request.protocol)
        return web.Response()


async def ready() -> str | None:
    return None


async def echo(request: web.Request) -> web.Response:
    return web.Response(body=await read_body(request))


@asynccontextmanager
async def running(limits: HttpLimits) -> AsyncGenerator[Server]:
    server = Server(0)
    routes = [
        web.post("/echo", echo),
        web.get("/large", server.large),
        web.get("/large-from-handler", server.large_from_handler),
        web.get("/wait", server.wait),
        web.get("/known", server.known),
    ]
    async with serve_http(
        "127.0.0.1", 0, routes=routes, check=ready, stopping=asyncio.Event(), limits=limits
    ) as server.port:
        yield server
        server.go_on.set()
        for client in server.clients:
            client.writer.close()
            with suppress(ConnectionError):
                await client.writer.wait_closed()


def closed(reason: str) -> float:
    name = "route311_http_connections_closed_total"
    return REGISTRY.get_sample_value(name, {"reason": reason}) or 0
