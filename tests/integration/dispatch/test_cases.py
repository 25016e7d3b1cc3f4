"""Operators and bureaus read cases over HTTP."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from shared.contract.events import RequestTriaged, WorkOrder, encode, new_id
from shared.contract.topics import DISPATCH_CASES, OPERATOR_COMMANDS, TRIAGE_DECISIONS
from shared.runtime.postgres import Pool
from tests.support.builders import (
    NOON,
    decision,
    location,
    note_added,
    operator_commanded,
    priority,
    request,
    request_triaged,
)
from tests.support.dispatch.http_access import (
    ADAPTER,
    KEYS,
    OPERATOR,
    guided,
    open_case,
    update_of,
)
from tests.support.dispatch.sinkholes import LEAD, sinkhole
from tests.support.intake.http_client import Response, call
from tests.support.topic_log import TopicLog
from tests.support.waiting import eventually

pytestmark = pytest.mark.integration

SURGE, NO_SURGE = new_id(), new_id()
OTHER = "WATER"


async def answered(
    client: aiohttp.ClientSession, method: str, *call_of: Any, **more: Any
) -> Response:
    """Call dispatch until it has time for the call."""

    async def answer() -> Response | None:
        found = await call(client, method, *call_of, **more)
        return None if found.status in {429, 503} else found

    found = await eventually(answer)
    assert found
    return found


async def read(client: aiohttp.ClientSession, key: str = OPERATOR, **query: Any) -> Response:
    return await answered(client, "GET", "/v1/cases", key, params=query)


async def read_one(client: aiohttp.ClientSession, case_id: str, key: str = OPERATOR) -> Response:
    return await answered(client, "GET", f"/v1/cases/{case_id}", key)


async def update(
    client: aiohttp.ClientSession, order: WorkOrder, status: str, **changes: Any
) -> None:
    path, headers = f"/v1/work-orders/{order.work_order_id}/updates", {"Idempotency-Key": new_id()}
    body = update_of(status, **changes)
    answer = await answered(client, "POST", path, KEYS[order.bureau], json=body, headers=headers)
    assert answer.status == 200, answer.body


def decided(kind: str = "ROW-POTHOLE", level: str = "P4", **changes: Any) -> RequestTriaged:
    return request_triaged(
        decision(
            request(service_code=kind, **changes), case_id=new_id(), priority=priority(level, 20)
        )
    )


async def four_cases(pool: Pool) -> Mapping[str, str]:
    """Open four cases; return the name of each by its id."""
    events = {
        "pothole": decided(
            submitted_at=NOON - timedelta(days=90),
            location=location(
                latitude=45.6, longitude=-122.7, address="1221 SW 4th Ave.", district="North"
            ),
        ),
        "sinkhole": decided("ROW-SINKHOLE", "P1", tracking_number="26-9XW2-4R"),
        "debris": decided(
            "ROW-DEBRIS", description="A mattress, northbound. Watch-out!", dedup_group="debris"
        ),
        "graffiti": decided(
            "GRAF-PUBLIC", description="Tags on the I-5 bridge", dedup_group="graffiti"
        ),
    }
    for event in events.values():
        await open_case(pool, event)
    await pool.execute(
        "INSERT INTO surges (surge_id, jurisdiction, dedup_group, district, started_at,"
        " report_count, expected) VALUES ($1, 'portland.gov', 'pavement', 'unknown', $2, 12, 1.5)",
        SURGE,
        NOON - timedelta(hours=1),
    )
    return {str(event.data.case_id): name for name, event in events.items()}


async def test_each_filter_lists_its_cases_newest_first_and_wrong_values_are_named(
    client: aiohttp.ClientSession, pool: Pool
) -> None:
    names = await four_cases(pool)

    async def listed(**query: str) -> list[str]:
        return [names[case["case_id"]] for case in (await read(client, **query)).json["cases"]]

    everything = await listed()
    orders = {case["lead_work_order_id"] for case in (await read(client)).json["cases"]}
    assert len(orders - {None}) == len(names)
    closed = sinkhole()
    [order, *_] = await open_case(pool, closed)
    names = {**names, order.case_id: "done"}
    await update(client, order, "completed")

    [graffiti] = (await read(client, kind="GRAF-PUBLIC")).json["cases"]
    whole = (await read_one(client, graffiti["case_id"])).json
    assert whole.items() >= graffiti.items()
    assert graffiti["lead_work_order_id"]
    graffiti_lead = graffiti["lead_bureau"]
    found = {
        "status": await listed(status="completed"),
        "priority": await listed(priority="P1"),
        "bureau": await listed(bureau=graffiti_lead),
        "kind": await listed(kind="ROW-DEBRIS"),
        "district": await listed(district="North"),
        "words": await listed(q="NORTH mattress"),
        "hyphens": await listed(q="watch out"),
        "road": await listed(q="i-5"),
        "address": await listed(q="1221 sw 4th"),
        "number": await listed(q="26-9xw2-4r"),
        "bare number": await listed(q="269XW24R"),
        "all words": await listed(q="mattress pothole"),
        "bbox": await listed(bbox="-122.71,45.59,-122.7,45.6"),
        "surge": await listed(surge=SURGE),
        "no surge": await listed(surge=NO_SURGE),
        "overdue": await listed(overdue="true"),
        "both": await listed(priority="P1", status="open"),
        "none": await listed(kind="GRAF-PUBLIC", priority="P1"),
    }
    in_time = await listed(overdue="false")

    assert everything == ["graffiti", "debris", "sinkhole", "pothole"]
    assert found == {
        "status": ["done"],
        "priority": ["done", "sinkhole"],
        "bureau": ["graffiti"],
        "kind": ["debris"],
        "district": ["pothole"],
        "words": ["debris"],
        "hyphens": ["debris"],
        "road": ["graffiti"],
        "address": ["pothole"],
        "number": ["sinkhole"],
        "bare number": ["sinkhole"],
        "all words": [],
        "bbox": ["pothole"],
        "surge": ["done", "sinkhole"],
        "no surge": [],
        "overdue": ["pothole"],
        "both": ["sinkhole"],
        "none": [],
    }
    assert in_time == ["done", "graffiti", "debris", "sinkhole"]

    values = {"status": "closed", "priority": "P9", "kind": "X", "bbox": "1,2", "overdue": "1"}
    wrong = await read(client, limit="0", after="x", **values)
    assert (wrong.status, [error["field"] for error in wrong.json["errors"]]) == (
        422,
        ["limit", *values, "after"],
    )
    refusals = [
        (await answered(client, "GET", "/v1/cases")).status,
        (await read(client, KEYS[LEAD])).status,
        (await read(client, ADAPTER)).status,
        (await read(client, limit="0")).json["errors"][0]["field"],
        (await read(client, after="x")).json["code"],
    ]
    assert refusals == [401, 403, 403, "limit", "bad_cursor"]


async def test_paging_neither_loses_nor_repeats_a_case_while_others_are_opened(
    client: aiohttp.ClientSession, pool: Pool
) -> None:
    before = [sinkhole() for _ in range(7)]
    for event in before:
        await open_case(pool, event)

    page = await read(client, limit=2)
    found = [case["case_id"] for case in page.json["cases"]]
    while page.json["more"]:
        await open_case(pool, sinkhole(), sinkhole())
        page = await read(client, limit=2, after=page.json["next"])
        found += [case["case_id"] for case in page.json["cases"]]

    assert found == [event.data.case_id for event in reversed(before)]
    end = await read(client, after=page.json["next"])
    assert end.json == {"cases": [], "next": page.json["next"], "more": False}


async def test_a_case_tells_its_whole_life_and_a_bureau_reads_no_others_notes(
    client: aiohttp.ClientSession, pool: Pool, topic_log: TopicLog
) -> None:
    first = sinkhole(level="P2", score=60)
    case_id = first.data.case_id or ""
    orders = {order.bureau: order for order in await open_case(pool, first)}
    second = sinkhole(case_id, level="P1")

    async def entries(least: int) -> list[Any]:
        answer = await read_one(client, case_id)
        history: list[Any] = answer.json["history"] if answer.status == 200 else []
        return history if len(history) >= least else []

    await topic_log.publish(second)
    opening = 2 + len(orders) + 1
    await eventually(lambda: entries(opening))
    note = note_added(request_id=first.data.request_id, text="It grew")
    await topic_log.write(TRIAGE_DECISIONS, case_id, encode(note))
    await eventually(lambda: entries(opening + 1))
    await update(client, orders[LEAD], "acknowledged", internal_note="Gate code 4711")
    await update(client, orders[OTHER], "in_progress", public_note="Main shut")
    await update(client, orders[LEAD], "waiting_for_resident", public_note="Is the gate open?")
    await update(client, orders[LEAD], "completed", public_note="Filled")
    command = {"command": "reopen", "case_id": case_id, "actor": "Olga", "reason": "Still open"}
    await topic_log.write(OPERATOR_COMMANDS, case_id, encode(operator_commanded(data=command)))
    history = await eventually(lambda: entries(opening + 7))

    told = [(entry["by"], entry["what"], entry["text"].partition("\n")[2]) for entry in history]
    issued = [("system", "work_order_issued", "")]
    assert told == [
        ("resident", "opened", ""),
        *issued * len(orders),
        ("resident", "request_attached", ""),
        ("system", "priority_raised", ""),
        ("resident", "note_added", ""),
        (f"bureau:{LEAD}", "status_changed", "Internal note: Gate code 4711"),
        (f"bureau:{OTHER}", "work_order_updated", "Public note: Main shut"),
        (f"bureau:{LEAD}", "status_changed", "Public note: Is the gate open?"),
        (f"bureau:{LEAD}", "closed", "Public note: Filled"),
        ("operator:Olga", "reopened", "Reason: Still open"),
        *issued,
    ]
    assert [entry["at"] for entry in history] == sorted(entry["at"] for entry in history)
    events = [e.id for e in await topic_log.at_least(7, DISPATCH_CASES) if e.subject == case_id]
    assert [entry["event_id"] for entry in history if entry["event_id"]] == events

    whole = (await read_one(client, case_id)).json
    assert (whole["status"], whole["request_count"], whole["priority"]["level"]) == (
        "open",
        2,
        "P1",
    )
    assert [of["request_id"] for of in whole["requests"]] == sorted(
        [first.data.request_id, second.data.request_id]
    )
    assert [order["bureau"] for order in whole["work_orders"]] == [*orders, LEAD]

    seen = await read_one(client, case_id, KEYS[OTHER])
    assert "Main shut" in seen.body.decode()
    for words in ("Gate code", "Is the gate open", "Filled"):
        assert words not in seen.body.decode()
    assert [entry["what"] for entry in seen.json["history"]] == [entry[1] for entry in told]

    for title in ("list", "search", "case"):
        shown = await guided(title, client, CASE=case_id)
        assert case_id in json.dumps(shown) or title == "search"

    others = decided("ROW-DEBRIS")
    await open_case(pool, others)
    strangers = [
        await read_one(client, str(others.data.case_id), KEYS[OTHER]),
        await read_one(client, new_id()),
        await read_one(client, "none", KEYS[LEAD]),
    ]
    assert {(answer.status, answer.json["code"]) for answer in strangers} == {(404, "unknown_case")}
    assert (await answered(client, "GET", f"/v1/cases/{case_id}")).status == 401
    assert (await read_one(client, case_id, ADAPTER)).status == 403
