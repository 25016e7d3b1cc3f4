"""Submissions by Open311: the same door as ``POST /v1/submissions``."""

import asyncio
from collections.abc import Sequence
from datetime import date
from typing import Any

import aiohttp
import pytest

from services.intake.channels.open311.schema import RequestAccepted
from shared.contract.events import ContactGiven
from shared.contract.topics import INTAKE_CONTACTS, INTAKE_REQUESTS, INTAKE_REQUESTS_EXPRESS
from tests.integration.intake.conftest import BUREAU, Running
from tests.support.intake.http_client import ADAPTER, get
from tests.support.intake.open311_calls import BASE, form, public_id_of, read, send
from tests.support.topic_log import TopicLog
from tests.support.waiting import eventually
from workbench.demo.scenario import make_scenario
from workbench.replay.transports import Open311Transport

pytestmark = pytest.mark.integration

QUESTIONS = {
    "attribute[tents_count]": "3",
    "attribute[needles]": "yes",
    "attribute[lane_blocked]": "no",
}


async def test_a_submission_becomes_a_request_and_a_contact(
    running: Running, topic_log: TopicLog
) -> None:
    async with running() as client:
        answer = await send(
            client,
            {
                "service_code": "CAMP-REPORT",
                "address_string": "SE Clay and 12th",
                "first_name": "Ana",
                "last_name": "Ruiz",
                "email": "ana@example.org",
                "account_id": "a-17",
                "media_url": "https://photos.example.org/1.jpg",
                **QUESTIONS,
            },
        )
        [request] = await topic_log.at_least(1, INTAKE_REQUESTS)
        [contact] = await topic_log.at_least(1, INTAKE_CONTACTS)
        number = request.data.tracking_number
        status = await get(client, f"/v1/requests/{number}")

    assert answer.status == 200
    assert RequestAccepted(**answer.json[0]).token is None
    link = f"https://311.example.org/track/{number}?key="
    assert answer.json[0]["service_notice"].startswith(f"Follow it, and add to it: {link}")
    assert answer.json[0]["service_request_id"] == request.data.public_id
    assert (request.data.channel, request.data.service_code) == ("open311", "CAMP-REPORT")
    assert request.data.attributes == {"tents_count": 3, "needles": "yes", "lane_blocked": "no"}
    assert request.data.location.address == "SE Clay and 12th"
    assert request.data.location.latitude == 45.51904
    assert [media.url for media in request.data.media] == ["https://photos.example.org/1.jpg"]
    assert request.data.reporter_ref
    assert isinstance(contact, ContactGiven)
    assert (contact.data.name, contact.data.email) == ("Ana Ruiz", "ana@example.org")
    assert contact.data.status_updates == ("email",)
    assert status.json["tracking_number"] == number


async def test_xml_answers_xml(client: aiohttp.ClientSession) -> None:
    answer = await send(client, {}, output="xml")

    assert answer.content_type == "text/xml; charset=utf-8"
    assert answer.xml.findtext("request/service_request_id")
    assert answer.xml.find("request/token") is None


async def test_a_danger_to_life_is_answered_at_once(client: aiohttp.ClientSession) -> None:
    answer = await send(
        client, {"description": "A power line fell on a man and he is on fire. Help!"}
    )

    assert "911" in answer.json[0]["service_notice"]


@pytest.mark.parametrize("place", ["query", "body", "header"])
async def test_the_key_may_come_in_query_body_or_header(
    client: aiohttp.ClientSession, place: str
) -> None:
    fields = form(api_key="", jurisdiction_id="" if place == "query" else "portland.gov")
    fields |= {"api_key": ADAPTER} if place == "body" else {}
    query = {"api_key": ADAPTER, "jurisdiction_id": "portland.gov"} if place == "query" else {}
    headers = {"Authorization": f"Bearer {ADAPTER}"} if place == "header" else {}
    async with client.post(
        f"{BASE}/requests.json", data=fields, params=query, headers=headers
    ) as response:
        assert response.status == 200, await response.text()


@pytest.mark.parametrize("key", ["", "no such key", BUREAU])
@pytest.mark.parametrize("output", ["json", "xml"])
async def test_without_an_adapters_key_it_is_forbidden(
    running: Running, topic_log: TopicLog, key: str, output: str
) -> None:
    async with running() as client:
        answer = await send(client, {"api_key": key}, output=output)

    assert answer.status == 403
    assert "key" in answer.body.decode()
    assert not await topic_log.records(INTAKE_REQUESTS)


