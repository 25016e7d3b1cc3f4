"""The staff's commands over HTTP: versions, bulk, roles and the approval of a second person."""

from time import monotonic
from typing import Any

import aiohttp
import pytest
from structlog.testing import capture_logs

from services.dispatch import policy
from shared.contract.events import encode, new_id
from shared.contract.topics import DISPATCH_CASES, OPERATOR_COMMANDS
from shared.runtime.http.api_keys import store_keys
from shared.runtime.ops.audit import RefusalLog
from shared.runtime.postgres import Pool
from tests.support.builders import operator_commanded
from tests.support.databases import Database
from tests.support.dispatch.http_access import KEYS, OPERATOR, open_case
from tests.support.dispatch.sinkholes import LEAD, sinkhole
from tests.support.intake.http_client import Response, call
from tests.support.topic_log import TopicLog
from tests.support.waiting import eventually

pytestmark = pytest.mark.integration
CONSOLE = "key of the console"


@pytest.fixture(autouse=True)
async def _console_key(client: aiohttp.ClientSession, database: Database) -> None:
    del client  # its keys are there first
    await store_keys(database.admin_dsn, "dispatch", [("console", "operator", CONSOLE)])


async def command(
    client: aiohttp.ClientSession,
    path: str,
    *,
    key: str = OPERATOR,
    role: str | None = None,
    id_: str | None = None,
    **body: Any,
) -> Response:
    headers = {"Route311-Role": role} if role else {}
    headers |= {"Idempotency-Key": id_} if id_ else {}
    sent = {"actor": "Kim", "reason": "Looked at it"} | body
    return await call(client, "POST", path, key, json=sent, headers=headers)


def of(case_id: str) -> str:
    return f"/v1/cases/{case_id}/commands"


async def history(client: aiohttp.ClientSession, case_id: str, key: str = OPERATOR) -> list[Any]:
    found: list[Any] = (await call(client, "GET", f"/v1/cases/{case_id}", key)).json["history"]
    return found


async def test_each_command_is_executed_and_shown_in_rows_and_history(
    client: aiohttp.ClientSession, pool: Pool
) -> None:
    case_id = new_id()
    await open_case(pool, sinkhole(case_id, "P2", 60))
    place = {"latitude": 45.52, "longitude": -122.68, "address": "1221 SW 4th Ave"}
    commands: list[dict[str, Any]] = [
        {"command": "acknowledge", "expected_version": 1},
        {"command": "assign", "assignee": "Lee"},
        {"command": "note", "text": "She called twice"},
        {"command": "hold", "until": "2099-01-01T00:00:00Z"},
        {"command": "change_kind", "service_code": "ROW-POTHOLE"},
        {"command": "change_place", "location": place},
        {"command": "answer", "text": "Call 503-823-4000, not 503-555-0142"},
        {"command": "ask", "text": "Which lane?"},
    ]
    types = []
    for one in commands:
        answer = await command(client, of(case_id), **one)
        assert answer.status == 200, (one, answer.json)
        types.append([event["type"].split(".")[2] for event in answer.json["events"]])

    assert [found[0] for found in types] == [
        "status_changed",
        "assigned",
        "noted",
        "held",
        "kind_changed",
        "place_changed",
        "answered",
        "status_changed",
    ]
    case = (await call(client, "GET", f"/v1/cases/{case_id}", OPERATOR)).json
    assert (case["status"], case["assignee"]) == ("waiting_for_resident", "Lee")
    assert (case["service_code"], case["dedup_group"]) == ("ROW-POTHOLE", "pavement")
    assert case["held_until"] == "2099-01-01T00:00:00Z"
    assert case["location"]["district"]
    assert case["requests"][0]["service_code"] == "ROW-POTHOLE"
    assert case["requests"][0]["location"]["address"] == "1221 SW 4th Ave"
    entries = {entry["what"]: entry for entry in case["history"]}
    assert entries["assigned"]["by"] == "operator:Kim by key Olga"
    assert "She called twice" in entries["noted"]["text"]
    assert "Kind changed from ROW-SINKHOLE to ROW-POTHOLE." in entries["kind_changed"]["text"]
    assert "503-823-4000" in entries["answered"]["text"]
    assert "0142" not in entries["answered"]["text"]
    of_bureau = {e["what"]: e for e in await history(client, case_id, KEYS[LEAD])}
    assert "She called twice" not in of_bureau["noted"]["text"]


