"""Webhooks: an operator sets them, dispatch calls them, and the log tells what came of it."""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from ipaddress import ip_network
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from opentelemetry.sdk.trace import ReadableSpan
from typer.testing import CliRunner

from cli import calls
from cli.bureau.command import bureau
from services.dispatch.channels.webhooks.rules import signature
from services.dispatch.settings import DispatchSettings
from shared.contract.topics import bureau_work
from shared.delivery_attempts import MAX_IN_FLIGHT
from shared.runtime.postgres import Pool
from tests.support.databases import Database
from tests.support.dispatch.http_access import (
    KEYS,
    OPERATOR,
    add_keys,
    change_order,
    open_case,
    serving_dispatch,
)
from tests.support.dispatch.sinkholes import LEAD, sinkhole
from tests.support.intake.http_client import Response, call
from tests.support.spans import CALLER, TRACEPARENT, Spans, parent_of
from tests.support.topic_log import TopicLog
from tests.support.waiting import eventually

pytestmark = pytest.mark.integration

OTHER = "WATER"
HOOK = "/v1/bureaus/{}/webhook"
Answer = Callable[[Any], Awaitable[int]]


class Receiver:
    """A bureau's endpoint that keeps each call; ``answer`` returns a status for an event."""

    def __init__(self) -> None:
        self.calls: list[tuple[dict[str, str], bytes]] = []
        self.answer: Answer = accept
        self.url = ""

    @property
    def versions(self) -> list[tuple[str, int]]:
        """Work order and version of each call, in order."""
        found = [json.loads(body)["data"] for _, body in self.calls]
        return [(order["work_order_id"], order["version"]) for order in found]

    async def take(self, request: web.BaseRequest) -> web.Response:
        body = await request.read()
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.calls.append((headers, body))
        status = await self.answer(json.loads(body))
        return web.Response(status=status, headers={"Retry-After": "0"})

    async def got(self, count: int) -> None:
        async def enough() -> bool:
            return len(self.calls) >= count

        await eventually(enough)


async def accept(_: Any) -> int:
    return 204


@asynccontextmanager
async def receiving() -> AsyncGenerator[Receiver]:
    receiver = Receiver()
    handlers = web.Server(receiver.take)
    listener = await asyncio.get_running_loop().create_server(handlers, "127.0.0.1", 0)
    receiver.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}/hook"
    yield receiver
    listener.close()
    await handlers.shutdown(1)


@pytest.fixture
async def receiver() -> AsyncGenerator[Receiver]:
    async with receiving() as receiver:
        yield receiver


@pytest.fixture
async def client(
    database: Database, settings: DispatchSettings
) -> AsyncGenerator[aiohttp.ClientSession]:
    await add_keys(database)
    local = settings.model_copy(update={"webhook_allow": (ip_network("127.0.0.0/8"),)})
    async with serving_dispatch(local) as client:
        yield client


async def put(
    client: aiohttp.ClientSession, url: str, bureau: str = LEAD, *, key: str = OPERATOR
) -> Response:
    body = {"url": url, "enabled": True}
    return await call(client, "PUT", HOOK.format(bureau), key, json=body)


async def log_of(client: aiohttp.ClientSession, **query: Any) -> Any:
    path = f"/v1/bureaus/{LEAD}/deliveries"
    return (await call(client, "GET", path, KEYS[LEAD], params=query)).json


