"""A bureau reads its work orders over HTTP, and answers the same way."""

import asyncio
import json
from contextlib import aclosing
from typing import Any

import aiohttp
import pytest

from services.dispatch.store.events import PostgresFeed
from shared.contract.events import new_id
from shared.contract.topics import bureau_receipts, bureau_work
from shared.runtime.postgres import Pool
from tests.support.dispatch.http_access import (
    ADAPTER,
    KEYS,
    OPERATOR,
    OnConnection,
    open_case,
    update_of,
    waits_or_done,
)
from tests.support.dispatch.sinkholes import LEAD, sinkhole
from tests.support.intake.http_client import Response, call
from tests.support.topic_log import TopicLog
from tests.support.waiting import eventually
from workbench.bureau.simulation import SimulatedBureau

pytestmark = pytest.mark.integration

FEED = f"/v1/bureaus/{LEAD}/work-orders"
OTHER = "WATER"


async def read(client: aiohttp.ClientSession, **query: Any) -> Response:
    return await call(client, "GET", FEED, KEYS[LEAD], params=query)


async def send(
    client: aiohttp.ClientSession,
    order: str,
    body: Any,
    *,
    id_: str | None = None,
    key: str = KEYS[LEAD],
) -> Response:
    path, headers = f"/v1/work-orders/{order}/updates", {"Idempotency-Key": id_} if id_ else {}
    return await call(client, "POST", path, key, json=body, headers=headers)


async def test_a_bureau_reads_the_bytes_of_its_topic_and_only_its_own(
    client: aiohttp.ClientSession, pool: Pool, topic_log: TopicLog
) -> None:
    orders = {order.bureau: order for order in await open_case(pool, sinkhole(), sinkhole())}
    await topic_log.at_least(2, bureau_work(LEAD))

    first = await read(client, limit=1)
    rest = await read(client, after=first.json["next"])
    end = await read(client, after=rest.json["next"])

    values = await topic_log.values(bureau_work(LEAD))
    for value, page in zip(values, (first, rest), strict=True):
        assert value
        assert value in page.body
    assert (first.json["more"], rest.json["more"]) == (True, False)
    assert end.json == {"events": [], "next": rest.json["next"], "more": False}
    own = await call(client, "GET", f"/v1/work-orders/{orders[LEAD].work_order_id}", KEYS[LEAD])
    assert own.json == json.loads(values[1] or b"")["data"]

    cursor = first.json["next"]
    foreign = {"after": cursor}
    refusals = [
        (await call(client, "GET", FEED)).status,
        (await call(client, "GET", FEED, "no key")).status,
        (await call(client, "GET", FEED, KEYS[OTHER])).status,
        (await call(client, "GET", FEED, OPERATOR)).status,
        (await call(client, "GET", FEED, ADAPTER)).status,
        (await read(client, after="x")).json["code"],
        (await read(client, after=f"{cursor}=")).json["code"],
        (
            await call(
                client, "GET", f"/v1/bureaus/{OTHER}/work-orders", KEYS[OTHER], params=foreign
            )
        ).json["code"],
        (await read(client, limit=501, wait=31)).status,
        [error["field"] for error in (await read(client, limit="-1", wait=31)).json["errors"]],
        (
            await call(client, "GET", f"/v1/work-orders/{orders[LEAD].work_order_id}", KEYS[OTHER])
        ).status,
        (await call(client, "GET", "/v1/work-orders/none", KEYS[LEAD])).status,
    ]
    cursors = ["bad_cursor"] * 3
    assert refusals == [401, 401, 403, 403, 403, *cursors, 422, ["limit", "wait"], 404, 404]


async def test_who_waits_gets_an_event_when_it_comes(
    client: aiohttp.ClientSession, pool: Pool
) -> None:
    begun = await eventually(lambda: read(client))
    waiting = asyncio.create_task(read(client, after=begun.json["next"], wait=30))
    await open_case(pool, sinkhole())

    assert len((await waiting).json["events"]) == 1