async def test_the_first_place_is_answered_though_its_polygons_load_for_a_second(
    client: aiohttp.ClientSession, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def loads_slowly(*_: object) -> tuple[str, str]:
        until = monotonic() + 1.0
        while monotonic() < until:
            pass
        return "SW", "portland.gov"

    monkeypatch.setattr(policy, "_land", loads_slowly)
    case_id = new_id()
    await open_case(pool, sinkhole(case_id))
    place = {"latitude": 45.52, "longitude": -122.68}

    answer = await command(client, of(case_id), command="change_place", location=place)

    assert answer.status == 200, answer.json


async def test_a_command_by_an_old_version_gets_the_present_state(
    client: aiohttp.ClientSession, pool: Pool
) -> None:
    case_id = new_id()
    await open_case(pool, sinkhole(case_id))
    await command(client, of(case_id), command="assign", assignee="Lee")

    conflict = await command(client, of(case_id), command="acknowledge", expected_version=1)

    assert (conflict.status, conflict.json["code"]) == (409, "version_conflict")
    assert (conflict.json["case"]["version"], conflict.json["case"]["assignee"]) == (2, "Lee")
    assert conflict.headers["Content-Type"].startswith("application/problem+json")
    again = await command(client, of(case_id), command="acknowledge", expected_version=2)
    assert again.status == 200
    for wrong, field in (
        ({"command": "note"}, "text"),
        ({"command": "hold", "until": "soon"}, "until"),
        ({"command": "change_kind", "service_code": "UNICORN"}, "service_code"),
        ({"command": "change_place", "location": {"address": "x" * 501}}, "location.address"),
        ({"command": "note", "text": "x", "colour": "red"}, "colour"),
    ):
        refused = await command(client, of(case_id), **wrong)
        assert (refused.status, refused.json["errors"][0]["field"]) == (422, field), wrong


async def test_a_bulk_command_has_a_result_for_each_case_and_is_idempotent(
    client: aiohttp.ClientSession, pool: Pool, topic_log: TopicLog
) -> None:
    ids = [new_id() for _ in range(3)]
    await open_case(pool, *map(sinkhole, ids))
    await command(client, of(ids[1]), command="close")
    body: Any = {"command": "acknowledge", "case_ids": [*ids, new_id(), ids[0]], "id_": "bulk"}

    first = await command(client, "/v1/cases/commands", **body)
    again = await command(client, "/v1/cases/commands", **body)
    other = await command(client, "/v1/cases/commands", **(body | {"case_ids": ids}))

    assert first.status == 200
    results = first.json["results"]
    assert [(one["status"], one.get("code")) for one in results] == [
        (200, None),
        (409, "case_closed"),
        (200, None),
        (404, "unknown_case"),
    ]
    assert [one["case_id"] for one in results[:3]] == ids
    assert again.body == first.body
    assert (other.status, other.json["code"]) == (422, "id_reused")
    for ids_sent, field in (([], "case_ids"), (["x"] * 201, "case_ids")):
        wrong = await command(client, "/v1/cases/commands", command="close", case_ids=ids_sent)
        assert (wrong.status, wrong.json["errors"][0]["field"]) == (422, field)
    published = await topic_log.at_least(3 + 3, DISPATCH_CASES)
    assert len(published) == 3 + 3
    assert len(await topic_log.values(OPERATOR_COMMANDS)) == 3


async def test_the_consoles_key_states_roles_and_each_has_its_commands(
    client: aiohttp.ClientSession, pool: Pool
) -> None:
    case_id = new_id()
    await open_case(pool, sinkhole(case_id))

    async def status(role: str | None, name: str, **more: Any) -> int:
        path = more.pop("path", of(case_id))
        answer = await command(client, path, key=CONSOLE, role=role, command=name, **more)
        return answer.status

    bulk: Any = {"path": "/v1/cases/commands", "case_ids": [case_id], "text": "x"}
    assert {
        role: [
            await status(role, "note", text="x"),
            await status(role, "answer", text="x"),
            await status(role, "assign", assignee="Lee"),
            await status(role, "note", **bulk),
        ]
        for role in (None, "janitor", "viewer", "agent", "dispatcher", "supervisor", "admin")
    } == {
        None: [403] * 4,
        "janitor": [403] * 4,
        "viewer": [403] * 4,
        "agent": [200, 200, 403, 403],
        "dispatcher": [200, 200, 200, 403],
        "supervisor": [200] * 4,
        "admin": [200] * 4,
    }
    authors = {entry["by"] for entry in await history(client, case_id)}
    assert "operator:Kim" in authors
    assert not [author for author in authors if "by key" in author]


async def test_lowering_a_p1_waits_for_a_supervisor_over_http_and_kafka(
    client: aiohttp.ClientSession, pool: Pool, topic_log: TopicLog
) -> None:
    case_id = new_id()
    await open_case(pool, sinkhole(case_id))
    lower: Any = {"command": "lower_priority", "level": "P4", "key": CONSOLE, "role": "dispatcher"}
    waits = await command(client, of(case_id), id_="once", **lower)
    again = await command(client, of(case_id), id_="once", **lower)
    approval = waits.json["approval_id"]
    assert (waits.status, again.body) == (202, waits.body)
    assert waits.json["events"][0]["type"] == "route311.case.approval_requested.v1"
    path = f"/v1/approvals/{approval}/approve"

    async def approve(path: str = path, **given: Any) -> tuple[int, str | None]:
        sent = {"key": CONSOLE, "role": "supervisor", "actor": "Lee"} | given
        body = {"actor": sent["actor"]}
        headers = {"Route311-Role": sent["role"]}
        answer = await call(client, "POST", path, sent["key"], json=body, headers=headers)
        return answer.status, answer.json.get("code")

    assert await approve(role="dispatcher") == (403, "not_supervisor")
    assert await approve(key=OPERATOR) == (403, "not_supervisor")
    assert await approve(actor="kim") == (403, "same_person")
    assert await approve(f"/v1/approvals/{new_id()}/approve") == (404, "unknown_approval")
    assert await approve("/v1/approvals/none/refuse") == (404, "unknown_approval")
    [waiting] = (await call(client, "GET", "/v1/approvals?status=waiting", OPERATOR)).json[
        "approvals"
    ]
    assert (waiting["approval_id"], waiting["case_ids"]) == (approval, [case_id])
    assert (waiting["rule"], waiting["actor"], waiting["decided_by"]) == ("lower_p1", "Kim", None)

    assert await approve() == (200, None)
    assert await approve() == (409, "already_decided")
    found = (await call(client, "GET", f"/v1/cases/{case_id}", OPERATOR)).json
    assert found["priority"]["level"] == "P4"
    assert "Approved by: Lee" in found["history"][-1]["text"]

    other = new_id()
    await open_case(pool, sinkhole(other))
    data = {"command": "lower_priority", "level": "P4", "case_id": other}
    sent = operator_commanded(data=data | {"actor": "Kim", "reason": "As I saw"})
    await topic_log.write(OPERATOR_COMMANDS, other, encode(sent))

    async def second() -> Any:
        listed = await call(client, "GET", "/v1/approvals?status=waiting", OPERATOR)
        return listed.json["approvals"]

    [waiting] = await eventually(second)
    assert await approve(f"/v1/approvals/{waiting['approval_id']}/refuse") == (200, None)
    entry = (await history(client, other))[-1]
    assert (entry["what"], entry["by"]) == ("approval_refused", "operator:Lee")
    assert (await call(client, "GET", f"/v1/cases/{other}", OPERATOR)).json["priority"][
        "level"
    ] == "P1"
    listed = (await call(client, "GET", "/v1/approvals?limit=1", OPERATOR)).json
    assert (listed["more"], listed["approvals"][0]["status"]) == (True, "refused")
    rest = await call(client, "GET", f"/v1/approvals?after={listed['next']}", OPERATOR)
    assert [one["approval_id"] for one in rest.json["approvals"]] == [approval]


async def test_what_a_role_may_not_do_stands_in_the_audit_stream(
    client: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = f"/v1/approvals/{new_id()}/approve"
    refusals = RefusalLog(event="access_refused")
    monkeypatch.setattr("shared.runtime.ops.audit._refusals", refusals)
    role = {"Route311-Role": "viewer"}
    with capture_logs() as lines:
        answers = [
            await command(client, of(new_id()), command="close", key=CONSOLE, role="viewer"),
            await call(client, "POST", path, CONSOLE, json={"actor": "Lee"}, headers=role),
        ]
    assert [answer.status for answer in answers] == [403, 403]
    noted = [line for line in lines if line["event"] == "access_refused"]
    assert [(line["who"], line["reason"], line["route"]) for line in noted] == [
        ("console", "role_too_low", "POST /v1/cases/{case_id}/commands"),
        ("console", "not_supervisor", "POST /v1/approvals/{approval_id}/approve"),
    ]


async def test_more_than_twenty_closings_wait_as_a_whole(
    client: aiohttp.ClientSession, pool: Pool
) -> None:
    ids = [new_id() for _ in range(21)]
    await open_case(pool, *(sinkhole(one, "P2", 60) for one in ids))
    few = await command(client, "/v1/cases/commands", command="close", case_ids=ids[:1])
    assert [one["status"] for one in few.json["results"]] == [200]

    waits = await command(
        client, "/v1/cases/commands", command="close", case_ids=ids, id_="all", key=OPERATOR
    )

    assert waits.status == 202
    assert len(waits.json["events"]) == 20
    assert [one["status"] for one in waits.json["results"]] == [409, *[202] * 20]
    query = {"status": "open", "limit": 50}
    still = (await call(client, "GET", "/v1/cases", OPERATOR, params=query)).json["cases"]
    assert len(still) == 20
    approved = await call(
        client,
        "POST",
        f"/v1/approvals/{waits.json['approval_id']}/approve",
        CONSOLE,
        json={"actor": "Lee"},
        headers={"Route311-Role": "admin"},
    )
    assert [one["status"] for one in approved.json["results"]] == [200] * 20
    left = (await call(client, "GET", "/v1/cases", OPERATOR, params=query)).json["cases"]
    assert left == []
