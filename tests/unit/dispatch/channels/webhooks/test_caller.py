"""Calls of webhooks against servers on loopback."""

import asyncio
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from ipaddress import ip_address, ip_network
from typing import Any

import aiohttp
import pytest
import trustme
from aiohttp import web

from services.dispatch.channels.webhooks.rules import secret_of, signature
from services.dispatch.channels.webhooks.worker import call_webhook
from shared.network_addresses import Address
from shared.runtime.http.client import (
    MAX_ANSWER,
    NameLookup,
    OutgoingCalls,
    open_outgoing_calls,
)

LOOPBACK = (ip_network("127.0.0.0/8"),)
SECRETS = (secret_of(b"a" * 32), secret_of(b"b" * 32))
BODY = b'{"id": "1"}'
NAME = "bureau.example"

Answer = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


class Server:
    """A server that keeps what it got; ``connections`` counts those that were opened."""

    def __init__(self, answer: Answer, port: int) -> None:
        self.answer, self.port = answer, port
        self.requests: list[tuple[web.BaseRequest, bytes]] = []
        self.connections = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"


@asynccontextmanager
async def serving(answer: Answer, context: ssl.SSLContext | None = None) -> AsyncGenerator[Server]:
    server = Server(answer, 0)

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        server.requests.append((request, await request.read()))
        return await server.answer(request)

    handlers = web.Server(handle)

    def connected() -> web.RequestHandler:
        server.connections += 1
        return handlers()

    loop = asyncio.get_running_loop()
    listener = await loop.create_server(connected, "127.0.0.1", 0, ssl=context)
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listener.close()
        await handlers.shutdown(1)


def with_status(status: int, **headers: str) -> Answer:
    async def answer(_: web.BaseRequest) -> web.Response:
        return web.Response(status=status, headers=headers)

    return answer


def resolving(*addresses: str) -> Callable[[str], Awaitable[Sequence[Address]]]:
    async def look_up(_: str) -> Sequence[Address]:
        return [ip_address(address) for address in addresses]

    return look_up


async def test_a_call_has_the_bytes_and_is_signed_by_each_secret() -> None:
    async with serving(with_status(204)) as server, open_outgoing_calls(LOOPBACK) as calls:
        outcome = await call_webhook(calls, f"{server.url}?a=%2Fb", SECRETS, "1", BODY)

    [(request, body)] = server.requests
    timestamp = int(request.headers["webhook-timestamp"])
    assert (outcome.status, outcome.error) == (204, None)
    assert body == BODY
    assert request.headers["content-type"] == "application/cloudevents+json"
    assert request.headers["webhook-id"] == "1"
    assert request.headers["webhook-signature"] == signature(SECRETS, "1", timestamp, BODY)
    assert request.headers["host"] == f"127.0.0.1:{server.port}"
    assert request.path_qs == "/hook?a=%2Fb"


@pytest.mark.parametrize(
    ("answer", "status", "error"),
    [
        (with_status(302, Location="/elsewhere"), 302, "redirect_not_followed"),
        (with_status(410), 410, "gone"),
        (with_status(500), 500, "refused"),
    ],
)
async def test_what_is_not_2xx_has_failed_and_is_not_followed(
    answer: Answer, status: int, error: str
) -> None:
    async with serving(answer) as server, open_outgoing_calls(LOOPBACK) as calls:
        outcome = await call_webhook(calls, server.url, SECRETS, "1", BODY)

    assert (outcome.status, outcome.error) == (status, error)
    assert len(server.requests) == 1


async def test_an_answer_without_end_is_delivered_and_not_read_to_the_end() -> None:
    sent = 0

    async def endless(request: web.BaseRequest) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x" * MAX_ANSWER)
            sent += MAX_ANSWER

    async with serving(endless) as server, open_outgoing_calls(LOOPBACK) as calls:
        outcome = await call_webhook(calls, server.url, SECRETS, "1", BODY)

    assert (outcome.status, outcome.error) == (200, None)
    assert sent < 1_000 * MAX_ANSWER


