"""Errors of the HTTP server itself, as a caller sees them."""

import asyncio
from collections.abc import AsyncGenerator
from io import BytesIO
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from shared.runtime.http.server import serve_http

PROBLEM = "application/problem+json"


async def ready() -> str | None:
    return None


async def echo(request: web.Request) -> web.Response:
    return web.Response(body=await request.read())


async def crash(_: web.Request) -> web.Response:
    raise LookupError("a secret")


async def redirect(_: web.Request) -> web.Response:
    raise web.HTTPFound("/live")


@pytest.fixture
async def port() -> AsyncGenerator[int]:
    routes = [
        web.get("/things", echo),
        web.post("/things", echo),
        web.get("/crash", crash),
        web.get("/redirect", redirect),
    ]
    async with serve_http(
        "127.0.0.1", 0, routes=routes, check=ready, stopping=asyncio.Event()
    ) as bound:
        yield bound


@pytest.fixture
async def client(port: int) -> AsyncGenerator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
        yield session


async def problem_of(response: aiohttp.ClientResponse) -> dict[str, Any]:
    assert response.content_type == PROBLEM
    problem: dict[str, Any] = await response.json(content_type=PROBLEM)
    assert problem.keys() == {"type", "title", "status", "detail"}
    assert problem["type"] == "about:blank"
    assert problem["status"] == response.status
    assert problem["detail"]
    return problem


async def test_an_unknown_route_is_a_404_with_problem_details(
    client: aiohttp.ClientSession,
) -> None:
    async with client.get("/no/such/path") as response:
        problem = await problem_of(response)
    assert (response.status, problem["title"]) == (404, "Not Found")
    assert "such" not in problem["detail"]


async def test_a_wrong_method_is_a_405_with_problem_details_and_allow(
    client: aiohttp.ClientSession,
) -> None:
    async with client.delete("/things") as response:
        problem = await problem_of(response)
    assert (response.status, problem["title"]) == (405, "Method Not Allowed")
    assert response.headers["Allow"] == "GET,HEAD,POST"


async def test_options_is_a_method_like_any_other(client: aiohttp.ClientSession) -> None:
    async with client.options("/live") as response:
        await problem_of(response)
    assert (response.status, response.headers["Allow"]) == (405, "GET,HEAD")


async def test_the_response_to_head_has_no_body(client: aiohttp.ClientSession) -> None:
    async with client.head("/no/such/path") as missing, client.head("/live") as live:
        assert (missing.status, missing.content_type, await missing.read()) == (404, PROBLEM, b"")
        assert (live.status, await live.read()) == (200, b"")


async def test_a_body_that_is_too_large_is_a_413_with_problem_details(
    client: aiohttp.ClientSession,
) -> None:
    async with client.post("/things", data=BytesIO(bytes(1024 * 1024 + 1))) as response:
        await problem_of(response)
    assert response.status == 413


async def test_what_is_no_http_is_a_400_with_problem_details(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /live HTTP/9\r\n\r\n")
    response = await reader.read()
    writer.close()
    await writer.wait_closed()
    assert response.startswith((b"HTTP/1.0 400 ", b"HTTP/1.1 400 "))
    assert b"content-type: application/problem+json" in response.lower()
    assert b'"status": 400' in response


async def test_a_crash_is_a_500_with_problem_details_that_tell_nothing(
    client: aiohttp.ClientSession,
) -> None:
    async with client.get("/crash") as response:
        problem = await problem_of(response)
    assert response.status == 500
    assert "secret" not in str(problem)


async def test_a_redirect_stays_a_redirect(client: aiohttp.ClientSession) -> None:
    async with client.get("/redirect", allow_redirects=False) as response:
        assert (response.status, response.headers["Location"]) == (302, "/live")


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        pytest.param("/live", "application/json", id="live"),
        pytest.param("/ready", "application/json", id="ready"),
        pytest.param("/metrics", "text/plain", id="metrics"),
    ],
)
async def test_health_and_metrics_are_no_problems(
    client: aiohttp.ClientSession, path: str, content_type: str
) -> None:
    async with client.get(path) as response:
        assert (response.status, response.content_type) == (200, content_type)
