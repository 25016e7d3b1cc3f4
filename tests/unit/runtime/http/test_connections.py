"""Deadlines and limits of connections, with real sockets."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from ipaddress import ip_network
from time import monotonic

import pytest
from aiohttp import web
from prometheus_client import REGISTRY

from shared.runtime.http.body import read_body
from shared.runtime.http.limits import HttpLimits
from shared.runtime.http.server import serve_http
from shared.runtime.http.timed_connection import TimedConnection
from tests.waiting import eventually

GET = b"GET /live HTTP/1.1\r\nHost: here\r\n\r\n"
HALF = b"GET /live HTTP/1.1\r\nNote: "
LIMITS = HttpLimits(head_s=0.2, body_s=0.2, idle_s=60)
NEVER = HttpLimits(head_s=60, body_s=60, idle_s=60)
CLOSED_WITHIN_S = 10


@dataclass
class Client:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def response(self) -> tuple[int, bytes]:
        head = (await self.reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
        return int(head.split()[1]), await self.reader.readexactly(length)

    async def status(self, data: bytes = GET) -> int:
        self.send(data)
        return (await self.response())[0]

    async def rest(self) -> bytes:
        """Return all until the server closes the connection."""
        async with asyncio.timeout(CLOSED_WITHIN_S):
            return await self.reader.read()

    async def is_closed(self) -> bool:
        with suppress(ConnectionError):
            async with asyncio.timeout(CLOSED_WITHIN_S):
                return await self.reader.read() == b""
        return True


@dataclass
class Server:
    port: int
    go_on: asyncio.Event = field(default_factory=asyncio.Event)
    began: asyncio.Event = field(default_factory=asyncio.Event)
    clients: list[Client] = field(default_factory=list)

    async def connect(self) -> Client:
        client = Client(*await asyncio.open_connection("127.0.0.1", self.port))
        self.clients.append(client)
        return client

    async def wait(self, _: web.Request) -> web.Response:
        self.began.set()
        await self.go_on.wait()
        return web.Response(text="done")


async def ready() -> str | None:
    return None


async def echo(request: web.Request) -> web.Response:
    return web.Response(body=await read_body(request))


async def large(_: web.Request) -> web.Response:
    return web.Response(body=bytes(8_000_000))


async def known(request: web.Request) -> web.Response:
    assert isinstance(request.protocol, TimedConnection)
    request.protocol.is_known = True
    return web.Response()


@asynccontextmanager
async def running(limits: HttpLimits) -> AsyncGenerator[Server]:
    server = Server(0)
    routes = [
        web.post("/echo", echo),
        web.get("/large", large),
        web.get("/wait", server.wait),
        web.get("/known", known),
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


def path(name: str) -> bytes:
    return GET.replace(b"/live", name.encode())


async def test_a_head_that_is_late_is_a_408_and_the_end() -> None:
    before = closed("head_late")
    async with running(LIMITS) as server:
        client = await server.connect()
        client.send(HALF)
        head, _, body = (await client.rest()).partition(b"\r\n\r\n")

    assert head.startswith(b"HTTP/1.1 408 ")
    assert b"application/problem+json" in head
    assert json.loads(body)["status"] == 408
    assert closed("head_late") == before + 1


async def test_a_head_that_trickles_is_late_too() -> None:
    async with running(LIMITS) as server:
        client = await server.connect()
        client.send(HALF)

        async def answered() -> bool:
            client.send(b"a")
            with suppress(TimeoutError):
                async with asyncio.timeout(0.05):
                    return (await client.reader.read(12)).endswith(b" 408")
            return False

        await eventually(answered, within_s=CLOSED_WITHIN_S)


async def test_a_connection_without_a_word_is_closed_without_one() -> None:
    async with running(LIMITS) as server:
        client = await server.connect()
        assert await client.is_closed()


async def test_a_head_that_is_too_large_is_a_431_and_the_end() -> None:
    before = closed("head_large")
    field = b"Note: " + b"a" * 8_000 + b"\r\n"
    async with running(NEVER) as server:
        client = await server.connect()
        client.send(GET[:-2] + field * 8)
        assert await client.status(b"\r\n") == 200
        client.send(GET[:-2] + field * 9)
        head, _, body = (await client.rest()).partition(b"\r\n\r\n")

    assert head.startswith(b"HTTP/1.1 431 ")
    assert json.loads(body)["status"] == 431
    assert closed("head_large") == before + 1


async def test_a_body_in_pieces_is_no_head_however_the_head_was_cut() -> None:
    sent = b"POST /echo HTTP/1.1\r\nHost: here\r\nContent-Length: 200000\r\n\r\n"
    async with running(NEVER) as server:
        client = await server.connect()
        client.send(sent[:-2])
        await server_has_read(server)
        client.send(sent[-2:] + bytes(200_000))
        assert await client.response() == (200, bytes(200_000))


async def test_the_rest_of_a_body_that_nobody_needs_is_no_head() -> None:
    async with running(NEVER) as server:
        client = await server.connect()
        refused = b"POST /live HTTP/1.1\r\nHost: here\r\nContent-Length: 300000\r\n\r\n"
        assert await client.status(refused) == 405
        for _ in range(30):
            client.send(bytes(10_000))
            await server_has_read(server)
        assert await client.status() == 200


async def server_has_read(server: Server) -> None:
    """Wait until the server has read what was sent: it then answers a later connection."""
    assert await (await server.connect()).status() == 200


async def test_the_second_head_has_its_deadline_from_its_first_byte() -> None:
    async with running(LIMITS) as server:
        client = await server.connect()
        assert await client.status() == 200
        client.send(HALF)
        assert (await client.rest()).startswith(b"HTTP/1.1 408 ")


async def test_a_connection_at_rest_stays_open_so_long_and_no_longer() -> None:
    async with running(replace(LIMITS, idle_s=0.6)) as server:
        client = await server.connect()
        began = monotonic()
        assert await client.status() == 200
        assert await client.is_closed()
        assert monotonic() - began > 0.6


async def test_a_request_in_progress_has_no_deadline_of_its_connection() -> None:
    async with running(LIMITS) as server:
        slow, silent = await server.connect(), await server.connect()
        slow.send(path("/wait"))
        await server.began.wait()
        assert await silent.is_closed()
        server.go_on.set()
        assert await slow.response() == (200, b"done")


async def test_a_body_that_is_late_is_a_408_and_the_end() -> None:
    async with running(LIMITS) as server:
        client = await server.connect()
        client.send(b"POST /echo HTTP/1.1\r\nHost: here\r\nContent-Length: 9\r\n\r\nhalf")
        head, _, body = (await client.rest()).partition(b"\r\n\r\n")

    assert head.startswith(b"HTTP/1.1 408 ")
    assert b"application/problem+json" in head
    assert b"connection: close" in head.lower()
    assert json.loads(body)["status"] == 408


async def test_who_does_not_read_the_response_is_cut_off() -> None:
    before = closed("not_read")
    async with running(LIMITS) as server:
        client = await server.connect()
        client.send(path("/large"))

        async def cut_off() -> bool:
            return closed("not_read") == before + 1

        await eventually(cut_off)


async def test_above_the_most_connections_the_one_that_waits_longest_gives_way() -> None:
    before = closed("displaced")
    async with running(replace(NEVER, connections_per_address=3)) as server:
        idle, half, third = [await server.connect() for _ in range(3)]
        half.send(HALF)
        assert await third.status() == 200
        fourth = await server.connect()
        assert await fourth.status() == 200
        assert await idle.is_closed()
        assert await (await server.connect()).status() == 200
        assert await half.is_closed()
        assert await third.status() == 200

    assert closed("displaced") == before + 2


async def test_a_known_caller_gives_way_after_all_strangers() -> None:
    async with running(replace(NEVER, connections=2)) as server:
        adapter = await server.connect()
        assert await adapter.status(path("/known")) == 200
        for _ in range(5):
            assert await (await server.connect()).status() == 200
        assert await adapter.status() == 200


async def test_with_a_request_on_each_the_new_connection_is_refused() -> None:
    before = closed("refused")
    async with running(replace(NEVER, connections=1)) as server:
        busy = await server.connect()
        busy.send(path("/wait"))
        await server.began.wait()
        assert await (await server.connect()).is_closed()
        server.go_on.set()
        assert await busy.response() == (200, b"done")

    assert closed("refused") == before + 1


async def test_a_trusted_proxy_may_open_more_than_one_address_may() -> None:
    limits = replace(NEVER, connections_per_address=1, proxies=[ip_network("127.0.0.0/8")])
    async with running(limits) as server:
        first, second = await server.connect(), await server.connect()
        assert await second.status() == await first.status() == 200


async def test_a_closed_connection_counts_no_more() -> None:
    def open_now() -> float:
        return REGISTRY.get_sample_value("route311_http_connections") or 0

    before = open_now()
    async with running(replace(NEVER, connections_per_address=2)) as server:
        for _ in range(5):
            client = await server.connect()
            assert await client.status() == 200
            client.writer.close()

        async def none_is_left() -> bool:
            return open_now() == before

        await eventually(none_is_left)
        one, two = await server.connect(), await server.connect()
        assert await one.status() == await two.status() == 200


async def test_pipelined_requests_are_all_answered() -> None:
    async with running(LIMITS) as server:
        client = await server.connect()
        client.send(GET * 3)
        assert [(await client.response())[0] for _ in range(3)] == [200] * 3


@pytest.mark.parametrize("count", [450, 1_500])
async def test_beside_half_open_heads_a_caller_is_answered_at_once(count: int) -> None:
    async with running(replace(NEVER, connections_per_address=256)) as server:
        crowd = []
        for _ in range(count):
            crowd.append(await server.connect())
            crowd[-1].send(HALF)
        began = monotonic()
        assert await (await server.connect()).status() == 200
        assert monotonic() - began < 0.25
