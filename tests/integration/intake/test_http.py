"""Submissions that come by HTTP."""

import asyncio
import json
import time
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest

from shared.contract.topics import INTAKE_CONTACTS, INTAKE_RECEIPTS, INTAKE_REQUESTS
from shared.runtime.http.deadline import DEADLINE_S
from shared.runtime.kafka_access import KafkaAccess
from tests.integration.intake.conftest import BUREAU, Running
from tests.support.databases import Database
from tests.support.intake.http_client import Response, plain, post
from tests.support.locks import TOO_LONG_S, locked
from tests.support.patience import callers_wait
from tests.support.tcp_proxy import TcpProxy, tcp_proxy
from tests.support.topic_log import TopicLog
from tests.support.waiting import eventually

pytestmark = pytest.mark.integration

REPORTER = {"name": "Ana Ruiz", "email": "ana@example.org", "status_updates": ["email"]}


async def test_a_submission_is_answered_with_201_and_passed_on(
    running: Running, topic_log: TopicLog
) -> None:
    async with running() as client:
        response = await post(client, plain(reporter=REPORTER), key="17")
        [request] = await topic_log.at_least(1, INTAKE_REQUESTS)
        [contact] = await topic_log.at_least(1, INTAKE_CONTACTS)

    assert response.status == 201
    assert response.headers["Content-Type"].startswith("application/json")
    accepted = response.json
    assert accepted["submission_id"] == "17"
    assert accepted["submission_source"] == "/http/demo"
    assert accepted["request_id"] == request.data.request_id == contact.data.request_id
    assert accepted["tracking_number"] == request.data.tracking_number
    assert response.headers["Location"] == accepted["status_url"]
    assert accepted["status_url"] == (
        f"https://311.example.org/v1/requests/{accepted['tracking_number']}"
    )
    assert await topic_log.records(INTAKE_RECEIPTS) == []


async def test_the_same_key_gets_the_same_bytes_and_other_data_are_refused(
    running: Running, topic_log: TopicLog
) -> None:
    async with running() as client:
        first = await post(client, key="17")
        again = await post(client, key="17")
    async with running() as client:
        after_a_restart = await post(client, key="17")
        other = await post(client, plain(description="Another hole"), key="17")
        await post(client, plain(service_code="ROW-DEBRIS"), key="18")
        await topic_log.at_least(2, INTAKE_REQUESTS)

    assert first.body == again.body == after_a_restart.body
    assert (first.status, after_a_restart.status, other.status) == (201, 201, 422)
    assert [error["code"] for error in other.json["errors"]] == ["id_reused"]
    assert len(await topic_log.at_least(2, INTAKE_REQUESTS)) == 2


async def test_without_a_key_every_call_is_a_request(client: aiohttp.ClientSession) -> None:
    one, two = await post(client), await post(client)

    assert one.json["request_id"] != two.json["request_id"]


async def test_callers_with_one_key_in_one_moment_get_one_request(
    running: Running, topic_log: TopicLog
) -> None:
    async with running() as here, running() as there:
        responses = await asyncio.gather(
            *(post(client, key="17") for client in (here, there) * 20),
            *(post(here, key=f"other {n}") for n in range(10)),
        )
        await topic_log.at_least(11, INTAKE_REQUESTS)

    assert {response.status for response in responses} == {201}
    assert len({response.body for response in responses[:40]}) == 1
    assert len(await topic_log.at_least(11, INTAKE_REQUESTS)) == 11


async def test_of_two_different_submissions_with_one_key_in_one_moment_one_is_refused(
    running: Running,
) -> None:
    async with running() as here, running() as there:
        responses = await asyncio.gather(
            *(
                post(client, plain(description=f"Hole {n}"), key=f"{pair}")
                for pair in range(10)
                for n, client in enumerate((here, there))
            )
        )

    for pair in range(10):
        assert sorted(response.status for response in responses[2 * pair : 2 * pair + 2]) == [
            201,
            422,
        ]


async def test_every_fault_is_named_as_a_problem(running: Running) -> None:
    async with running() as client:
        response = await post(client, {"channel": "fax", "location": {"latitude": 91}}, key="17")
        again = await post(client, {"channel": "fax", "location": {"latitude": 91}}, key="17")

    assert response.status == 422
    assert response.headers["Content-Type"].startswith("application/problem+json")
    assert {(error["field"], error["code"]) for error in response.json["errors"]} == {
        ("jurisdiction", "missing_jurisdiction"),
        ("channel", "unknown_channel"),
        ("location.latitude", "out_of_range"),
        ("description", "missing_description"),
    }
    assert response.json["status"] == 422
    assert response.body == again.body


REFUSED: dict[str, tuple[int, bytes, dict[str, str]]] = {
    "no JSON": (400, b"{", {}),
    "no UTF-8": (400, b"\xff", {}),
    "too deep": (400, b"[" * 300, {}),
    "no object": (422, b"[]", {}),
    "a key too long": (400, b"{}", {"Idempotency-Key": "x" * 501}),
    "nobody": (401, b"{}", {"Authorization": ""}),
    "an unknown key": (401, b"{}", {"Authorization": "Bearer nobody's"}),
    "a bureau": (403, b"{}", {"Authorization": f"Bearer {BUREAU}"}),
    "too large": (413, b"x" * (1024 * 1024 + 1), {}),
    "no JSON by its own word": (415, b"{}", {"Content-Type": "text/plain"}),
}


