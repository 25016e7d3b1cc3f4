"""Operators command over HTTP, by the rules of their topic."""

import json
from typing import Any

import aiohttp
import pytest

from shared.contract.events import new_id
from shared.contract.topics import DISPATCH_CASES, OPERATOR_COMMANDS
from shared.runtime.postgres import Pool
from tests.support.builders import decision, request, request_triaged
from tests.support.dispatch.http_access import (
    KEYS,
    OPERATOR,
    guided,
    open_case,
)
from tests.support.dispatch.sinkholes import LEAD, sinkhole
from tests.support.intake.http_client import Response, call
from tests.support.topic_log import TopicLog

pytestmark = pytest.mark.integration


async def command(
    client: aiohttp.ClientSession,
    case_id: str,
    name: str,
    *,
    id_: str | None = None,
    key: str | None = OPERATOR,
    **changes: Any,
) -> Response:
    body = {"command": name, "actor": "Kim", "reason": "Looked at it"} | changes
    headers = {"Idempotency-Key": id_} if id_ else {}
    path = f"/v1/cases/{case_id}/commands"
    return await call(client, "POST", path, key, json=body, headers=headers)


async def test_each_refusal_has_its_status_and_code(
    client: aiohttp.ClientSession, pool: Pool
) -> None:
    alone, closed, merged, debris = [new_id() for _ in range(4)]
    row = request(service_code="ROW-DEBRIS", dedup_group="debris")
    decided = [sinkhole(case_id) for case_id in (alone, closed, merged)]
    await open_case(pool, *decided, request_triaged(decision(row, case_id=debris)))
    assert (await command(client, closed, "close")).status == 200
    assert (await command(client, merged, "merge_case", into_case=alone)).status == 200
    assert (await command(client, alone, "transfer", bureau=LEAD)).status == 409

    refusals: dict[tuple[int, str], list[tuple[str, str, dict[str, Any]]]] = {
        (404, "unknown_case"): [
            (new_id(), "close", {}),
            ("none", "close", {}),
            (alone, "merge_case", {"into_case": new_id()}),
        ],
        (422, "invalid"): [
            (alone, "burn", {}),
            (alone, "close", {"reason": " "}),
            (alone, "split_request", {}),
            (alone, "merge_case", {}),
        ],
        (422, "missing_level"): [(alone, "raise_priority", {})],
        (422, "missing_bureau"): [(alone, "transfer", {})],
        (422, "unknown_bureau"): [(alone, "transfer", {"bureau": "MARS"})],
        (409, "case_closed"): [(closed, "lower_priority", {"level": "P3"})],
        (409, "case_open"): [(alone, "reopen", {})],
        (409, "case_merged"): [(merged, "reopen", {})],
        (409, "cannot_raise"): [(alone, "raise_priority", {"level": "P3"})],
        (409, "cannot_lower"): [(alone, "lower_priority", {"level": "P1"})],
        (409, "same_bureau"): [(alone, "transfer", {"bureau": LEAD})],
        (409, "same_case"): [(alone, "merge_case", {"into_case": alone})],
        (409, "other_group"): [(alone, "merge_case", {"into_case": debris})],
        (409, "only_request"): [
            (debris, "split_request", {"request_id": row.request_id}),
        ],
        (409, "request_not_in_case"): [(alone, "split_request", {"request_id": new_id()})],
    }
    for expected, calls in refusals.items():
        for case_id, name, changes in calls:
            answer = await command(client, case_id, name, **changes)
            assert (answer.status, answer.json["code"]) == expected, name
            assert answer.headers["Content-Type"].startswith("application/problem+json")
            assert bool(answer.json.get("errors")) == (answer.status == 422)
    seen = await guided("command", client, CASE=alone)
    assert [event["type"] for event in seen["events"]] == ["route311.case.status_changed.v1"]
    assert (await command(client, alone, "close", actor=None)).json["errors"][0]["field"] == "actor"
    assert (await command(client, alone, "close", key=None)).status == 401
    assert (await command(client, alone, "close", key=KEYS[LEAD])).status == 403


async def test_a_command_is_executed_once_and_answered_with_the_events_of_all_its_cases(
    client: aiohttp.ClientSession, pool: Pool, topic_log: TopicLog
) -> None:
    case_id = new_id()
    first, second = sinkhole(case_id), sinkhole(case_id)
    await open_case(pool, first, second)
    request_id = second.data.request_id

    reason = "Ana, ana@example.org, sees two holes"
    split = await command(
        client, case_id, "split_request", id_="1", request_id=request_id, reason=reason
    )
    again = await command(
        client, case_id, "split_request", id_="1", request_id=request_id, reason=reason
    )
    reused = await command(client, case_id, "close", id_="1")
    left, opened = split.json["events"]
    new_case = opened["data"]["case_id"]
    merge = await command(client, new_case, "merge_case", into_case=case_id)
    refused = await command(client, new_case, "close", id_="2")
    await command(client, new_case, "reopen")
    refused_again = await command(client, new_case, "close", id_="2")

    assert (split.status, again.body) == (200, split.body)
    assert (reused.status, reused.json["code"]) == (422, "id_reused")
    assert (left["type"], left["data"]["case_id"]) == ("route311.case.request_split.v1", case_id)
    assert opened["type"] == "route311.case.opened.v1"
    assert {event["data"]["case_id"] for event in merge.json["events"]} == {case_id, new_case}
    assert merge.json["events"][-1]["data"]["merged_into"] == case_id
    assert (refused.status, refused_again.body) == (409, refused.body)

    values = await topic_log.at_least(2 + 2 + 2, DISPATCH_CASES)
    assert len(values) == 6
    published = {v for v in await topic_log.values(DISPATCH_CASES) if v}
    for answer in (split, merge):
        assert all(
            any(value in answer.body for value in published if event["id"].encode() in value)
            for event in answer.json["events"]
        )
    commands = [json.loads(v or b"") for v in await topic_log.values(OPERATOR_COMMANDS)]
    by_name = {c["data"]["command"]: c for c in commands}  # two cases may be in two partitions
    assert sorted(c["data"]["command"] for c in commands) == ["merge_case", "split_request"]
    assert left["causationid"] == by_name["split_request"]["id"] == "1"
    assert "ana@example.org" not in by_name["split_request"]["data"]["reason"]
