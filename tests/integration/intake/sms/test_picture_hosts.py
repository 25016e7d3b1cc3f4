"""Servers of pictures that mean harm: each fetch stays within its bounds."""

import asyncio
import gzip
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from ipaddress import ip_address, ip_network
from typing import TypeAlias

import pytest

from services.intake.channels.sms.picture_fetching import LaterError, LeftOutError, PictureSource
from services.intake.channels.sms.rules.pictures import MAX_REDIRECTS
from services.intake.pictures import MAX_BYTES
from shared.network_addresses import Address
from shared.runtime.http.client import JudgedCalls, open_judged_calls

pytestmark = pytest.mark.integration

HOST = "pictures.example"
LOGIN = {"Authorization": "Basic QUMxOnNlY3JldA=="}
LOOPBACK = ip_network("127.0.0.1/32")
OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
_MOST_MIB = 64

Answer: TypeAlias = Callable[[asyncio.StreamWriter], Awaitable[None]]


class HarmfulServer:
    """A server that answers each call by some bytes, then by others again and again.

    Attributes:
        heads: The head of each call.
        sent: Bytes that went out.
    """

    def __init__(self, begin: bytes, then: bytes = b"", *, hangs: bool = False) -> None:
        self._begin, self._then, self._hangs = begin, then, hangs
        self.heads: list[bytes] = []
        self.sent, self.port = 0, 0

    @asynccontextmanager
    async def serving(self) -> AsyncGenerator[str]:
        """Serve; yield the address of a picture."""
        server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        async with server:
            yield f"http://{HOST}:{self.port}/picture"

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            self.heads.append(await reader.readuntil(b"\r\n\r\n"))
            port = f"{self.port}".encode()
            writer.write(self._begin.replace(b"PORT", port))
            while self._then and self.sent < _MOST_MIB * 1024 * 1024:
                writer.write(self._then)
                self.sent += len(self._then)
                await writer.drain()
            if self._hangs:
                await reader.read()
        writer.close()


async def at_home(_host: str) -> list[Address]:
    return [ip_address("127.0.0.1")]


@pytest.fixture
async def calls() -> AsyncGenerator[JudgedCalls]:
    async with open_judged_calls((LOOPBACK,)) as calls:
        yield replace(calls, addresses=at_home)


@pytest.mark.parametrize(
    ("begin", "then", "reason"),
    [
        pytest.param(OK + b"\r\n", bytes(65_536), "too_many_bytes", id="a body without an end"),
        pytest.param(
            CHUNKED, b"10000\r\n" + bytes(65_536) + b"\r\n", "too_many_bytes", id="endless chunks"
        ),
        pytest.param(
            b"HTTP/1.1 302 Found\r\nLocation: /picture\r\n\r\n",
            bytes(65_536),
            "too_many_redirects",
            id="a loop of redirects, each with a body",
        ),
        pytest.param(
            b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/latest/\r\n\r\n",
            b"",
            "host_not_allowed",
            id="a redirect to the metadata of a cloud",
        ),
        pytest.param(
            b"HTTP/1.1 307 Moved\r\nLocation: //127.0.0.1:PORT/\r\n\r\n",
            b"",
            "host_not_allowed",
            id="a redirect to an address",
        ),
        pytest.param(
            b"HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\n\r\n",
            b"",
            "host_not_allowed",
            id="a redirect to a file",
        ),
        pytest.param(
            b"HTTP/1.1 401 No\r\nWWW-Authenticate: Basic\r\n\r\n", bytes(65_536), "401", id="401"
        ),
    ],
)
async def test_what_no_other_try_can_get_is_left_out(
    calls: JudgedCalls, begin: bytes, then: bytes, reason: str
) -> None:
    server = HarmfulServer(begin, then)
    async with server.serving() as url:
        with pytest.raises(LeftOutError, match=reason):
            await PictureSource(calls, (HOST,), LOGIN).fetch(url)

    assert len(server.heads) <= 1 + MAX_REDIRECTS
    assert server.sent < _MOST_MIB * 1024 * 1024


@pytest.mark.parametrize(
    ("begin", "then"),
    [
        pytest.param(OK, b"A: b\r\n" * 10_000, id="headers without an end"),
        pytest.param(OK + b"A: ", b"b" * 65_536, id="a header without an end"),
        pytest.param(CHUNKED + b"1\r\nX\r\n0\r\n", b"A: b\r\n" * 10_000, id="endless trailers"),
        pytest.param(b"", bytes(65_536), id="no HTTP"),
        pytest.param(OK + b"Content-Length: 5\r\n\r\n" + bytes(5_000), b"", id="a short length"),
        pytest.param(OK + b"Content-Length: 5000\r\n\r\nxx", b"", id="a long length"),
        pytest.param(OK + b"Content-Length: -5\r\n\r\nxx", b"", id="a length below 0"),
        pytest.param(b"HTTP/1.1 503 Later\r\n\r\n", bytes(65_536), id="503"),
        pytest.param(b"", b"", id="nothing"),
    ],
)
async def test_what_breaks_http_is_tried_again_later(
    calls: JudgedCalls, begin: bytes, then: bytes
) -> None:
    server = HarmfulServer(begin, then)
    async with server.serving() as url:
        with pytest.raises(LaterError):
            await PictureSource(calls, (HOST,)).fetch(url)

    assert server.sent < _MOST_MIB * 1024 * 1024


@pytest.mark.parametrize(
    "begin",
    [
        pytest.param(b"", id="no head"),
        pytest.param(OK + b"Content-Length: 1000\r\n\r\nx", id="half a body"),
        pytest.param(b"HTTP/1.1 100 Continue\r\n\r\n" * 1_000, id="interim answers"),
    ],
)
async def test_a_server_that_takes_its_time_ends_with_the_deadline_of_the_whole_fetch(
    calls: JudgedCalls, begin: bytes
) -> None:
    server = HarmfulServer(begin, hangs=True)
    source = PictureSource(calls, (HOST,), within_s=0.2)
    async with server.serving() as url:
        with pytest.raises(LaterError, match="TimeoutError"):
            await source.fetch(url)


async def test_what_is_packed_is_not_unpacked(calls: JudgedCalls) -> None:
    bomb = gzip.compress(bytes(8 * MAX_BYTES), 9)
    length = f"Content-Encoding: gzip\r\nContent-Length: {len(bomb)}\r\n\r\n"
    async with HarmfulServer(OK + length.encode() + bomb).serving() as url:
        assert await PictureSource(calls, (HOST,)).fetch(url) == bomb


async def test_each_call_judges_the_address_that_it_connects_to(calls: JudgedCalls) -> None:
    """A name that has another address at every look-up."""
    found = iter(["127.0.0.1", "127.0.0.2"])

    async def rebound(_host: str) -> list[Address]:
        return [ip_address(next(found))]

    location = f"http://{HOST}:PORT/other".encode()
    server = HarmfulServer(b"HTTP/1.1 302 Found\r\nLocation: " + location + b"\r\n\r\n")
    async with server.serving() as url:
        with pytest.raises(LeftOutError, match="address_not_allowed"):
            await PictureSource(replace(calls, addresses=rebound), (HOST,)).fetch(url)

    assert len(server.heads) == 1