async def test_what_is_no_submission_is_a_problem_that_says_what_to_do(
    client: aiohttp.ClientSession,
) -> None:
    responses = {
        name: await post(client, body, headers=headers)
        for name, (_, body, headers) in REFUSED.items()
    }

    assert {name: response.status for name, response in responses.items()} == {
        name: status for name, (status, *_) in REFUSED.items()
    }
    for response in responses.values():
        assert response.headers["Content-Type"].startswith("application/problem+json")
        assert response.json["status"] == response.status
        assert response.json["detail"]
        assert ("WWW-Authenticate" in response.headers) == (response.status == 401)


async def test_the_callers_trace_goes_on(running: Running, topic_log: TopicLog) -> None:
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    async with running() as client:
        await post(client, headers={"traceparent": trace})
        [request] = await topic_log.at_least(1, INTAKE_REQUESTS)

    assert request.traceparent == trace


async def test_with_kafka_away_submissions_are_taken_and_go_on_later(
    running: Running, topic_log: TopicLog
) -> None:
    async with running(access=KafkaAccess("127.0.0.1:1")) as client:
        response = await post(client)
    assert response.status == 201
    assert await topic_log.records(INTAKE_REQUESTS) == []

    async with running():
        [request] = await topic_log.at_least(1, INTAKE_REQUESTS)
    assert request.data.request_id == response.json["request_id"]


def through(link: TcpProxy, dsn: str) -> str:
    parts = urlsplit(dsn)
    return parts._replace(
        netloc=f"{parts.username}:{parts.password}@127.0.0.1:{link.port}"
    ).geturl()


async def test_with_the_database_down_the_answer_is_503_at_once_and_then_201_again(
    running: Running, database: Database
) -> None:
    server = urlsplit(database.dsn("intake"))
    async with (
        tcp_proxy(server.hostname or "", server.port or 0) as link,
        running(dsn=through(link, database.dsn("intake"))) as client,
    ):
        assert (await post(client, key="17")).status == 201
        link.close()
        with callers_wait(DEADLINE_S):
            began = time.perf_counter()
            down = await post(client, key="18")
            waited_s = time.perf_counter() - began
        await link.open()

        async def healed() -> Response | None:
            response = await post(client, key="18")
            return response if response.status == 201 else None

        assert await eventually(healed)

    assert (down.status, down.headers["Retry-After"]) == (503, "2")
    assert down.headers["Content-Type"].startswith("application/problem+json")
    assert waited_s < TOO_LONG_S


async def test_with_a_database_that_hangs_the_answer_is_503_soon(
    running: Running, database: Database, topic_log: TopicLog
) -> None:
    async with running() as client:
        await post(client, key="17")
        async with locked(database, "intake.submissions"):
            began = time.perf_counter()
            responses = await asyncio.gather(*(post(client, key=f"{n}") for n in range(5)))
            waited_s = time.perf_counter() - began
        after = [await post(client, key=f"{n}") for n in range(5)]
        await topic_log.at_least(6, INTAKE_REQUESTS)

    assert {response.status for response in responses} == {503}
    assert waited_s < TOO_LONG_S
    assert {response.status for response in after} == {201}
    assert len(await topic_log.at_least(6, INTAKE_REQUESTS)) == 6


async def test_with_keys_that_cannot_be_looked_up_the_answer_is_503_soon(
    running: Running, database: Database
) -> None:
    async with running() as client, locked(database, "intake.api_keys"):
        began = time.perf_counter()
        response = await post(client)
        waited_s = time.perf_counter() - began

    assert response.status == 503
    assert waited_s < TOO_LONG_S


async def test_any_json_is_answered(client: aiohttp.ClientSession) -> None:
    worst: list[Any] = [
        {"jurisdiction": "portland.gov", "channel": "web", "description": "x" * 5000},
        plain(attributes={f"{n}": "x" * 600 for n in range(200)}),
        plain(reporter={"email": "none", "phone": "none"}),
        plain(observed_at="0001-01-01T00:00:00+14:00"),
        plain(location={"latitude": 1e308, "longitude": "NaN"}),
        [plain()],
        "text",
    ]
    responses = [await post(client, json.dumps(data).encode()) for data in worst]

    assert [response.status for response in responses] == [422, 422, 201, 201, 422, 422, 422]


async def test_unknown_fields_are_named_with_all_other_faults_and_the_key_stays_free(
    client: aiohttp.ClientSession,
) -> None:
    wrong = plain(channel="fax", serviceCode="ROW-POTHOLE", location={"lat": 45.5, "longitude": 1})
    refused = await post(client, wrong, key="17")
    mended = await post(client, key="17")

    assert (refused.status, mended.status) == (422, 201)
    assert [(error["field"], error["code"]) for error in refused.json["errors"]] == [
        ("location.lat", "unknown_field"),
        ("serviceCode", "unknown_field"),
        ("channel", "unknown_channel"),
        ("location", "incomplete_point"),
    ]
    assert b"ROW-POTHOLE" not in refused.body


async def test_a_lenient_caller_is_accepted_with_warnings(client: aiohttp.ClientSession) -> None:
    lenient = {"Prefer": "handling=lenient"}
    accepted = await post(client, plain(colour="red"), headers=lenient)

    assert (accepted.status, accepted.headers["Preference-Applied"]) == (201, "handling=lenient")
    assert accepted.json["tracking_number"]
    [warning] = accepted.json["warnings"]
    assert (warning["field"], warning["code"]) == ("colour", "unknown_field")
