"""``route311 bureau check --url`` against a good endpoint and bad ones."""

import asyncio
import hmac
import json
import time
from base64 import b64decode, b64encode
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from hashlib import sha256
from itertools import count

import pytest
from aiohttp import web
from typer.testing import CliRunner, Result

from cli.main import build
from services.dispatch.channels.webhooks.rules import secret_of
from workbench.bureau.endpoint import check_endpoint
from workbench.bureau.findings import BureauFinding

SECRET = secret_of(b"s" * 32)
BUREAU = "PBOT-MOD"
Answer = Callable[[web.BaseRequest, bytes], Awaitable[int]]


def is_genuine(request: web.BaseRequest, body: bytes) -> bool:
    """Return True for a fresh call that is signed, as the guide for bureaus says."""
    id_, at = request.headers["webhook-id"], request.headers["webhook-timestamp"]
    key = b64decode(SECRET.removeprefix("whsec_"))
    mac = b64encode(hmac.digest(key, f"{id_}.{at}.".encode() + body, sha256)).decode()
    given = request.headers.get("webhook-signature", "").split()
    return abs(time.time() - int(at)) < 300 and f"v1,{mac}" in given


async def good(request: web.BaseRequest, body: bytes) -> int:
    return 204 if is_genuine(request, body) else 401


async def trusting(_: web.BaseRequest, __: bytes) -> int:
    return 200


async def redirecting(_: web.BaseRequest, __: bytes) -> int:
    return 302


def strict() -> Answer:
    """An endpoint that answers a repeat with a conflict, and knows no stale call."""
    seen = set[str]()

    async def answer(request: web.BaseRequest, body: bytes) -> int:
        headers = request.headers
        id_, given = headers["webhook-id"], headers.get("webhook-signature", "")
        signed = f"{id_}.{headers['webhook-timestamp']}.".encode() + body
        key = b64decode(SECRET.removeprefix("whsec_"))
        mac = b64encode(hmac.digest(key, signed, sha256)).decode()
        if f"v1,{mac}" != given:
            return 401
        known = id_ in seen
        seen.add(id_)
        return 409 if known else 204

    return answer


def fragile() -> Answer:
    """An endpoint that knows new work orders alone, field by field, and stops after 15 calls."""
    calls = count(1)

    async def answer(request: web.BaseRequest, body: bytes) -> int:
        event = json.loads(body)
        if next(calls) > 15:
            return 503
        if not is_genuine(request, body):
            return 401
        is_known = (
            event["type"].endswith("issued.v1") and "a_field_of_tomorrow" not in event["data"]
        )
        return 204 if is_known else 500

    return answer


@asynccontextmanager
async def serving(answer: Answer) -> AsyncGenerator[str]:
    async def handle(request: web.BaseRequest) -> web.Response:
        body = await request.read()
        assert json.loads(body)["data"]["bureau"] == BUREAU
        status = await answer(request, body)
        return web.Response(status=status, headers={"Location": "/elsewhere"})

    handlers = web.Server(handle)
    listener = await asyncio.get_running_loop().create_server(handlers, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}/hook"
    listener.close()
    await handlers.shutdown(0)


async def findings_of(answer: Answer) -> list[BureauFinding]:
    async with serving(answer) as url:
        found = await check_endpoint(BUREAU, url, SECRET)
    return [finding for finding in found if finding.code != "url"]  # it is on loopback


@pytest.mark.parametrize(
    ("answer", "codes"),
    [
        pytest.param(good, [], id="good"),
        pytest.param(
            trusting,
            ["forged_taken", "unsigned_taken", "changed_body_taken", "stale_taken"],
            id="no check of the signature",
        ),
        pytest.param(
            strict(),
            ["repeat_refused", "rotation_refused", "replay_refused", "stale_taken"],
            id="repeats are errors",
        ),
        pytest.param(
            fragile(),
            ["change_refused", "reminder_refused", "new_field_refused", "burst_refused"],
            id="anything new is an error",
        ),
        pytest.param(redirecting, ["not_taken"], id="redirects"),
    ],
)
async def test_what_is_wrong_with_an_endpoint_is_found(answer: Answer, codes: list[str]) -> None:
    found = await findings_of(answer)

    assert [finding.code for finding in found] == codes
    assert all(finding.is_wrong for finding in found)


async def test_an_endpoint_that_does_not_answer_is_asked_once() -> None:
    ends, calls = asyncio.Event(), list[bytes]()

    async def hang(_: web.BaseRequest, body: bytes) -> int:
        calls.append(body)
        await ends.wait()
        return 204

    async with serving(hang) as url:
        _, finding = await check_endpoint(BUREAU, url, SECRET, within_s=0.5)
        ends.set()

    assert len(calls) == 1
    assert finding.code == "not_taken"
    assert "no answer within 15 s" in finding.sentence


def invoke(*words: str) -> Result:
    command = ["bureau", "check", BUREAU, *words]
    return CliRunner().invoke(build(command), command)


async def test_the_command_says_it_in_sentences_and_ends_with_1() -> None:
    async with serving(trusting) as url:
        wrong = await asyncio.to_thread(invoke, "--url", url, "--secret", SECRET)
    async with serving(good) as url:
        right = await asyncio.to_thread(invoke, "--url", url, "--secret", SECRET, "--json")

    assert wrong.exit_code == 1
    assert "It took an event that is signed by another secret" in wrong.output
    assert right.exit_code == 0
    [finding] = json.loads(right.output)["findings"]
    assert (finding["code"], finding["is_wrong"]) == ("url", False)
    assert invoke("--url", url, "--secret", "secret").exit_code == 2
