"""Errors of the HTTP server itself, as a caller sees them."""

import asyncio
import socket
from collections.abc import AsyncGenerator
from contextlib import suppress
from io import BytesIO
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from structlog.testing import capture_logs

from shared.runtime.http.server import serve_http

PROBLEM = "application/problem+json"


async def ready() -> str | None:
    return None


async def echo(request: web.Request) -> web.Response:
    return web.Response(body=await request.read())


async def crash(_: web.Request) -> web.Response:
    raise LookupError("a secret")


async def crash_later(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    await response.write(b"the first part")
    raise LookupError("a secret")


async def impossible(_: web.Request) -> web.Response:
    return web.Response(headers={"Note": "a secret\r\n"})


async def redirect(_: web.Request) -> web.Response:
    raise web.HTTPFound("/live")


@pytest.fixture
async def port() -> AsyncGenerator[int]:
    routes = [
        web.get("/things", echo),
        web.post("/things", echo),
        web.get("/crash", crash),
        web.get("/crash-later", crash_later),
        web.get("/impossible", impossible),
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


async def exchange(port: int, data: bytes) -> tuple[bytes, bytes]:
    """Send bytes; return head and body of all that comes until the connection closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(data)
    head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()
    return head.lower(), body


def call(*headers: str, line: str = "POST /things HTTP/1.1") -> bytes:
    return "\r\n".join([line, "Host: here", "Connection: close", *headers, "", ""]).encode()


@pytest.mark.parametrize(
    ("data", "status"),
    [
        pytest.param(call("Expect: tea"), 417, id="expects tea"),
        pytest.param(call("Expect: tea", line="GET /nowhere HTTP/1.1"), 417, id="tea, nowhere"),
        pytest.param(call("Expect: ÿ").replace("ÿ".encode(), b"\xff"), 417, id="expects no UTF-8"),
        pytest.param(call("Content-Encoding: gzip", "Content-Length: 4") + b"text", 400, id="gzip"),
        pytest.param(call("Transfer-Encoding: chunked") + b"zz\r\nabc\r\n", 400, id="chunks"),
        pytest.param(call("Content-Length: -1"), 400, id="length"),
        pytest.param(call("X-A: " + "a" * 8_001), 431, id="a long header"),
        pytest.param(call(line=f"POST /{'a' * 8_191} HTTP/1.1"), 414, id="a long target"),
        pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\xfe", 400, id="TLS"),
    ],
)
async def test_every_error_is_a_problem_and_no_fault(port: int, data: bytes, status: int) -> None:
    head, body = await exchange(port, data)
    assert head.split()[1] == f"{status}".encode()
    assert b"content-type: application/problem+json" in head
    assert b"connection: keep-alive" not in head
    assert f'"status": {status}'.encode() in body


CANARY = "key-canary"
MALFORMED = {
    "a header": call(f"Authorization: Bearer {CANARY}\x00"),
    "a method": call(line=f"{CANARY}\x00 / HTTP/1.1"),
    "a path": call(line=f"GET /{CANARY} HTTP/9"),
    "a long path": call(line=f"GET /{CANARY * 5_000} HTTP/1.1"),
    "a body": call("Transfer-Encoding: chunked") + CANARY.encode(),
    "a body that nobody reads": call("Transfer-Encoding: chunked", line="POST /live HTTP/1.1")
    + CANARY.encode(),
    "an expectation": call(f"Expect: {CANARY}ÿ").replace("ÿ".encode(), b"\xff"),
    "a coding": call(f"Content-Encoding: gzip\r\nContent-Length: {len(CANARY)}") + CANARY.encode(),
}


@pytest.mark.parametrize("what", MALFORMED)
async def test_no_log_shows_what_a_malformed_request_holds(
    port: int, what: str, caplog: pytest.LogCaptureFixture
) -> None:
    with capture_logs() as logged:
        await exchange(port, MALFORMED[what])

    assert CANARY not in caplog.text
    assert CANARY not in str(logged)
    assert logged == []


@pytest.mark.parametrize("path", ["/crash", "/crash-later"])
async def test_the_log_of_a_crash_shows_its_type_and_place_and_no_text(
    port: int, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    with capture_logs() as logged:
        _, body = await exchange(port, call(line=f"GET {path} HTTP/1.1"))

    assert b"HTTP/1.1" not in body, "two responses to one request"
    [crash_log] = logged
    assert (crash_log["event"], crash_log["error"]) == ("http_request_failed", "LookupError")
    assert path[1:].replace("-", "_") in crash_log["at"][-1]
    assert "secret" not in str(logged) + caplog.text


async def test_the_log_of_a_response_that_cannot_be_sent_shows_no_text_either(
    port: int, caplog: pytest.LogCaptureFixture
) -> None:
    with capture_logs() as logged:
        await exchange(port, call(line="GET /impossible HTTP/1.1"))

    [failure] = logged
    assert (failure["event"], failure["error"]) == ("http_connection_failed", "ValueError")
    assert "secret" not in str(logged) + caplog.text


async def test_metrics_have_a_port_of_their_own_where_one_is_set() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        metrics_port = free.getsockname()[1]
    async with (
        serve_http(
            "127.0.0.1",
            0,
            routes=[],
            check=ready,
            stopping=asyncio.Event(),
            metrics_port=metrics_port,
        ) as port,
        aiohttp.ClientSession() as client,
    ):
        statuses = {}
        for at in (port, metrics_port):
            for path in ("/metrics", "/live"):
                async with client.get(f"http://127.0.0.1:{at}{path}") as response:
                    statuses[at == metrics_port, path] = response.status

    assert statuses == {
        (False, "/metrics"): 404,
        (False, "/live"): 200,
        (True, "/metrics"): 200,
        (True, "/live"): 404,
    }


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(call(line="GET /live HTTP/1.1"), id="health"),
        pytest.param(call(line="GET /nowhere HTTP/1.1"), id="no route"),
        pytest.param(call(), id="an answer"),
        pytest.param(call(line="GET /crash HTTP/1.1"), id="a crash"),
        pytest.param(b"GET /live HTTP/9\r\n\r\n", id="no HTTP"),
    ],
)
async def test_no_browser_may_guess_what_a_body_is(port: int, sent: bytes) -> None:
    head, _ = await exchange(port, sent)
    assert head.count(b"\r\nx-content-type-options: nosniff") == 1


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


async def test_every_service_describes_its_own_routes_and_its_health(port: int) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{port}/openapi.json") as response,
    ):
        document = await response.json()
    assert document["paths"].keys() == {"/live", "/ready", "/serving", "/metrics"}
    assert document["paths"]["/ready"]["get"]["responses"].keys() == {"200", "422", "503"}