async def test_a_bureau_gets_what_is_issued_after_its_webhook_was_set(
    client: aiohttp.ClientSession, pool: Pool, receiver: Receiver, topic_log: TopicLog
) -> None:
    await open_case(pool, sinkhole())
    first = (await put(client, receiver.url)).json
    rotated = (await call(client, "POST", HOOK.format(LEAD) + "/rotate", OPERATOR)).json
    assert rotated["secrets"][:1] == first["secrets"]
    assert len(rotated["secrets"]) == 2
    assert (await put(client, receiver.url)).json == rotated

    await open_case(pool, sinkhole())
    await receiver.got(1)

    await topic_log.at_least(2, bureau_work(LEAD))
    [(headers, body)] = receiver.calls
    assert body == (await topic_log.values(bureau_work(LEAD)))[1]
    event = json.loads(body)
    assert headers["webhook-id"] == event["id"]
    sent_at = int(headers["webhook-timestamp"])
    signed = signature(rotated["secrets"], event["id"], sent_at, body)
    assert headers["webhook-signature"] == signed
    retired = (await call(client, "POST", HOOK.format(LEAD) + "/retire", OPERATOR)).json
    assert retired["secrets"] == rotated["secrets"][1:]
    again = await call(client, "POST", HOOK.format(LEAD) + "/retire", OPERATOR)
    assert (again.status, again.json["code"]) == (409, "one_secret")

    async def logged() -> Any:
        return (await log_of(client))["deliveries"]

    [entry] = await eventually(logged)
    assert (entry["event_id"], entry["attempt"], entry["status"], entry["error"]) == (
        event["id"],
        1,
        204,
        None,
    )
    assert (await log_of(client, case_id=event["data"]["case_id"]))["deliveries"] == [entry]
    assert (await log_of(client, case_id="none"))["deliveries"] == []
    replay = f"/v1/bureaus/{LEAD}/deliveries/replay"
    answer = await call(client, "POST", replay, KEYS[LEAD], json={"event_ids": [event["id"]]})
    assert (answer.status, answer.json) == (202, {"count": 1})
    none = await call(client, "POST", replay, KEYS[LEAD], json={"event_ids": []})
    assert (none.status, none.json) == (202, {"count": 0})
    await receiver.got(2)
    assert [headers["webhook-id"] for headers, _ in receiver.calls] == [event["id"]] * 2
    assert receiver.calls[1][1] == body

    state = await call(client, "GET", HOOK.format(LEAD), KEYS[LEAD])
    assert {name: state.json[name] for name in ("enabled", "disabled_reason", "breaker")} == {
        "enabled": True,
        "disabled_reason": None,
        "breaker": "closed",
    }
    assert "whsec_" not in state.body.decode()