@pytest.mark.parametrize(
    ("fields", "status", "named"),
    [
        ({"jurisdiction_id": ""}, 400, ["jurisdiction_id"]),
        ({"jurisdiction_id": "paris.fr"}, 404, ["jurisdiction_id"]),
        ({"service_code": ""}, 400, ["service_code"]),
        ({"service_code": "NO-SUCH"}, 404, ["service_code"]),
        ({"lat": "", "long": ""}, 400, ["lat and long, address_string or address_id"]),
        ({"long": ""}, 400, ["lat and long"]),
        ({"lat": "north"}, 400, ["lat:"]),
        ({"lat": "91"}, 400, ["lat:"]),
        ({"description": "x" * 4_001}, 400, ["description"]),
        ({"media_url": "file:///etc/passwd"}, 400, ["media_url"]),
        ({"service_code": "OUTREACH-REQ"}, 400, ["[person_name]", "[wants_help]"]),
        (
            {"service_code": "CAMP-REPORT", "attribute[tents_count]": "many"},
            400,
            ["attribute[tents_count]"],
        ),
        ({"attribute[size]": "huge"}, 400, ["attribute[size]", "small, medium, large"]),
    ],
    ids=str,
)
async def test_what_is_wrong_is_named(
    client: aiohttp.ClientSession, fields: dict[str, str], status: int, named: Sequence[str]
) -> None:
    answer = await send(client, fields)

    assert answer.status == status
    assert {error["code"] for error in answer.json} == {status}
    for words in named:
        assert words in answer.description


@pytest.mark.parametrize(
    "location",
    [{"lat": "45.5", "long": "-122.6"}, {"address_string": "5th and Main"}, {"address_id": "17"}],
    ids=str,
)
async def test_one_form_of_location_is_enough(
    client: aiohttp.ClientSession, location: dict[str, str]
) -> None:
    number = await public_id_of(client, **({"lat": "", "long": ""} | location))
    [request] = (await read(client, f"requests/{number}.json")).json

    assert (request["lat"] is None) == ("lat" not in location)


async def test_other_content_and_too_much_of_it_are_refused(client: aiohttp.ClientSession) -> None:
    json = await send(client, b"{}", headers={"Content-Type": "application/json"})
    broken = await send(client, b"a=%ff")
    large = await send(client, b"description=" + b"x" * 1_100_000)

    assert (json.status, broken.status, large.status) == (400, 400, 413)
    assert "application/x-www-form-urlencoded" in json.description
    assert large.content_type == "application/json; charset=utf-8"


async def test_a_repeat_under_one_id_is_one_request(running: Running, topic_log: TopicLog) -> None:
    key = {"Idempotency-Key": "17"}
    async with running() as client:
        answers = await asyncio.gather(*(send(client, {}, headers=key) for _ in range(5)))
        other = await send(client, {"description": "Another hole"}, headers=key)
        records = await topic_log.at_least(1, INTAKE_REQUESTS)

    assert len({answer.body for answer in answers}) == 1
    assert len(records) == 1
    assert other.status == 400
    assert "Idempotency-Key" in other.description


async def test_a_key_has_its_own_share(running: Running) -> None:
    async with running(key_per_second=1) as client:
        answers = await asyncio.gather(*(send(client, {}) for _ in range(8)))

    assert {answer.status for answer in answers} == {200, 429}
    limited = next(answer for answer in answers if answer.status == 429)
    assert limited.headers["Retry-After"] == "1"
    assert limited.json[0]["code"] == 429


async def test_a_stranger_who_tries_keys_is_refused_before_the_body_is_read(
    running: Running,
) -> None:
    async with running(address_per_second=1) as client:
        guesses = (send(client, {"api_key": f"guess {n}"}) for n in range(30))
        answers = await asyncio.gather(*guesses)

    assert {answer.status for answer in answers} == {403, 429}


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        pytest.param("text/plain", b"a", id="no form"),
        pytest.param("application/x-www-form-urlencoded", b"a=%FF", id="no UTF-8"),
        pytest.param("multipart/form-data", b"a", id="no boundary"),
        pytest.param("application/x-www-form-urlencoded;" + ";" * 7_900, b"a=b", id="8 kB"),
    ],
)
async def test_a_form_that_cannot_be_read_costs_a_stranger_a_token(
    running: Running, content_type: str, body: bytes
) -> None:
    headers = {"Content-Type": content_type}
    async with running(address_per_second=1) as client:
        statuses = [(await send(client, body, headers=headers)).status for _ in range(20)]

    assert statuses[0] == 400
    assert set(statuses) == {400, 429}


async def test_a_key_in_the_form_costs_no_token_once_it_is_known(running: Running) -> None:
    async with running(address_per_second=1, accepts_per_second=100) as client:
        statuses = [
            (await send(client, {"api_key": ADAPTER}, headers={"Authorization": ""})).status
            for _ in range(20)
        ]

    assert set(statuses) == {200}


async def test_what_the_demo_hands_in_by_open311_is_accepted(
    running: Running, topic_log: TopicLog
) -> None:
    day = make_scenario(311, date(2026, 3, 3), 1_200)
    sent = [one.event() for one in day.submissions if one.way == "open311"]
    answered: list[int] = []
    async with running() as client:
        client.headers["Authorization"] = f"Bearer {ADAPTER}"
        transport = Open311Transport(client, lambda _, status, __: answered.append(status))
        await transport.send(sent)

        async def all_published() -> list[Any]:
            found = [
                request
                for topic in (INTAKE_REQUESTS, INTAKE_REQUESTS_EXPRESS)
                for request in await topic_log.events(topic)
            ]
            return found if len(found) >= len(sent) else []

        requests = await eventually(all_published)

    assert answered == [200] * len(sent)
    assert {request.data.channel for request in requests} == {"open311"}
    assert sorted(request.data.service_code for request in requests) == sorted(
        one.data["service_code"] for one in sent
    )
