"""What is shown of a request, from its first moment to the end of its case."""

from collections.abc import Sequence
from datetime import timedelta
from http import HTTPStatus

import aiohttp
import pytest

from services.intake.channels.open311.schema import RequestUpdate, ServiceRequest
from services.intake.store.erasure import erase_texts
from shared.contract.events import (
    CaseClosed,
    CaseClosing,
    CaseOpened,
    CaseStatusChange,
    CaseStatusChanged,
    Event,
    RequestSubmitted,
    RequestTriaged,
)
from shared.contract.topics import INTAKE_REQUESTS
from shared.runtime.clock import utc_now
from shared.runtime.postgres import open_database
from tests.integration.intake.conftest import Running
from tests.support.builders import case_with_request, decision
from tests.support.databases import Database
from tests.support.intake.open311_calls import ids, public_id_of, read, stamp
from tests.support.topic_log import TopicLog
from tests.support.waiting import eventually

pytestmark = pytest.mark.integration


def life(request: RequestSubmitted) -> Sequence[Event]:
    """The life of the request's case: opened, at work, completed."""
    made = decision(request.data)
    case = case_with_request(
        case_id=made.case_id, request_id=made.request_id, tracking_number=made.tracking_number
    )
    state = case.model_dump() | {"previous_status": "open"}
    work = state | {"version": 2, "status": "in_progress", "public_note": "On our way"}
    done = state | {"version": 3, "status": "completed", "public_note": "Filled it"}
    return [
        RequestTriaged.of(made, now=utc_now()),
        CaseOpened.of(case, now=utc_now()),
        CaseStatusChanged.of(CaseStatusChange(**work), now=utc_now()),
        CaseClosed.of(CaseClosing(**done, closed_at=utc_now()), now=utc_now()),
    ]


async def shown(client: aiohttp.ClientSession, number: str, words: str) -> ServiceRequest:
    """Read a request until its status notes hold the words."""

    async def found() -> ServiceRequest | None:
        answer = await read(client, f"requests/{number}.json")
        if answer.status != HTTPStatus.OK:
            return None  # a long wait reads oftener than one address may
        [request] = answer.json
        return ServiceRequest(**request) if words in request["status_notes"] else None

    request = await eventually(found)
    assert request
    return request


async def test_a_request_is_listed_at_once_without_contact_data(running: Running) -> None:
    async with running() as client:
        number = await public_id_of(
            client,
            address_string="1220 SW 5th Ave",
            description="A hole. I am Ana Ruiz, call 503-555-0100",
            first_name="Ana",
            last_name="Ruiz",
            email="ana@example.org",
            phone="503-555-0100",
        )
        listed = await read(client, "requests.json")
        alone = await read(client, f"requests/{number}.json")
        xml = await read(client, f"requests/{number}.xml")

    [request] = listed.json
    assert alone.json == [request]
    assert xml.xml.findtext("request/service_request_id") == number
    assert request.keys() == {element.tag for element in xml.xml[0]}
    assert (request["status"], request["service_code"]) == ("open", "ROW-POTHOLE")
    assert (request["lat"], request["long"]) == (45.51904, -122.67932)
    assert request["address"] == "1220 SW 5th Ave"
    assert request["description"].startswith("A hole.")
    for body in (listed.body, alone.body, xml.body):
        for secret in (b"Ana", b"Ruiz", b"ana@", b"555-0100"):
            assert secret not in body


async def test_a_request_is_followed_to_its_end(running: Running, topic_log: TopicLog) -> None:
    async with running() as client:
        number = await public_id_of(client)
        [request] = await topic_log.at_least(1, INTAKE_REQUESTS)
        decided, opened, work, done = life(request)
        await topic_log.publish(decided, opened, work)
        at_work = await shown(client, number, "On our way")
        was_open = ids(await read(client, "requests.json", status="open"))
        await topic_log.publish(done)
        finished = await shown(client, number, "Filled it")
        closed = ids(await read(client, "requests.json", status="closed"))
        still_open = ids(await read(client, "requests.json", status="open"))
        extended = await read(client, f"requests/{number}.json", extensions="true")
        updates = await read(client, "servicerequestupdates.json")
        of_one = await read(client, "servicerequestupdates.json", service_request_id=number)
        later = await read(
            client, "servicerequestupdates.json", start_date=stamp(utc_now() + timedelta(hours=1))
        )

    assert (at_work.status, at_work.agency_responsible) == ("open", "PBOT Maintenance Operations")
    assert (finished.status, finished.expected_datetime) == ("closed", None)
    assert finished.updated_datetime == stamp(done.time)
    assert (was_open, closed, still_open) == ([number], [number], [])
    [one] = extended.json
    assert one["extended_attributes"]["detailed_status"] == "completed"
    assert [note["type"] for note in one["notes"]] == ["open", "in_progress", "completed"]
    changes = [RequestUpdate(**update) for update in updates.json]
    assert [change.description for change in changes[1:]] == ["On our way", "Filled it"]
    assert {change.service_request_id for change in changes} == {number}
    assert of_one.json == updates.json
    assert later.json == []


async def test_a_request_that_joins_a_closed_case_is_closed(
    running: Running, topic_log: TopicLog
) -> None:
    async with running() as client:
        first, second = await public_id_of(client), await public_id_of(client)
        requests = await topic_log.at_least(2, INTAKE_REQUESTS)
        of = {event.data.public_id: event for event in requests}
        events = life(of[first])
        await topic_log.publish(*events)
        await shown(client, first, "Filled it")
        case = events[-1].subject
        joined = decision(of[second].data, outcome="duplicate", case_id=case)
        await topic_log.publish(RequestTriaged.of(joined, now=utc_now()))
        await shown(client, second, "Filled it")
        closed = ids(await read(client, "requests.json", status="closed"))

    assert sorted(closed) == sorted([first, second])


async def test_a_private_kind_is_shown_nowhere(running: Running, topic_log: TopicLog) -> None:
    async with running() as client:
        kinds = {one["service_code"] for one in (await read(client, "services.json")).json}
        number = await public_id_of(client, service_code="CAMP-ADA", phone="503-555-0100")
        [request] = await topic_log.at_least(1, INTAKE_REQUESTS)
        await topic_log.publish(*life(request))
        seen = await public_id_of(client)
        answers = [
            await read(client, "requests.json"),
            await read(client, "requests.json", service_code="CAMP-ADA"),
            await read(
                client,
                "requests.json",
                service_request_id=f"{number},{request.data.tracking_number}",
            ),
            await read(client, "requests.json", bbox="-180,-90,180,90"),
            await read(client, "servicerequestupdates.json"),
        ]
        alone = [
            await read(client, f"{path}/{name}.json")
            for path in ("requests", "tokens")
            for name in (number, request.data.tracking_number)
        ]

    assert "CAMP-ADA" in kinds
    assert [ids(answer) for answer in answers] == [[seen], [], [], [seen], []]
    assert [answer.status for answer in alone] == [404] * 4


async def test_an_erased_persons_words_are_shown_no_more(
    running: Running, database: Database
) -> None:
    async with running() as client:
        number = await public_id_of(client, description="A hole by my gate", email="a@example.org")
        other = await public_id_of(client, description="Another hole")
        async with open_database(database.admin_dsn, "intake") as db:
            request_id = await db.fetchval(
                "SELECT request_id::text FROM requests WHERE public_id = $1", number
            )
            await erase_texts(db, [request_id])
        listed = (await read(client, "requests.json")).json

    told = {one["service_request_id"]: one["description"] for one in listed}
    assert told == {number: None, other: "Another hole"}
