"""How work reaches bureaus, as operators see it: feeds, other systems, mails."""

import aiohttp
import pytest

from shared.runtime.postgres import Pool
from tests.support.dispatch.http_access import KEYS, OPERATOR, open_case
from tests.support.dispatch.sinkholes import LEAD, sinkhole
from tests.support.intake.http_client import Response, call

pytestmark = pytest.mark.integration

_ADD_FORWARD = """
    INSERT INTO forwards (work_order_id, bureau, level, state, attempts, tried_at, reason)
    VALUES ($1::uuid, $2, 'P3', $3, $4, CASE WHEN $5 THEN now() END, 'no_answer')
"""


async def as_operator(client: aiohttp.ClientSession, path: str) -> Response:
    return await call(client, "GET", path, OPERATOR)


async def test_all_webhooks_are_told_in_one_call_as_each_is_alone(
    client: aiohttp.ClientSession,
) -> None:
    assert (await as_operator(client, "/v1/webhooks")).json == {"webhooks": []}
    for bureau, enabled in ((LEAD, False), ("BES", True)):
        sent = {"url": "https://bureau.example/hook", "enabled": enabled}
        path = f"/v1/bureaus/{bureau}/webhook"
        assert (await call(client, "PUT", path, OPERATOR, json=sent)).status == 200

    listed = (await as_operator(client, "/v1/webhooks")).json["webhooks"]

    assert [(one["bureau"], one["disabled_reason"]) for one in listed] == [
        ("BES", None),
        (LEAD, "operator"),
    ]
    for one in listed:
        alone = (await as_operator(client, f"/v1/bureaus/{one.pop('bureau')}/webhook")).json
        assert one == alone


async def test_a_feed_has_its_last_call_and_what_waits_behind_it(
    client: aiohttp.ClientSession, pool: Pool
) -> None:
    await open_case(pool, sinkhole(), sinkhole())
    path = f"/v1/bureaus/{LEAD}/work-orders"
    before = (await as_operator(client, "/v1/feeds")).json["feeds"]

    feeds = []
    query: dict[str, str] = {}
    for _ in range(3):
        page = await call(client, "GET", path, KEYS[LEAD], params={"limit": 1, **query})
        query = {"after": page.json["next"]}
        [feed] = (await as_operator(client, "/v1/feeds")).json["feeds"]
        feeds.append(feed)

    assert before == []
    assert {feed["bureau"] for feed in feeds} == {LEAD}
    assert [feed["waiting"] for feed in feeds] == [2, 1, 0]
    assert [feed["oldest_waiting_at"] is not None for feed in feeds] == [True, True, False]


async def test_forwards_are_counted_by_what_became_of_them(
    client: aiohttp.ClientSession, pool: Pool
) -> None:
    orders = await open_case(pool, sinkhole())
    await pool.execute("INSERT INTO forward_systems (bureau) VALUES ($1), ('WATER')", LEAD)
    await pool.execute(
        "UPDATE forward_systems SET failures = 5, probe_at = now() WHERE bureau = 'WATER'"
    )
    states = [("parked", 3, False), ("parked", 3, True), ("pending", 1, True)]
    for order, (state, attempts, was_tried) in zip(orders, states, strict=False):
        await pool.execute(_ADD_FORWARD, order.work_order_id, LEAD, state, attempts, was_tried)
    await pool.execute(
        """
        INSERT INTO digests (bureau, day, state, seq, at, due_at)
        VALUES ('PARKS', '2026-11-29', 'sent', 1, now(), now()),
               ('PARKS', '2026-11-30', 'unknown', 2, now(), now())
        """
    )

    found = (await as_operator(client, "/v1/forwards")).json

    given = states[: len(orders)]
    lead, water = sorted(found["systems"], key=lambda one: one["bureau"] == "WATER")
    assert {name: lead[name] for name in ("open", "failed", "unknown", "is_down")} == {
        "open": sum(state == "pending" for state, _, _ in given),
        "failed": sum(one[0] == "parked" and not one[2] for one in given),
        "unknown": sum(one[0] == "parked" and one[2] for one in given),
        "is_down": False,
    }
    assert (water["open"], water["is_down"]) == (0, True)
    assert len(given) >= 2
    assert [one["may_have_arrived"] for one in found["troubled"] if one["state"] == "parked"].count(
        True
    ) == 1
    assert {one["case_id"] for one in found["troubled"]} == {orders[0].case_id}
    [mail] = found["digests"]
    assert (mail["bureau"], mail["day"], mail["state"]) == ("PARKS", "2026-11-30", "unknown")


@pytest.mark.parametrize("path", ["/v1/webhooks", "/v1/feeds", "/v1/forwards"])
async def test_only_operators_see_how_all_bureaus_get_work(
    client: aiohttp.ClientSession, path: str
) -> None:
    assert (await call(client, "GET", path, KEYS[LEAD])).status == 403
    assert (await call(client, "GET", path, "no key")).status == 401
