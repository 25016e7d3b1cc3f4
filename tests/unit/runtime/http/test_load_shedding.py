"""A server whose requests may be refused at the socket, as a client sees it."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from aiohttp import web

from shared.runtime.http.load_shedding import (
    EarlyRejectGate,
    adopt_slot,
    is_one_request,
    serialize_response,
)
from shared.runtime.http.server import serve_http

NO = serialize_response(web.Response(status=503, text="no", headers={"Retry-After": "2"}))


@dataclass
class Server:
    """Echoes what is posted while there are places; ``held`` holds its answers back."""

    places: int = 100
    at_gate: list[bool] = field(default_factory=list)
    held: asyncio.Event = field(default_factory=asyncio.Event)
    began: asyncio.Event = field(default_factory=asyncio.Event)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    def enter(self) -> bytes | None:
        if not self.places:
            return NO
        self.places -= 1
        return None

    def leave(self) -> None:
        self.places += 1

    async def post(self, request: web.Request) -> web.Response:
        self.at_gate.append(adopt_slot(request))
        self.began.set()
        body = await request.text()
        await self.held.wait()
        return web.Response(text=f"got {body}")


@dataclass
class Caller:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def answer(self) -> tuple[int, bytes]:
        head = (await self.reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
        return int(head.split()[1]), await self.reader.readexactly(length)


def request(body: bytes = b"this", *headers: str, line: str = "POST /things HTTP/1.1") -> bytes:
    head = [line, "Host: here", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


async def fine() -> str | None:
    return None


@asynccontextmanager
async def calling(server: Server) -> AsyncGenerator[Caller]:
    server.held.set()
    gate = EarlyRejectGate(b"POST /things ", server.enter, server.leave)
    routes = [web.post("/things", server.post), web.post("/others", server.post)]
    async with serve_http(
        "127.0.0.1", 0, routes=routes, check=fine, stopping=server.stopping, gate=gate
    ) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        caller = Caller(reader, writer)
        caller.send(request(line="GET /live HTTP/1.1"))
        await caller.answer()
        yield caller
        writer.close()
        await writer.wait_closed()


async def test_while_the_gate_is_shut_a_request_is_refused_also_after_one_that_was_answered() -> (
    None
):
    server = Server(places=0)
    async with calling(server) as caller:
        caller.send(request())
        assert await caller.answer() == (503, b"no")
        server.places = 1
        caller.send(request())
        assert await caller.answer() == (200, b"got this")
        caller.send(request())
        assert await caller.answer() == (503, b"no")


async def test_the_handler_takes_over_the_place_that_was_taken_at_the_gate() -> None:
    server = Server(places=1)
    async with calling(server) as caller:
        caller.send(request())
        await caller.answer()
        caller.send(request(line="POST /others HTTP/1.1"))
        await caller.answer()
    assert server.at_gate == [True, False]
    assert server.places == 0


async def test_the_place_of_a_request_that_reached_no_handler_is_free_again() -> None:
    server = Server(places=1)
    async with calling(server) as caller:
        caller.send(request(line="POST /things HTTP/9"))
        assert (await caller.answer())[0] == 400
        await caller.reader.read()
    assert server.places == 1


async def test_other_requests_pass_a_gate_that_is_shut() -> None:
    async with calling(Server(places=0)) as caller:
        caller.send(request(line="POST /others HTTP/1.1"))
        assert (await caller.answer())[0] == 200


async def test_a_body_that_looks_like_a_request_is_a_body() -> None:
    server = Server(places=0)
    inner = request(b"inner")
    async with calling(server) as caller:
        head, _, _ = request(inner, line="POST /others HTTP/1.1").partition(b"\r\n\r\n")
        caller.send(head + b"\r\n\r\n")
        await server.began.wait()
        caller.send(inner)
        assert await caller.answer() == (200, b"got " + inner)


async def test_a_head_in_two_pieces_is_read_as_one() -> None:
    async with calling(Server(places=0)) as caller:
        caller.send(b"GET /live HTTP/1.1\r\nNote: ")
        await a_turn(caller)
        caller.send(request(b""))
        assert (await caller.answer())[0] == 200


async def test_answers_come_in_the_order_of_the_requests() -> None:
    server = Server()
    async with calling(server) as caller:
        server.held.clear()
        caller.send(request(b"first"))
        await server.began.wait()
        server.places = 0
        caller.send(request(b"second"))
        await a_turn(caller)
        server.held.set()
        assert await caller.answer() == (200, b"got first")


async def a_turn(caller: Caller) -> None:
    """Return when the server has seen what was sent: it answers somebody who came later."""
    host, port = caller.writer.get_extra_info("peername")
    later = Caller(*await asyncio.open_connection(host, port))
    later.send(request(line="GET /live HTTP/1.1"))
    await later.answer()
    later.writer.close()
    await later.writer.wait_closed()


async def test_who_wants_the_connection_closed_gets_it_closed() -> None:
    async with calling(Server(places=0)) as caller:
        caller.send(request(b"this", "Connection: close"))
        await caller.answer()
        assert await caller.reader.read() == b""


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
    ],
)
def test_only_what_is_whole_is_one_request(data: bytes, whole: bool) -> None:
    assert is_one_request(data) == whole


async def test_when_stopping_requests_are_answered_and_connections_closed() -> None:
    server = Server()
    async with calling(server) as caller:
        server.stopping.set()
        caller.send(request(line="GET /ready HTTP/1.1"))
        status, body = await caller.answer()
        assert (status, b"stopping" in body) == (503, True)
        assert await caller.reader.read() == b""