async def test_no_answer_in_time_or_none_at_all_has_failed() -> None:
    ends = asyncio.Event()

    async def late(_: web.BaseRequest) -> web.Response:
        await ends.wait()
        return web.Response()

    async def cut_off(request: web.BaseRequest) -> web.Response:
        assert request.transport
        request.transport.abort()
        return web.Response()

    async with serving(late) as server, open_outgoing_calls(LOOPBACK) as calls:
        impatient = OutgoingCalls(calls.session, calls.addresses, calls.allow, within_s=0.2)
        timeout = await call_webhook(impatient, server.url, SECRETS, "1", BODY)
        server.answer = cut_off
        cut = await call_webhook(calls, server.url, SECRETS, "1", BODY)
        ends.set()

    assert (timeout.status, timeout.error) == (None, "timeout")
    assert (cut.status, cut.error) == (None, "connection")


@pytest.mark.parametrize(
    ("url", "addresses", "allow"),
    [
        ("http://127.0.0.1:{port}/", ["127.0.0.1"], ()),
        ("https://127.0.0.1:{port}/", ["127.0.0.1"], ()),
        ("http://2130706433:{port}/", ["127.0.0.1"], ()),
        (f"https://{NAME}:{{port}}/", ["127.0.0.1"], ()),
        (f"https://{NAME}:{{port}}/", ["8.8.8.8", "127.0.0.1"], ()),
        (f"https://{NAME}:{{port}}/", ["::ffff:127.0.0.1"], LOOPBACK),
        (f"https://{NAME}:{{port}}/", ["64:ff9b::7f00:1"], LOOPBACK),
        (f"http://{NAME}:{{port}}/", ["8.8.8.8"], LOOPBACK),
    ],
)
async def test_no_connection_is_opened_to_an_address_that_is_not_allowed(
    url: str, addresses: list[str], allow: Any
) -> None:
    async with serving(with_status(200)) as canary, open_outgoing_calls(allow) as calls:
        look_up = resolving(*addresses) if NAME in url else NameLookup().addresses
        judged = OutgoingCalls(calls.session, look_up, allow)
        outcome = await call_webhook(judged, url.format(port=canary.port), SECRETS, "1", BODY)

    assert (outcome.status, outcome.error) == (None, "address_not_allowed")
    assert canary.connections == 0


async def test_a_name_is_judged_again_at_each_call() -> None:
    found = [ip_address("127.0.0.1")]

    async def look_up(_: str) -> Sequence[Address]:
        return found

    async with serving(with_status(200)) as server, open_outgoing_calls(LOOPBACK) as calls:
        rebound = OutgoingCalls(calls.session, look_up, LOOPBACK)
        url = f"http://{NAME}:{server.port}/"
        first = await call_webhook(rebound, url, SECRETS, "1", BODY)
        found[:] = [ip_address("169.254.169.254")]
        second = await call_webhook(rebound, url, SECRETS, "1", BODY)

    assert (first.error, second.error) == (None, "address_not_allowed")
    assert len(server.requests) == 1


async def test_the_certificate_is_that_of_the_name_and_not_of_the_address() -> None:
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(NAME).configure_cert(context)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    async with (
        serving(with_status(200), context) as server,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=trusting)) as session,
        open_outgoing_calls(LOOPBACK) as stranger,
    ):
        url = f"https://{NAME}:{server.port}/"
        calls = OutgoingCalls(session, resolving("127.0.0.1"), LOOPBACK)
        good = await call_webhook(calls, url, SECRETS, "1", BODY)
        other = await call_webhook(calls, f"https://127.0.0.1:{server.port}/", SECRETS, "1", BODY)
        strange = OutgoingCalls(stranger.session, resolving("127.0.0.1"), LOOPBACK)
        unknown = await call_webhook(strange, url, SECRETS, "1", BODY)

    assert (good.error, other.error, unknown.error) == (None, "certificate", "certificate")
    assert [request.headers["host"] for request, _ in server.requests] == [f"{NAME}:{server.port}"]


async def test_a_name_that_is_none_is_told_as_such() -> None:
    async with open_outgoing_calls(LOOPBACK) as calls:
        outcome = await call_webhook(calls, f"https://{'a' * 64}.example/", SECRETS, "1", BODY)

    assert outcome.error == "name_not_found"
