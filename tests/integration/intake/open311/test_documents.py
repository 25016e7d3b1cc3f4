"""What anybody may read by Open311 without a key: in both formats, errors too."""

import asyncio
from datetime import datetime

import aiohttp
import pytest

from services.intake.channels.open311.schema import Discovery, Open311Service, ServiceDefinition
from shared.runtime.clock import utc_now
from shared.runtime.postgres import open_database
from tests.integration.intake.conftest import Running
from tests.support.databases import Database
from tests.support.intake.open311_calls import public_id_of, read
from tests.support.locks import locked

pytestmark = pytest.mark.integration

JSON, XML = "application/json; charset=utf-8", "text/xml; charset=utf-8"


@pytest.mark.parametrize(("output", "content_type"), [("json", JSON), ("xml", XML)])
async def test_every_document_comes_in_both_formats(
    client: aiohttp.ClientSession, output: str, content_type: str
) -> None:
    number = await public_id_of(client)
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
        async with open_database(database.admin_dsn) as db:
            await db.execute("UPDATE intake.service_list_versions SET digest = 'older'")
        changed = await read(client, "discovery.json", jurisdiction_id="")

    found = Discovery(**first.json)
    [endpoint] = found.endpoints
    assert endpoint.url == "https://311.example.org/open311/v2"
    assert endpoint.formats == ["text/xml", "application/json"]
    assert endpoint.specification == "http://wiki.open311.org/GeoReport_v2"
    assert datetime.fromisoformat(found.changeset) <= utc_now()
    assert again.json == first.json
    assert changed.json["changeset"] >= found.changeset


async def test_an_address_with_a_line_break_gets_an_error_of_open311_too(
    client: aiohttp.ClientSession,
) -> None:
    answer = await read(client, "services.%0A")

    assert (answer.status, answer.content_type) == (404, XML)
    assert answer.xml.findtext("error/code") == "404"


async def test_kinds_and_questions_are_those_of_the_city(client: aiohttp.ClientSession) -> None:
    kinds = [Open311Service(**one) for one in (await read(client, "services.json")).json]
    boston = await read(client, "services.json", jurisdiction_id="boston.gov")
    questions = ServiceDefinition(**(await read(client, "services/ROW-POTHOLE.json")).json)
    unknown = await read(client, "services/NO-SUCH.json")

    assert "ROW-POTHOLE" in {kind.service_code for kind in kinds}
    assert all(one["service_code"].startswith("BOS-") for one in boston.json)
    assert questions.service_code == "ROW-POTHOLE"
    assert {"size", "bike_lane"} <= {attribute.code for attribute in questions.attributes}
    assert (unknown.status, unknown.json[0]["code"]) == (404, 404)


@pytest.mark.parametrize("output", ["json", "xml"])
async def test_errors_come_in_the_format_that_was_asked_for(
    client: aiohttp.ClientSession, output: str
) -> None:
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
async def test_what_has_no_format_is_not_found_in_xml(
    client: aiohttp.ClientSession, path: str
) -> None:
    answer = await read(client, path)

    assert (answer.status, answer.content_type) == (404, XML)


async def test_readers_are_limited_by_address_and_told_so(running: Running) -> None:
    async with running(address_per_second=1) as client:
        answers = await asyncio.gather(*(read(client, "services.xml") for _ in range(30)))

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
