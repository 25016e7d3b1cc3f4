"""Many submissions in one call."""

import asyncio
import json

import pytest

from shared.contract.topics import INTAKE_RECEIPTS, INTAKE_REQUESTS
from shared.runtime.postgres import open_database
from tests.integration.intake.conftest import BUREAU, Running
from tests.support.databases import Database
from tests.support.intake.http_client import bulk, line, plain, post
from tests.support.locks import locked
from tests.support.topic_log import TopicLog

pytestmark = pytest.mark.integration


async def test_every_line_is_answered_in_order_and_passed_on(
    running: Running, topic_log: TopicLog
) -> None:
    lines = [line(f"{n}", data=plain(description=f"Hole {n}")) for n in range(250)]
    async with running() as client:
        response = await bulk(client, *lines)
        requests = await topic_log.at_least(250, INTAKE_REQUESTS)

    assert response.status == 200
    assert response.headers["Content-Type"] == "application/x-ndjson"
    given = response.lines
    assert [answer["id"] for answer in given] == [f"{n}" for n in range(250)]
    assert {answer["status"] for answer in given} == {201}
    assert {answer["data"]["submission_source"] for answer in given} == {"/http/demo"}
    by_id = {request.data.request_id: request.data.description for request in requests}
    assert [by_id[answer["data"]["request_id"]] for answer in given] == [
        f"Hole {n}" for n in range(250)
    ]
    assert await topic_log.records(INTAKE_RECEIPTS) == []


async def test_an_id_is_that_of_a_single_call_whichever_comes_first(running: Running) -> None:
    async with running() as client:
        single = await post(client, key="17")
        repeat = (await bulk(client, line("17"), line("18"), line("18"))).lines
        again = await post(client, key="18")

    assert [answer["data"] for answer in repeat] == [single.json, again.json, again.json]


async def test_what_is_wrong_with_a_line_is_said_at_that_line_alone(running: Running) -> None:
    async with running() as client:
        response = await bulk(
            client,
            line("1"),
            line("1", data=plain(description="Another hole")),
            b"{",
            b"\xff",
            b'{"data": {}}',
            b'{"id": 7, "data": {}}',
            line("x" * 501),
            b"[]",
            line("2", data={"channel": "fax"}),
            line("3", time="yesterday"),
            line("4", data=None),
            json.dumps({"id": "5", "data": "x" * 1024 * 1024}).encode(),
            line("6", time="2026-03-02T12:00:00Z"),
            line("🌁"),
        )

    given = response.lines
    assert [(answer["id"], answer["status"]) for answer in given] == [
        ("1", 201),
        ("1", 422),
        (None, 400),
        (None, 400),
        (None, 422),
        (None, 422),
        ("x" * 501, 422),
        (None, 422),
        ("2", 422),
        ("3", 422),
        ("4", 422),
        (None, 413),
        ("6", 201),
        ("🌁", 201),
    ]
    codes = [[e["code"] for e in a.get("problem", {}).get("errors", ())] for a in given]
    assert codes[1] == ["id_reused"]
    assert codes[4] == codes[5] == codes[6] == codes[7] == ["missing_id"]
    assert set(codes[8]) == {"missing_jurisdiction", "unknown_channel"} | {
        "missing_description",
        "missing_location",
    }
    assert (codes[9], codes[10]) == (["bad_time"], ["not_an_object"])
    assert all(a["problem"]["status"] == a["status"] for a in given if "problem" in a)


async def test_blank_lines_are_skipped_and_only_a_line_feed_ends_a_line(running: Running) -> None:
    separators = plain(description="a\u2028b\u2029c\u0085d")
    with_separators = json.dumps({"id": "1", "data": separators}, ensure_ascii=False).encode()
    async with running() as client:
        response = await bulk(client, b"", with_separators, b" \t\r", line("2") + b"\r", b"")
        nothing = await bulk(client)

    assert [answer["status"] for answer in response.lines] == [201, 201]
    assert (nothing.status, nothing.body) == (200, b"")


