"""Bodies of strangers: not compressed, and within one budget of memory."""

import asyncio
import gzip
from collections.abc import AsyncGenerator
from io import BytesIO

import aiohttp
import pytest
from aiohttp import web

from shared.runtime.http.api_key_cache import ApiKeyCache
from shared.runtime.http.api_keys import Principal
from shared.runtime.http.body import read_body
from shared.runtime.http.body_budget import BodyBudget
from shared.runtime.http.callers import Callers
from shared.runtime.http.calls import MIB, answers_errors
from shared.runtime.http.rate_limits import TokenBuckets
from shared.runtime.http.server import serve_http
from tests.support.waiting import eventually

KEY = {"Authorization": "Bearer good"}
ZEROS = bytes(MIB)
HOLDERS = 11
"""Each holds 1 MiB and a little, and one address may hold 12 MiB."""


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

    async with (
        serve_http(
            "127.0.0.1",
            0,
            routes=[web.post("/", size)],
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


async def test_strangers_who_hold_all_the_room_get_503_and_leave_room_for_callers_with_a_key(
    client: aiohttp.ClientSession,
) -> None:
    base = client._base_url  # noqa: SLF001 - the port is known to the client alone
    assert base
    writers = []
    for _ in range(HOLDERS):
        _, writer = await asyncio.open_connection(base.host, base.port)
        writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % MIB)
        writer.write(ZEROS[:-1])
        writers.append(writer)

    async def is_full() -> bool:
        return (await post(client, ZEROS))[0] == 503

    await eventually(is_full)
    assert await post(client, ZEROS, **KEY) == (200, f"{MIB}")
    for writer in writers:
        writer.close()

    async def has_room() -> bool:
        return (await post(client, ZEROS))[0] == 200

    await eventually(has_room)


def test_one_address_holds_half_of_the_room_and_what_is_released_is_free() -> None:
    budget = BodyBudget(most=10, most_of_one=5)

    assert budget.try_hold("one", 5)
    assert not budget.try_hold("one", 1)
    assert budget.try_hold("two", 5)
    assert not budget.try_hold("three", 1)
    budget.release("one", 5)
    assert budget.try_hold("three", 5)