async def test_an_event_that_commits_late_is_not_passed_over(pool: Pool) -> None:
    """Two cases open at once: the later one waits, or a reader would miss the earlier one."""
    feed = PostgresFeed(pool)
    async with pool.acquire() as db:
        late = db.transaction()
        await late.start()
        await open_case(OnConnection(db), sinkhole())  # type: ignore[arg-type]
        second = asyncio.create_task(open_case(pool, sinkhole()))
        await eventually(lambda: waits_or_done(pool, second))
        first_page = await feed.page(LEAD, 0, 100)
        await late.commit()
    await second
    second_page = await feed.page(LEAD, first_page.last, 100)

    assert len(first_page.events) + len(second_page.events) == 2


async def test_an_update_over_http_is_answered_once_and_gets_no_receipt_on_kafka(
    client: aiohttp.ClientSession, pool: Pool, topic_log: TopicLog
) -> None:
    orders = {order.bureau: order for order in await open_case(pool, sinkhole())}
    order, other = orders[LEAD].work_order_id, orders[OTHER].work_order_id
    body = update_of("acknowledged", expected_version=1)

    reordered = dict(reversed(body.items()))
    first, again = [await send(client, order, sent, id_="1") for sent in (body, reordered)]

    assert first.status == again.status == 200
    assert first.body == again.body
    assert {name: first.json[name] for name in ("changed", "version", "code", "update_source")} == {
        "changed": True,
        "version": 2,
        "code": None,
        "update_source": f"/http/{LEAD}",
    }
    assert (await send(client, order, update_of("acknowledged"), id_="2")).json["changed"] is False
    reused = await send(client, order, update_of("in_progress"), id_="1")
    assert (reused.status, reused.json["code"]) == (422, "id_reused")

    refused = [await send(client, id_, body) for id_ in (new_id(), other)]
    assert [(answer.status, answer.json["code"]) for answer in refused] == [
        (404, "unknown_work_order"),
        (404, "not_your_work_order"),
    ]
    conflict = await send(client, order, body)
    assert (conflict.status, conflict.json["code"]) == (409, "version_conflict")
    wrong = await send(client, order, update_of("declined"), id_="3")
    assert (wrong.status, wrong.json["code"]) == (422, "missing_reason")
    assert (await send(client, order, update_of("declined"), id_="3")).body == wrong.body
    gone = await send(client, order, {"status": "gone"})
    assert gone.json["code"] == "invalid"
    assert [error["field"] for error in gone.json["errors"]] == ["status", "at"]
    assert [error["field"] for error in wrong.json["errors"]] == ["reason"]
    assert (await send(client, order, ["no object"])).json["code"] == "invalid"
    assert (await send(client, order, body, key=OPERATOR)).status == 403
    ended = await send(client, order, update_of("completed"))
    assert ended.json["changed"] is True
    assert (await send(client, order, update_of("in_progress"))).status == 409

    *_, newest = await topic_log.at_least(3, bureau_work(LEAD))
    assert newest.data.status == "completed"
    assert await topic_log.events(bureau_receipts(LEAD)) == []
    page = await read(client)
    assert [event["data"]["version"] for event in page.json["events"]] == [1, 2, 3]


async def test_the_same_update_in_many_calls_at_once_changes_the_work_order_once(
    client: aiohttp.ClientSession, pool: Pool
) -> None:
    [order] = [o for o in await open_case(pool, sinkhole()) if o.bureau == LEAD]
    body = update_of("acknowledged")

    answers = await asyncio.gather(
        *(send(client, order.work_order_id, body, id_="1") for _ in range(8))
    )

    assert {answer.body for answer in answers if answer.status == 200} == {
        (await send(client, order.work_order_id, body, id_="1")).body
    }
    assert len((await read(client)).json["events"]) == 2


async def test_a_simulated_bureau_works_off_its_feed(
    client: aiohttp.ClientSession, pool: Pool
) -> None:
    [order] = [o for o in await open_case(pool, sinkhole()) if o.bureau == LEAD]
    headers = {"Authorization": f"Bearer {KEYS[LEAD]}"}
    async with aiohttp.ClientSession(client._base_url, headers=headers) as own:  # noqa: SLF001
        work = SimulatedBureau(own, LEAD, pace_s=0, declined_share=0).work()
        async with aclosing(work):
            lines = [await anext(work) for _ in range(3)]

    statuses = ("acknowledged", "in_progress", "completed")
    assert lines == [f"P1 {order.work_order_id} {status}" for status in statuses]