async def test_too_much_is_refused_and_nothing_of_it_is_kept(
    running: Running, database: Database
) -> None:
    lines = [line(f"{n}") for n in range(1_001)]
    async with running() as client:
        too_many = await bulk(client, *lines)
        too_large = await bulk(client, line("0"), b" " * 5 * 1024 * 1024)
        async with open_database(database.admin_dsn) as db:
            kept = await db.fetchval("SELECT count(*) FROM intake.submissions")
        just_enough = await bulk(client, *[b'{"id": "same", "data": {}}'] * 1_000, b"", b" ")

    assert (too_many.status, too_large.status, kept) == (413, 413, 0)
    assert too_many.json["detail"].startswith("Send at most 1,000 lines")
    assert too_large.json["detail"] == "Send at most 5 MiB."
    assert len({answer["problem"]["detail"] for answer in just_enough.lines}) == 1
    assert len(just_enough.lines) == 1_000


async def test_a_call_counts_once_against_the_rate(running: Running) -> None:
    async with running(accepts_per_second=1_000, key_per_second=2) as client:
        responses = [await bulk(client, *[line(f"{n}") for n in range(50)]) for _ in range(2)]
        flood = await asyncio.gather(*(bulk(client, line("0")) for _ in range(20)))

    assert [response.status for response in responses] == [200, 200]
    assert {answer["status"] for answer in responses[1].lines} == {201}
    assert 429 in {response.status for response in flood}


async def test_who_may_not_call_and_other_bodies_are_refused(running: Running) -> None:
    async with running() as client:
        responses = [
            await bulk(client, line("1"), headers={"Authorization": ""}),
            await bulk(client, line("1"), headers={"Authorization": f"Bearer {BUREAU}"}),
            await bulk(client, line("1"), headers={"Content-Type": "application/json"}),
        ]
        async with client.get("/v1/submissions/bulk") as wrong_method:
            allowed = wrong_method.headers["Allow"]

    assert [response.status for response in responses] == [401, 403, 415]
    assert allowed == "POST"


async def test_while_the_database_is_stuck_the_call_gets_503_and_the_repeat_keeps_all(
    running: Running, database: Database, topic_log: TopicLog
) -> None:
    lines = [line(f"{n}") for n in range(150)]
    async with running() as client:
        async with locked(database, "intake.submissions"):
            stuck = await bulk(client, *lines)
        repeats = await asyncio.gather(*[bulk(client, *lines) for _ in range(6)])
        requests = await topic_log.at_least(150, INTAKE_REQUESTS)

    assert (stuck.status, stuck.headers["Retry-After"]) == (503, "2")
    assert {response.body for response in repeats} == {repeats[0].body}
    assert {answer["status"] for answer in repeats[0].lines} == {201}
    assert len(requests) == 150


async def test_unknown_fields_are_named_at_their_line(running: Running) -> None:
    lines = (
        line("1", data=plain(colour="red", channel="fax")),
        line("2", when="2026-03-02T12:00:00Z"),
        line("3"),
    )
    async with running() as client:
        strict = await bulk(client, *lines)
        lenient = await bulk(client, *lines, headers={"Prefer": "handling=lenient"})

    assert [answer["status"] for answer in strict.lines] == [422, 422, 201]
    assert [
        [error["field"] for error in answer["problem"]["errors"]] for answer in strict.lines[:2]
    ] == [["colour", "channel"], ["when"]]
    assert "Preference-Applied" not in strict.headers
    assert [answer["status"] for answer in lenient.lines] == [422, 201, 201]
    assert [
        [warning["field"] for warning in answer.get("warnings", ())] for answer in lenient.lines
    ] == [["colour"], ["when"], []]
    assert lenient.headers["Preference-Applied"] == "handling=lenient"
