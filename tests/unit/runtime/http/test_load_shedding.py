"""Load shedding at the socket, as a client sees it."""

import asyncio
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from aiohttp import web

from shared.runtime.http.http_bytes import header_values, is_one_request, serialize_response
from shared.runtime.http.load_shedding import EarlyRejectGate, GateDecision, adopt_slot
from shared.runtime.http.server import serve_http
from tests.unit.runtime.http.raw_client import Client

REJECTION = serialize_response(web.Response(status=503, text="no", headers={"Retry-After": "2"}))


@dataclass
class Server:
    """Echoes posted bodies while slots are free; its responses wait for ``released``."""

    slots: int = 100
    adopted: list[bool] = field(default_factory=list)
    released: asyncio.Event = field(default_factory=asyncio.Event)
    began: asyncio.Event = field(default_factory=asyncio.Event)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    def decide(self, line: re.Match[bytes], head: bytes, peer: str) -> GateDecision:
        assert (line[0][:12], peer) == (b"POST /things", "127.0.0.1")
        if header_values(head, b"stranger"):
            return None
        if not self.slots:
            return REJECTION
        self.slots -= 1
        return self.release

    def release(self) -> None:
        self.slots += 1

    async def post(self, request: web.Request) -> web.Response:
        self.adopted.append(adopt_slot(request) == self.release)
        self.began.set()
        body = await request.text()
        await self.released.wait()
        return web.Response(text=f"got {body}")


def request(body: bytes = b"this", *headers: str, line: str = "POST /things HTTP/1.1") -> bytes:
    head = [line, "Host: here", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


async def ready() -> str | None:
    return None


@asynccontextmanager
async def connected(server: Server) -> AsyncGenerator[Client]:
    server.released.set()
    gate = EarlyRejectGate(re.compile(b"POST /things[ /]"), server.decide)
    routes = [web.post("/things", server.post), web.post("/others", server.post)]
    async with serve_http(
        "127.0.0.1", 0, routes=routes, check=ready, stopping=server.stopping, gate=gate
    ) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        client = Client(reader, writer)
        client.send(request(line="GET /live HTTP/1.1"))
        await client.response()
        yield client
        writer.close()
        await writer.wait_closed()


async def test_while_the_gate_is_shut_a_request_is_refused_also_after_one_that_was_answered() -> (
    None
):
    server = Server(slots=0)
    async with connected(server) as client:
        client.send(request())
        assert await client.response() == (503, b"no")
        server.slots = 1
        client.send(request())
        assert await client.response() == (200, b"got this")
        client.send(request())
        assert await client.response() == (503, b"no")


async def test_the_handler_takes_over_the_place_that_was_taken_at_the_gate() -> None:
    server = Server(slots=1)
    async with connected(server) as client:
        client.send(request())
        await client.response()
        client.send(request(line="POST /others HTTP/1.1"))
        await client.response()
    assert server.adopted == [True, False]
    assert server.slots == 0


async def test_a_stranger_passes_the_gate_without_a_place() -> None:
    server = Server(slots=1)
    async with connected(server) as client:
        client.send(request(b"this", "Stranger: yes"))
        assert await client.response() == (200, b"got this")
    assert (server.adopted, server.slots) == ([False], 1)


async def test_the_place_of_a_request_that_reached_no_handler_is_free_again() -> None:
    server = Server(slots=1)
    async with connected(server) as client:
        client.send(request(line="POST /things HTTP/9"))
        assert (await client.response())[0] == 400
        await client.reader.read()
    assert server.slots == 1


async def test_the_place_that_no_handler_took_over_is_free_after_the_response() -> None:
    server = Server(slots=1)
    async with connected(server) as client:
        client.send(request(line="POST /things/none HTTP/1.1"))
        assert (await client.response())[0] == 404
        client.send(request(line="POST /others HTTP/1.1"))
        await client.response()
        assert server.slots == 1


async def test_other_requests_pass_a_gate_that_is_shut() -> None:
    async with connected(Server(slots=0)) as client:
        client.send(request(line="POST /others HTTP/1.1"))
        assert (await client.response())[0] == 200


async def test_a_body_that_looks_like_a_request_is_a_body() -> None:
    server = Server(slots=0)
    inner = request(b"inner")
    async with connected(server) as client:
        head, _, _ = request(inner, line="POST /others HTTP/1.1").partition(b"\r\n\r\n")
        client.send(head + b"\r\n\r\n")
        await server.began.wait()
        client.send(inner)
        assert await client.response() == (200, b"got " + inner)


async def test_a_head_in_two_pieces_is_read_as_one() -> None:
    async with connected(Server(slots=0)) as client:
        client.send(b"GET /live HTTP/1.1\r\nNote: ")
        await server_has_read(client)
        client.send(request(b""))
        assert (await client.response())[0] == 200


async def test_answers_come_in_the_order_of_the_requests() -> None:
    server = Server()
    async with connected(server) as client:
        server.released.clear()
        client.send(request(b"first"))
        await server.began.wait()
        server.slots = 0
        client.send(request(b"second"))
        await server_has_read(client)
        server.released.set()
        assert await client.response() == (200, b"got first")


async def server_has_read(client: Client) -> None:
    """Wait until the server has read the client's data: it then answers a later connection."""
    host, port = client.writer.get_extra_info("peername")
    later = Client(*await asyncio.open_connection(host, port))
    later.send(request(line="GET /live HTTP/1.1"))
    await later.response()
    later.writer.close()
    await later.writer.wait_closed()


async def test_who_wants_the_connection_closed_gets_it_closed() -> None:
    async with connected(Server(slots=0)) as client:
        client.send(request(b"this", "Connection: close"))
        await client.response()
        assert await client.reader.read() == b""


@pytest.mark.parametrize(
    ("data", "whole"),
    [
        pytest.param(request(), True, id="a request with a body"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", True, id="a request without"),
        pytest.param(request()[:-1], False, id="a body cut short"),
        pytest.param(request() + b"G", False, id="the next one begins"),
        pytest.param(b"POST / HTTP/1.1\r\nHost:", False, id="a head cut short"),
        pytest.param(request(b"0", "Transfer-Encoding: chunked"), False, id="chunks"),
        pytest.param(request(b"this", "Expect: 100-continue"), False, id="waits for a word"),
        pytest.param(request().replace(b": 4", b": +4"), False, id="no number"),
        pytest.param(request().replace(b": 4", b": 0004"), True, id="zeros before the number"),
        pytest.param(request().replace(b": 4", b": " + b"4" * 5_000), False, id="5,000 digits"),
    ],
)
def test_only_what_is_whole_is_one_request(data: bytes, whole: bool) -> None:
    assert is_one_request(data) == whole


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ("Key: a", [b"a"]),
        ("key:\t a b ", [b"a b"]),
        ("X-Key: a", []),
        ("Key : a", []),
        ("Key: a\r\nKEY: b", [b"a", b"b"]),
        ("Key", []),
    ],
)
def test_a_header_is_found_by_its_whole_name(line: str, values: list[bytes]) -> None:
    head = request(b"", line).partition(b"\r\n\r\n")[0]
    assert header_values(head, b"key") == values


async def test_when_stopping_requests_are_answered_and_connections_closed() -> None:
    server = Server()
    async with connected(server) as client:
        server.stopping.set()
        client.send(request(line="GET /ready HTTP/1.1"))
        status, body = await client.response()
        assert (status, b"stopping" in body) == (503, True)
        assert await client.reader.read() == b""
