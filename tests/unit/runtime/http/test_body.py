"""Bodies of strangers: not compressed, and within one memory that their addresses share fairly."""

import asyncio
import gzip
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from io import BytesIO
from itertools import product

import aiohttp
import pytest
from aiohttp import web

from shared.runtime.http.api_keys import ApiKeyCache, Principal
from shared.runtime.http.authentication import Callers
from shared.runtime.http.body import read_body
from shared.runtime.http.body_memory import BODY_MEMORY
from shared.runtime.http.calls import MIB, answers_errors
from shared.runtime.http.rate_limits import TokenBuckets
from shared.runtime.http.server import serve_http
from tests.support.waiting import eventually

KEY = {"Authorization": "Bearer good"}
ZEROS = bytes(MIB)
MOST = 24 * MIB


async def look_up(authorization: str) -> Principal | None:
    return Principal("demo", "adapter") if authorization == KEY["Authorization"] else None


async def nothing_missing() -> None:
    return None


@pytest.fixture
async def client() -> AsyncGenerator[aiohttp.ClientSession]:
    limits = TokenBuckets(1_000)
    callers = Callers(ApiKeyCache(look_up), limits, limits, limits)

    @answers_errors("Call again.")
    async def size(request: web.Request) -> web.Response:
        if "Authorization" in request.headers:
            await callers.adapter(request, is_counted=True)
        return web.json_response(len(await read_body(request)))

    async def held(request: web.Request) -> web.Response:
        return web.json_response(request.app[BODY_MEMORY].held)

    async with (
        serve_http(
            "127.0.0.1",
            0,
            routes=[web.post("/", size), web.get("/held", held)],
            check=nothing_missing,
            stopping=asyncio.Event(),
        ) as port,
        aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session,
    ):
        yield session


async def post(client: aiohttp.ClientSession, body: bytes, **headers: str) -> tuple[int, str]:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    async with client.post("/", data=BytesIO(body), headers=sent) as response:
        return response.status, await response.text()


async def held(client: aiohttp.ClientSession) -> int:
    async with client.get("/held") as response:
        return int(await response.text())


@pytest.mark.parametrize("coding", ["gzip", "deflate", "identity", "tea"])
async def test_a_stranger_may_not_compress_a_body(
    client: aiohttp.ClientSession, coding: str
) -> None:
    status, problem = await post(client, gzip.compress(ZEROS), Content_Encoding=coding)

    assert status == 415
    assert "Content-Encoding" in problem


async def test_a_caller_with_a_key_may_compress_a_body(client: aiohttp.ClientSession) -> None:
    body = gzip.compress(ZEROS)

    assert await post(client, body, Content_Encoding="gzip", **KEY) == (200, f"{MIB}")


@asynccontextmanager
async def unfinished(
    client: aiohttp.ClientSession, addresses: Sequence[str], sizes: Sequence[int]
) -> AsyncGenerator[None]:
    """Hold bodies open from each address, of which so many bytes came and no more do."""
    base = client._base_url  # noqa: SLF001 - the port is known to the client alone
    assert base
    writers = []
    for address, size in product(addresses, sizes):
        _, writer = await asyncio.open_connection(base.host, base.port, local_addr=(address, 0))
        writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % MIB)
        writer.write(bytes(size))
        await writer.drain()
        writers.append(writer)
    yield
    for writer in writers:
        writer.transport.abort()


@pytest.mark.parametrize("addresses", [1, 2, 5, 20])
async def test_unfinished_bodies_keep_no_body_of_another_address_out(
    client: aiohttp.ClientSession, addresses: int
) -> None:
    """First by large bodies, then by ever smaller ones, until there is room for none."""
    theirs = [f"127.0.0.{number}" for number in range(2, 2 + addresses)]
    sizes = [MIB - 1] * (24 // addresses + 1) + [64 * 1024] * 20 + [1_024] * 40

    async def is_full() -> bool:
        return await held(client) > MOST - 2 * MIB

    async with unfinished(client, theirs, sizes):
        await eventually(is_full)
        assert [await post(client, bytes(size)) for size in (10, 1_024, 64 * 1024)] == [
            (200, "10"),
            (200, "1024"),
            (200, f"{64 * 1024}"),
        ]
        assert await post(client, ZEROS, **KEY) == (200, f"{MIB}")

    async def is_empty() -> bool:
        return not await held(client)

    await eventually(is_empty)
