"""What anybody may read by Open311, without a key."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import asyncpg
import pytest

from services.intake.erasure import erase_texts
from services.intake.open311.schema import (
    Discovery,
    Open311Service,
    RequestUpdate,
    ServiceDefinition,
    ServiceRequest,
)
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
from shared.runtime.database import open_database
from tests.builders import case_with_request, decision
from tests.conftest import Database
from tests.integration.intake.conftest import Running
from tests.integration.intake.open311.calls import Answer, number_of, read
from tests.integration.locks import locked
from tests.topic_log import TopicLog
from tests.waiting import eventually

pytestmark = pytest.mark.integration

JSON, XML = "application/json; charset=utf-8", "text/xml; charset=utf-8"


def ids(answer: Answer) -> list[str]:
    assert answer.status == 200, answer.body
    return [request["service_request_id"] for request in answer.json]


def stamp(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


async def moved(database: Database, number: str, **columns: Any) -> None:
    """Change a listed request, as time would have done."""
    connection = await asyncpg.connect(
        database.admin_dsn, server_settings={"search_path": "intake"}
    )
    changes = ", ".join(f"{name} = ${at}" for at, name in enumerate(columns, 2))
    await connection.execute(
        f"UPDATE listed_requests SET {changes} WHERE request_id = "  # noqa: S608 - names of ours
        "(SELECT request_id FROM requests WHERE tracking_number = $1)",
        number,
        *columns.values(),
    )
    await connection.close()


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
        [request] = (await read(client, f"requests/{number}.json")).json
        return ServiceRequest(**request) if words in request["status_notes"] else None

    request = await eventually(found)
    assert request
    return request


@pytest.mark.parametrize(("output", "content_type"), [("json", JSON), ("xml", XML)])
async def test_every_document_comes_in_both_formats(
    running: Running, output: str, content_type: str
) -> None:
    async with running() as client:
        number = await number_of(client)
        for path in (
            "discovery",
            "services",
            "services/ROW-POTHOLE",
            "requests",
            f"requests/{number}",
            f"tokens/{number}",
            "servicerequestupdates",
        ):
            answer = await read(client, f"{path}.{output}")
            assert (answer.status, answer.content_type) == (200, content_type), path
            assert (answer.json if output == "json" else answer.xml) is not None


async def test_discovery_tells_the_endpoint_its_formats_and_when_kinds_changed(
    running: Running, database: Database
) -> None:
    async with running() as client:
        first = await read(client, "discovery.json", jurisdiction_id="")
        again = await read(client, "discovery.json", jurisdiction_id="")
        admin = await asyncpg.connect(database.admin_dsn)
        await admin.execute("UPDATE intake.service_list_versions SET digest = 'older'")
        await admin.close()
        changed = await read(client, "discovery.json", jurisdiction_id="")

    found = Discovery(**first.json)
    [endpoint] = found.endpoints
    assert endpoint.url == "https://311.example.org/open311/v2"
    assert endpoint.formats == ["text/xml", "application/json"]
    assert endpoint.specification == "http://wiki.open311.org/GeoReport_v2"
    assert datetime.fromisoformat(found.changeset) <= utc_now()
    assert again.json == first.json
    assert changed.json["changeset"] >= found.changeset


async def test_kinds_and_questions_are_those_of_the_city(running: Running) -> None:
    async with running() as client:
        kinds = [Open311Service(**one) for one in (await read(client, "services.json")).json]
        boston = await read(client, "services.json", jurisdiction_id="boston.gov")
        questions = ServiceDefinition(**(await read(client, "services/ROW-POTHOLE.json")).json)
        unknown = await read(client, "services/NO-SUCH.json")

    assert "ROW-POTHOLE" in {kind.service_code for kind in kinds}
    assert all(one["service_code"].startswith("BOS-") for one in boston.json)
    assert questions.service_code == "ROW-POTHOLE"
    assert {"size", "bike_lane"} <= {attribute.code for attribute in questions.attributes}
    assert (unknown.status, unknown.json[0]["code"]) == (404, 404)


async def test_a_request_is_listed_at_once_without_contact_data(running: Running) -> None:
    async with running() as client:
        number = await number_of(
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
    async with running(address_per_second=1_000) as client:
        number = await number_of(client)
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
    async with running(address_per_second=1_000) as client:
        first, second = await number_of(client), await number_of(client)
        requests = await topic_log.at_least(2, INTAKE_REQUESTS)
        of = {event.data.tracking_number: event for event in requests}
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
        number = await number_of(client, service_code="CAMP-ADA", phone="503-555-0100")
        [request] = await topic_log.at_least(1, INTAKE_REQUESTS)
        await topic_log.publish(*life(request))
        seen = await number_of(client)
        answers = [
            await read(client, "requests.json"),
            await read(client, "requests.json", service_code="CAMP-ADA"),
            await read(client, "requests.json", service_request_id=number),
            await read(client, "requests.json", bbox="-180,-90,180,90"),
            await read(client, "servicerequestupdates.json"),
        ]
        alone = [await read(client, f"{path}/{number}.json") for path in ("requests", "tokens")]

    assert "CAMP-ADA" in kinds
    assert [ids(answer) for answer in answers] == [[seen], [], [], [seen], []]
    assert [answer.status for answer in alone] == [404, 404]


async def test_an_erased_persons_words_are_shown_no_more(
    running: Running, database: Database
) -> None:
    async with running() as client:
        number = await number_of(client, description="A hole by my gate", email="a@example.org")
        other = await number_of(client, description="Another hole")
        async with open_database(database.admin_dsn, "intake") as db:
            request_id = await db.fetchval(
                "SELECT request_id::text FROM requests WHERE tracking_number = $1", number
            )
            await erase_texts(db, [request_id])
        listed = (await read(client, "requests.json")).json

    told = {one["service_request_id"]: one["description"] for one in listed}
    assert told == {number: None, other: "Another hole"}


async def test_every_filter_selects(running: Running, database: Database) -> None:
    now = utc_now()
    async with running() as client:
        here = await number_of(client)
        sign = await number_of(client, service_code="ROW-SIGN", lat="45.6", long="-122.5")
        nowhere = await number_of(client, lat="", long="", address_string="5th and Main")
        old = await number_of(client)
        await moved(database, old, submitted_at=now - timedelta(days=120))
        await moved(database, sign, submitted_at=now - timedelta(days=10), is_open=False)

        async def found(**query: str) -> list[str]:
            return ids(await read(client, "requests.json", **query))

        span = {
            "start_date": stamp(now - timedelta(days=121)),
            "end_date": stamp(now - timedelta(days=100)),
        }
        assert await found() == [nowhere, here, sign]
        assert await found(jurisdiction_id="boston.gov") == []
        assert await found(service_code="ROW-SIGN,ROW-ICE") == [sign]
        assert await found(status="closed") == [sign]
        assert await found(status="closed,open", service_code="ROW-POTHOLE") == [nowhere, here]
        assert await found(**span) == [old]
        assert await found(updated_after=stamp(now - timedelta(days=1))) == [
            old,
            nowhere,
            sign,
            here,
        ]
        assert await found(updated_before=stamp(now - timedelta(days=1))) == []
        assert await found(
            updated_after=stamp(now - timedelta(days=1)), end_date=stamp(now - timedelta(days=2))
        ) == [sign]
        assert await found(bbox="-122.69,45.51,-122.67,45.52") == [here]
        assert await found(bbox="-122.69,45.51,-122.67,45.52", status="closed") == []
        assert await found(bbox="-180,-90,180,90") == [here, sign]
        assert await found(
            bbox="-122.69,45.51,-122.67,45.52", updated_after=stamp(now - timedelta(days=1))
        ) == [old, here]
        assert await found(bbox="-122.51,45.59,-122.49,45.61", service_code="ROW-SIGN") == [sign]
        assert sorted(await found(service_request_id=f"{here},{old}")) == sorted([here, old])
        # the numbers override everything else, even what is wrong
        assert await found(service_request_id=sign, status="done", start_date="x") == [sign]


async def test_pages_follow_one_another_without_gap_or_repeat(
    running: Running, database: Database
) -> None:
    async with running() as client:
        numbers = [await number_of(client) for _ in range(5)]
        same = utc_now()
        for number in numbers[:3]:  # equal times are told apart, too
            await moved(database, number, submitted_at=same)
        everything = ids(await read(client, "requests.json"))
        by_number = [
            number
            for page in "123"
            for number in ids(await read(client, "requests.json", page_size="2", page=page))
        ]
        by_link, link = [], "/open311/v2/requests.json?jurisdiction_id=portland.gov&page_size=2"
        while link:
            async with client.get(link) as response:
                by_link += [one["service_request_id"] for one in await response.json()]
                link = str(response.links["next"]["url"]) if response.links else ""

    assert sorted(everything) == sorted(numbers)
    assert by_number == by_link == everything


@pytest.mark.parametrize("output", ["json", "xml"])
async def test_errors_come_in_the_format_that_was_asked_for(running: Running, output: str) -> None:
    async with running() as client:
        calls = [
            (400, await read(client, f"services.{output}", jurisdiction_id="")),
            (404, await read(client, f"services.{output}", jurisdiction_id="paris.fr")),
            (404, await read(client, f"services/NO-SUCH.{output}")),
            (404, await read(client, f"requests/nonsense.{output}")),
            (404, await read(client, f"requests/26-0000-000000.{output}")),
            (404, await read(client, f"tokens/nonsense.{output}")),
            (404, await read(client, f"nothing/here.{output}")),
            (400, await read(client, f"requests.{output}", status="done")),
            (405, await read(client, f"services.{output}", "DELETE")),
            (403, await read(client, f"servicerequestupdates.{output}", "POST")),
        ]

    for status, answer in calls:
        assert answer.status == status, answer.body
        assert answer.content_type == (JSON if output == "json" else XML)
        if output == "json":
            assert {error["code"] for error in answer.json} == {status}
        else:
            assert answer.xml.tag == "errors"
            assert answer.xml.findtext("error/code") == str(status)
        assert answer.headers.get("Allow") == {405: "GET"}.get(status)


@pytest.mark.parametrize("path", ["requests", "requests.csv", "", "requests.json/more"])
async def test_what_has_no_format_is_not_found_in_xml(running: Running, path: str) -> None:
    async with running() as client:
        answer = await read(client, path)

    assert (answer.status, answer.content_type) == (404, XML)


async def test_readers_are_limited_by_address_and_told_so(running: Running) -> None:
    async with running(address_per_second=1) as client:
        answers = [await read(client, "services.xml") for _ in range(7)]

    limited = [answer for answer in answers if answer.status != 200]
    assert limited
    assert {answer.status for answer in limited} == {429}
    assert limited[0].xml.findtext("error/code") == "429"
    assert limited[0].headers["Retry-After"] == "1"


async def test_readers_are_told_when_the_database_does_not_answer(
    running: Running, database: Database
) -> None:
    async with running() as client:
        await read(client, "requests.json")
        async with locked(database, "intake.listed_requests"):
            answer = await read(client, "requests.json")

    assert answer.status == 503
    assert answer.json[0]["code"] == 503
    assert answer.headers["Retry-After"]
