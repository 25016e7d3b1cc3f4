"""Surges and their cases: which they are, and closing them with one note."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import aiohttp
import pytest

from services.dispatch.inbound import latest_surges
from services.dispatch.records.answers import SurgeClosing
from services.dispatch.rules.four_eyes import MAX_CLOSINGS
from services.dispatch.settings import DispatchSettings
from services.dispatch.store.surges import order_closing, upsert_surges
from services.dispatch.workers import SurgeClosingWorker
from shared.contract.events import CaseClosed, Surge, new_id
from shared.contract.topics import DISPATCH_CASES
from shared.runtime.http.api_keys import store_keys
from shared.runtime.postgres import Pool, transaction
from tests.integration.dispatch.surge_storms import ended, report, started, storm_surge
from tests.support.builders import NOON
from tests.support.databases import Database
from tests.support.dispatch.factories import HOUR
from tests.support.dispatch.http_access import (
    KEYS,
    OPERATOR,
    POLICY,
    add_keys,
    guided,
    open_case,
    serving_dispatch,
)
from tests.support.dispatch.sinkholes import LEAD
from tests.support.intake.http_client import Response, call
from tests.support.topic_log import TopicLog
from tests.support.waiting import eventually

pytestmark = pytest.mark.integration

CONSOLE = "key of the console"
MOMENT = timedelta(microseconds=1)
CASES = 60  # more than one transaction closes
SURGES = "/v1/surges"
ORDER = {"actor": "Kim", "reason": "Storm of Tuesday", "note": "The debris is cleared."}


async def know(pool: Pool, *surges: Surge) -> None:
    """Record the beginning of surges."""
    async with transaction(pool) as db:
        await upsert_surges(db, latest_surges(map(started, surges)))


async def close(client: aiohttp.ClientSession, surge_id: str, **changes: Any) -> Response:
    path = f"/v1/surges/{surge_id}/close"
    return await call(client, "POST", path, OPERATOR, json=ORDER | changes)


async def test_the_cases_of_a_surge_are_those_of_its_group_and_district_that_it_brought(
    pool: Pool,
) -> None:
    surge = storm_surge()
    begin, end = surge.window_start, NOON + 2 * HOUR
    inside = [report(at=begin), report(at=end - MOMENT)]
    outside = [report(at=begin - MOMENT), report(at=end), report(district="west")]
    nowhere = report(precision="default")
    await open_case(pool, *inside, *outside, nowhere)

    async def cases_of(surge_id: str) -> set[str]:
        rows = await pool.fetch("SELECT case_id FROM surge_cases WHERE surge_id = $1", surge_id)
        return {str(row["case_id"]) for row in rows}

    unplaced = storm_surge(district="unknown")
    other = storm_surge(dedup_group="debris")
    await know(pool, surge, unplaced, other)
    while_it_goes_on = await cases_of(surge.surge_id)
    async with transaction(pool) as db:
        await upsert_surges(db, latest_surges([ended(surge, end), started(surge)]))
    await know(pool, surge)

    assert await cases_of(surge.surge_id) == {event.data.case_id for event in inside}
    assert while_it_goes_on == {event.data.case_id for event in (*inside, outside[1])}
    assert await cases_of(unplaced.surge_id) == {nowhere.data.case_id}
    assert await cases_of(other.surge_id) == set()


async def test_all_open_cases_of_a_surge_are_closed_once_over_a_crash_in_the_middle(
    database: Database, settings: DispatchSettings, pool: Pool, topic_log: TopicLog
) -> None:
    surge, older = storm_surge(), storm_surge(window_start=NOON - 9 * HOUR)
    decided = [report() for _ in range(CASES)]
    await open_case(pool, *decided, report(at=NOON - 2 * HOUR))
    await know(pool, surge)
    closing = SurgeClosing("/http/Olga", **ORDER, status="declined", given_at=NOON)
    ordered = []
    for _ in range(2):
        async with transaction(pool) as db:
            ordered.append(await order_closing(db, surge.surge_id, closing))

    async def left() -> int:
        return int(await pool.fetchval("SELECT count(*) FROM surge_closing_cases"))

    def crash() -> datetime:
        raise RuntimeError("killed")

    in_the_middle = SurgeClosingWorker(pool, POLICY, lambda _: None, lambda: NOON)
    await in_the_middle.close_some()
    done = CASES - await left()
    with pytest.raises(RuntimeError, match="killed"):
        await SurgeClosingWorker(pool, POLICY, lambda _: None, crash).close_some()

    assert ordered == [CASES, 0]
    assert 0 < done < CASES
    assert await left() == CASES - done

    await add_keys(database)
    async with serving_dispatch(settings) as client:
        await topic_log.publish(started(older), ended(older, NOON - 8 * HOUR))

        async def listed() -> list[Any]:
            answer = await call(client, "GET", SURGES, OPERATOR)
            found = answer.json["surges"] if answer.status == 200 else []
            return found if [one["closing_count"] for one in found] == [0, 0] else []

        newest, known = await eventually(listed)
        closings = [
            event
            for event in await topic_log.at_least(2 * CASES + 1, DISPATCH_CASES)
            if isinstance(event, CaseClosed)
        ]
        whole = await guided("surges", client)
        pages = [await call(client, "GET", SURGES, OPERATOR, params={"limit": 1})]
        second = {"after": pages[0].json["next"]}
        pages.append(await call(client, "GET", SURGES, OPERATOR, params=second))
        await open_case(pool, late := report())
        order = await guided("close-surge", client, SURGE=surge.surge_id)
        again = await close(client, surge.surge_id)
        last = (await topic_log.at_least(2 * CASES + 3, DISPATCH_CASES))[-1]
        refused = [
            (await close(client, new_id())).json["code"],
            (await close(client, "none")).status,
            (await close(client, surge.surge_id, reason=" ")).json["errors"][0]["field"],
            (await call(client, "POST", f"{SURGES}/{surge.surge_id}/close", KEYS[LEAD])).status,
            (await call(client, "GET", SURGES)).status,
            (await call(client, "GET", SURGES, OPERATOR, params={"after": "x"})).json["code"],
        ]

    assert Counter(event.data.case_id for event in closings) == Counter(
        event.data.case_id for event in decided
    )
    assert {(event.data.public_note, event.data.reason) for event in closings} == {
        (ORDER["note"], ORDER["reason"])
    }
    assert (newest["surge_id"], newest["status"]) == (older.surge_id, "ended")
    assert (known["status"], known["case_count"], known["open_case_count"]) == ("open", CASES, 0)
    assert [page.json["surges"][0] for page in pages] == [newest, known] == whole["surges"]
    assert [page.json["more"] for page in pages] == [True, False]
    assert order == {"surge_id": surge.surge_id, "count": 1}
    assert again.json["count"] == 0
    assert (last.data.case_id, last.data.status) == (late.data.case_id, "completed")
    assert refused == ["unknown_surge", 404, "reason", 403, 401, "bad_cursor"]


async def test_a_surge_of_more_than_twenty_open_cases_waits_for_a_second_person(
    client: aiohttp.ClientSession, database: Database, pool: Pool
) -> None:
    await store_keys(database.admin_dsn, "dispatch", [("console", "operator", CONSOLE)])
    surge = storm_surge()
    await know(pool, surge)
    await open_case(pool, *(report() for _ in range(MAX_CLOSINGS)), late := report())

    await pool.execute("UPDATE cases SET level = 'P1' WHERE case_id = $1", late.data.case_id)

    async def still_open() -> int:
        listed = await call(client, "GET", SURGES, OPERATOR)
        return int(listed.json["surges"][0]["open_case_count"])

    known = (await call(client, "GET", SURGES, OPERATOR)).json["surges"][0]
    assert (known["open_case_count"], known["open_p1_count"]) == (MAX_CLOSINGS + 1, 1)

    async def decide(path: str, actor: str) -> Response:
        headers = {"Route311-Role": "supervisor"}
        return await call(client, "POST", path, CONSOLE, json={"actor": actor}, headers=headers)

    first, second = [await close(client, surge.surge_id) for _ in range(2)]
    listed = (await call(client, "GET", "/v1/approvals", OPERATOR)).json["approvals"]
    refused = await decide(f"/v1/approvals/{second.json['approval_id']}/refuse", "Lee")
    same = await decide(f"/v1/approvals/{first.json['approval_id']}/approve", ORDER["actor"])
    waiting = await pool.fetchval("SELECT count(*) FROM surge_closings")
    approved = await decide(f"/v1/approvals/{first.json['approval_id']}/approve", "Lee")

    async def are_closed() -> bool:
        return await still_open() == 0

    await eventually(are_closed)
    case = (await call(client, "GET", f"/v1/cases/{late.data.case_id}", OPERATOR)).json
    assert (first.status, first.json["count"], first.json["events"]) == (202, MAX_CLOSINGS + 1, [])
    assert [(one["rule"], one["command"], one["surge_id"], one["case_ids"]) for one in listed] == [
        ("close_many", "close_surge", surge.surge_id, [])
    ] * 2
    assert [refused.status, same.json["code"], waiting] == [200, "same_person", 0]
    assert approved.json["results"] == []
    assert "Approved by: Lee" in case["history"][-1]["text"]

    await open_case(pool, *(report() for _ in range(MAX_CLOSINGS)))
    few = await close(client, surge.surge_id)
    assert (few.status, few.json["count"]) == (200, MAX_CLOSINGS)