async def test_a_call_stands_in_the_trace_of_its_event(
    client: aiohttp.ClientSession,
    pool: Pool,
    receiver: Receiver,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spans = Spans()
    spans.install(monkeypatch)
    await put(client, receiver.url)

    await open_case(pool, sinkhole().model_copy(update={"traceparent": TRACEPARENT}))

    async def delivered() -> list[ReadableSpan]:
        return [span for span in spans.ended if span.name == "deliver webhook"]

    [span] = await eventually(delivered)
    assert parent_of(span) == CALLER


async def test_who_may_not_set_or_see_a_webhook_cannot(client: aiohttp.ClientSession) -> None:
    log, replay = f"/v1/bureaus/{LEAD}/deliveries", f"/v1/bureaus/{LEAD}/deliveries/replay"
    statuses = [
        (await put(client, "https://bureau.example/", key="no key")).status,
        (await put(client, "https://bureau.example/", key=KEYS[LEAD])).status,
        (await put(client, "https://bureau.example/", "NONE")).status,
        (await put(client, "https://10.0.0.1/")).status,
        (await put(client, "http://bureau.example/")).status,
        (await call(client, "PUT", HOOK.format(LEAD), OPERATOR, json={"url": 1})).status,
        (await call(client, "GET", HOOK.format(LEAD), KEYS[LEAD])).status,
        (await call(client, "GET", HOOK.format(LEAD), KEYS[OTHER])).status,
        (await call(client, "GET", log, KEYS[OTHER])).status,
        (await call(client, "GET", log, OPERATOR)).status,
        (await call(client, "GET", log, OPERATOR, params={"after": "x"})).status,
        (await call(client, "POST", replay, KEYS[OTHER], json={"event_ids": ["1"]})).status,
        (await call(client, "POST", replay, KEYS[LEAD], json={"event_ids": ["1"]})).status,
        (await call(client, "POST", replay, OPERATOR, json={"from": "2026-11-24"})).status,
        (await call(client, "POST", HOOK.format(LEAD) + "/rotate", OPERATOR)).status,
    ]

    assert statuses == [401, 403, 404, 422, 422, 422, 404, 403, 403, 200, 400, 403, 404, 422, 404]


@pytest.mark.parametrize(
    ("chosen", "fields"),
    [
        pytest.param({}, ["from", "to"], id="neither ids nor a period"),
        pytest.param({"event_ids": "all"}, ["event_ids"], id="no list of ids"),
        pytest.param({"from": "2026-11-24T00:00:00Z"}, ["to"], id="half a period"),
    ],
)
async def test_a_wrong_replay_names_the_fields_as_they_are_sent(
    client: aiohttp.ClientSession, chosen: dict[str, Any], fields: list[str]
) -> None:
    path = f"/v1/bureaus/{LEAD}/deliveries/replay"
    refused = await call(client, "POST", path, OPERATOR, json=chosen)

    assert [error["field"] for error in refused.json["errors"]] == fields


async def test_a_version_that_fails_holds_its_work_order_and_no_other_bureau(
    client: aiohttp.ClientSession, pool: Pool, receiver: Receiver
) -> None:
    ends = asyncio.Event()

    async def never(_: Any) -> int:
        await ends.wait()
        return 204

    async with receiving() as dead:
        dead.answer = never
        await put(client, dead.url, OTHER)
        await put(client, receiver.url)
        failed = set[str]()

        async def fail_once(event: Any) -> int:
            known = event["id"] in failed
            failed.add(event["id"])
            return 204 if known else 503

        receiver.answer = fail_once
        orders = [o for o in await open_case(pool, sinkhole(), sinkhole()) if o.bureau == LEAD]
        for order in orders:
            await change_order(pool, order, level="P1")

        await receiver.got(8)
        await dead.got(1)  # its first call may come later than all eight
        ends.set()

    for order in orders:
        versions = [version for id_, version in receiver.versions if id_ == order.work_order_id]
        assert versions == [1, 1, 2, 2]
    assert dead.calls


async def test_what_becomes_urgent_overtakes_what_was_read_ahead(
    client: aiohttp.ClientSession, pool: Pool, receiver: Receiver
) -> None:
    slots = asyncio.Semaphore(0)

    async def one_after_the_other(_: Any) -> int:
        async with slots:
            return 204

    receiver.answer = one_after_the_other
    await put(client, receiver.url)
    decided = [sinkhole(level="P4") for _ in range(MAX_IN_FLIGHT + 4)]
    await open_case(pool, *decided)
    await receiver.got(MAX_IN_FLIGHT)
    called = {order for order, _ in receiver.versions}
    held = await pool.fetchrow(
        "SELECT case_id, work_order_id FROM work_orders WHERE bureau = $1"
        " AND work_order_id <> ALL($2::uuid[]) ORDER BY work_order_id DESC LIMIT 1",
        LEAD,
        list(called),
    )
    assert held
    raised = {"command": "raise_priority", "level": "P1", "actor": "Olga", "reason": "Deeper"}
    path = f"/v1/cases/{held['case_id']}/commands"
    assert (await call(client, "POST", path, OPERATOR, json=raised)).status == 200

    slots.release()
    await receiver.got(MAX_IN_FLIGHT + 1)

    assert receiver.versions[MAX_IN_FLIGHT] == (f"{held['work_order_id']}", 1)
    slots.release()


async def test_an_operator_sees_to_a_webhook_from_the_command_line(
    client: aiohttp.ClientSession,
    pool: Pool,
    receiver: Receiver,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    keys = SimpleNamespace(operator=OPERATOR)
    stack = SimpleNamespace(dispatch=str(client._base_url), keys=keys)  # noqa: SLF001
    monkeypatch.setattr(calls, "load_stack", lambda _: stack)

    async def route311(*words: str) -> Any:
        command = ["webhook", *words, "--json"]
        done = await asyncio.to_thread(CliRunner().invoke, bureau, command)
        if done.exception:
            return str(done.exception)
        [answer] = [line for line in done.stdout.splitlines() if line.startswith("{")]
        return json.loads(answer)  # dispatch logs to the same stream

    assert "address" in await route311("set", LEAD, "https://10.0.0.1/")
    first = await route311("set", LEAD, receiver.url)
    both = await route311("rotate", LEAD)
    assert (await route311("retire", LEAD))["secrets"] == both["secrets"][1:]
    assert both["secrets"][0] == first["secrets"][0]
    await open_case(pool, sinkhole())
    await receiver.got(1)

    async def logged() -> Any:
        return (await route311("log", LEAD, "--limit", "5"))["deliveries"]

    [entry] = await eventually(logged)
    assert (await route311("show", LEAD))["oldest_undelivered_at"] is None
    assert await route311("replay", LEAD, "--event", entry["event_id"]) == {"count": 1}
    assert await route311("replay", LEAD, "--from", "2000-01-01T00:00Z") == {"count": 1}
    assert (await route311("set", LEAD, receiver.url, "--off"))["enabled"] is False
