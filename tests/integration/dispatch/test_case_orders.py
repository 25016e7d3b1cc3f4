"""Lists of cases by each order and filter of the staff, page by page, with counts."""

from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from shared.contract.events import RequestTriaged, new_id
from shared.runtime.postgres import Pool
from tests.support.builders import NOON, decision, priority, request, request_triaged
from tests.support.dispatch.http_access import OPERATOR, open_case
from tests.support.dispatch.sinkholes import sinkhole
from tests.support.intake.http_client import call

pytestmark = pytest.mark.integration

_SET_SQL = """
    UPDATE cases SET level = $2, status = $3, acknowledged_at = $4, overdue_at = $5
     WHERE case_id = $1
"""


async def listed(client: aiohttp.ClientSession, **query: Any) -> list[str]:
    """Return the ids of all pages of two."""
    found: list[str] = []
    page: dict[str, Any] = {"more": True}
    while page["more"]:
        after = {"after": page["next"]} if found else {}
        answer = await call(
            client, "GET", "/v1/cases", OPERATOR, params={"limit": 2} | query | after
        )
        assert answer.status == 200, answer.json
        page = answer.json
        found += [case["case_id"] for case in page["cases"]]
    return found


async def test_each_order_pages_through_all_cases_once(
    client: aiohttp.ClientSession, pool: Pool
) -> None:
    """Urgent: level, then waiting for an acknowledgement, then the next deadline, none last."""
    soon, later = NOON, NOON + timedelta(hours=1)
    rows: list[tuple[Any, ...]] = [
        ("P3", "open", None, soon),
        ("P2", "open", None, None),
        ("P2", "in_progress", NOON, soon),
        ("P2", "open", NOON, None),
        ("P2", "open", None, later),
        ("P1", "completed", NOON, None),
        ("P2", "open", None, soon),
    ]
    ids = [new_id() for _ in rows]
    for case_id, row in zip(ids, rows, strict=True):
        await open_case(pool, sinkhole(case_id))
        await pool.execute(_SET_SQL, case_id, *row)

    by = {order: [ids.index(i) for i in await listed(client, order=order)] for order in ORDERS}
    held_open = await listed(client, order="urgent", status="open,acknowledged", limit=500)

    assert by == {
        "urgent": [5, 6, 4, 1, 2, 3, 0],
        "due": [0, 2, 6, 4, 1, 3, 5],
        "newest": [6, 5, 4, 3, 2, 1, 0],
        "oldest": [0, 1, 2, 3, 4, 5, 6],
    }
    assert [ids.index(i) for i in held_open] == [6, 4, 1, 3, 0]


ORDERS = ("urgent", "due", "newest", "oldest")


async def test_a_cursor_is_of_its_order_and_nothing_else_is_one(
    client: aiohttp.ClientSession, pool: Pool
) -> None:
    await open_case(pool, sinkhole(), sinkhole())
    page = await call(client, "GET", "/v1/cases", OPERATOR, params={"order": "due", "limit": 1})

    for query in (
        {"after": page.json["next"]},
        {"after": page.json["next"], "order": "urgent"},
        {"after": page.json["next"][:-2], "order": "due"},
        {"after": "e30", "order": "due"},
        {"after": "\u00e9", "order": "due"},
    ):
        answer = await call(client, "GET", "/v1/cases", OPERATOR, params=query)
        assert (answer.status, answer.json["code"]) == (400, "bad_cursor"), query


def reported(**changes: Any) -> RequestTriaged:
    return request_triaged(
        decision(
            request(service_code="ROW-POTHOLE", dedup_group="pavement", **changes),
            priority=priority("P3", 40),
        )
    )


async def test_the_filters_of_the_staff_take_lists_and_counts_heed_them(
    client: aiohttp.ClientSession, pool: Pool
) -> None:
    spanish = reported(language="es-MX", channel="sms")
    somali = reported(language="so", channel="phone", submitted_at=NOON - timedelta(days=2))
    unsure = reported(unsure=True)
    events = [spanish, somali, unsure]
    ids = [str(event.data.case_id) for event in events]
    for event in events:
        await open_case(pool, event)
    hold = "UPDATE cases SET held_until = $2, assignee = 'Kim' WHERE case_id = $1"
    await pool.execute(hold, ids[0], NOON + timedelta(hours=1))
    await pool.execute("UPDATE cases SET held_until = $2 WHERE case_id = $1", ids[1], NOON)

    async def found(**query: str) -> list[int]:
        return [ids.index(i) for i in await listed(client, order="oldest", **query)]

    assert [
        await found(language="es,so"),
        await found(language="so-SO"),
        await found(channel="sms,web"),
        await found(unsure="true"),
        await found(unsure="false"),
        await found(held="true"),
        await found(held="false"),
        await found(assignee="Kim,Lee"),
        await found(since=NOON.isoformat()),
        await found(until=NOON.isoformat()),
        await found(status="open,completed", priority="P1,P3"),
    ] == [[0, 1], [1], [0, 2], [2], [0, 1], [0], [1, 2], [0], [0, 2], [1], [0, 1, 2]]

    query = {"held": "false", "counts": "true", "limit": 1}
    counted = await call(client, "GET", "/v1/cases", OPERATOR, params=query)
    assert len(counted.json["cases"]) == 1
    assert counted.json["total"] == 2
    assert counted.json["by"] == {"priority": {"P3": 2}, "status": {"open": 2}}
    [row] = (await call(client, "GET", "/v1/cases", OPERATOR, params={"held": "true"})).json[
        "cases"
    ]
    assert row["assignee"] == "Kim"
    assert row["held_until"] == "2026-03-02T13:00:00Z"
    assert row["acknowledged_at"] is None
    assert row["due"]
    whole = await call(client, "GET", f"/v1/cases/{ids[0]}", OPERATOR)
    assert [(one["language"], one["channel"]) for one in whole.json["requests"]] == [("es", "sms")]


async def test_kinds_and_bureaus_are_listed_for_operators(client: aiohttp.ClientSession) -> None:
    kinds = (await call(client, "GET", "/v1/kinds", OPERATOR)).json["kinds"]
    bureaus = (await call(client, "GET", "/v1/bureaus", OPERATOR)).json["bureaus"]

    pothole = next(kind for kind in kinds if kind["code"] == "ROW-POTHOLE")
    assert pothole["service_code"] == "ROW-POTHOLE"
    assert pothole["jurisdiction"] == "portland.gov"
    assert pothole["name"]
    assert pothole["group"]
    by_code = {bureau["code"]: bureau for bureau in bureaus}
    assert by_code["PBOT-MOD"]["hours"]["sun"] == "00:00-24:00"
    assert by_code["PBOT-MAINT"]["hours"] == dict.fromkeys(
        ("mon", "tue", "wed", "thu", "fri"), "08:00-17:00"
    )
    assert by_code["PBOT-MOD"]["contact"] == {"phone": "503-823-1700"}
    for path in ("/v1/kinds", "/v1/bureaus"):
        assert (await call(client, "GET", path, None)).status == 401
