"""Defects of other Open311 servers, each of which broke a client of theirs."""

from collections.abc import Mapping
from typing import Any

import aiohttp
import pytest

from tests.integration.intake.conftest import Running
from tests.support.intake.open311_calls import form, public_id_of, read, send

pytestmark = pytest.mark.integration


async def test_json_is_never_wrapped_and_an_object_is_an_object(running: Running) -> None:
    """FixMyStreet wraps lists; Zurich puts arrays into objects."""
    async with running() as client:
        await public_id_of(client)
        for path in ("services", "requests", "servicerequestupdates"):
            assert isinstance((await read(client, f"{path}.json")).json, list)
        [request] = (await read(client, "requests.json")).json
        definition = (await read(client, "services/ROW-POTHOLE.json")).json
        errors = (await read(client, "requests/x.json")).json

    assert isinstance(definition, dict)
    assert isinstance(errors, list)
    assert all(not isinstance(value, list | dict) for value in request.values())


async def test_xml_is_text_xml_even_for_errors(client: aiohttp.ClientSession) -> None:
    """FixMyStreet and Mark-a-Spot send application/xml, FixMyStreet an HTML page for errors."""
    for path in ("services.xml", "requests/x.xml"):
        answer = await read(client, path)
        assert answer.content_type == "text/xml; charset=utf-8"


async def test_kinds_with_questions_say_so_with_true(client: aiohttp.ClientSession) -> None:
    """FixMyStreet always says false, and no client asks for the questions."""
    services = (await read(client, "services.json")).json
    xml = (await read(client, "services.xml")).xml

    metadata = {service["service_code"]: service["metadata"] for service in services}
    assert metadata["ROW-POTHOLE"] is True
    assert xml.findtext("service/metadata") == "true"


async def test_the_description_is_the_reporters_and_the_agency_a_text(running: Running) -> None:
    """FixMyStreet puts a title before the description; its agency is an object."""
    async with running() as client:
        await public_id_of(client, description="Only this")
        [request] = (await read(client, "requests.json")).json

    assert request["description"] == "Only this"
    assert request["agency_responsible"] is None or isinstance(request["agency_responsible"], str)


async def test_a_wrong_key_is_forbidden_and_not_a_bad_request(
    client: aiohttp.ClientSession,
) -> None:
    """uReport answers 400, the specification's swagger 401."""
    assert (await send(client, {"api_key": "wrong"})).status == 403
    assert (await send(client, {"api_key": ""})).status == 403


async def test_an_unknown_kind_lists_nothing_and_not_everything(
    client: aiohttp.ClientSession,
) -> None:
    """uReport once listed everything."""
    await public_id_of(client)
    assert (await read(client, "requests.json", service_code="NO-SUCH")).json == []


async def test_a_city_that_is_named_is_heeded(client: aiohttp.ClientSession) -> None:
    """uReport ignores the jurisdiction."""
    await public_id_of(client)
    assert (await read(client, "requests.json", jurisdiction_id="boston.gov")).json == []


async def test_a_blank_city_counts_as_none(client: aiohttp.ClientSession) -> None:
    """Baltimore choked on an empty jurisdiction."""
    async with client.get("/open311/v2/services.json?jurisdiction_id=") as response:
        assert response.status == 400
        assert "jurisdiction_id is missing" in await response.text()


async def test_the_code_of_an_error_is_a_number(client: aiohttp.ClientSession) -> None:
    """Mark-a-Spot writes "103 - service_code"; uReport's JSON has no code."""
    for answer in (
        await send(client, {"service_code": ""}),
        await read(client, "requests/x.json"),
    ):
        assert [type(error["code"]) for error in answer.json] == [int]


async def test_neither_captcha_nor_a_point_is_needed(client: aiohttp.ClientSession) -> None:
    """Libre311 wants both."""
    assert await public_id_of(client, lat="", long="", address_string="5th and Main")


async def test_the_status_is_open_or_closed_and_nothing_else(client: aiohttp.ClientSession) -> None:
    """Libre311 has four."""
    await public_id_of(client)
    assert {one["status"] for one in (await read(client, "requests.json")).json} == {"open"}


async def test_equal_requests_are_both_taken(client: aiohttp.ClientSession) -> None:
    """Boston refused the second one: "base is a duplicate"."""
    assert await public_id_of(client) != await public_id_of(client)


async def test_every_listed_request_has_an_id(client: aiohttp.ClientSession) -> None:
    """Chicago lists requests that have neither an id nor a token."""
    await public_id_of(client)
    assert all(one["service_request_id"] for one in (await read(client, "requests.json")).json)


async def test_the_path_of_one_request_is_plural(client: aiohttp.ClientSession) -> None:
    """The swagger of schema-validation has /request/{id}."""
    number = await public_id_of(client)
    assert (await read(client, f"requests/{number}.json")).status == 200
    assert (await read(client, f"request/{number}.json")).status == 404


async def test_ids_are_texts_and_moments_utc_without_fractions(
    client: aiohttp.ClientSession,
) -> None:
    """Numbers such as 001 are no JSON; an old validator reads no offset and no fraction."""
    number = await public_id_of(client)
    [request] = (await read(client, f"requests/{number}.json")).json

    assert isinstance(request["service_request_id"], str)
    assert request["expected_datetime"] is None  # nobody has planned the work yet
    for name in ("requested_datetime", "updated_datetime"):
        assert len(request[name]) == len("2026-11-24T12:00:00Z")
        assert request[name].endswith("Z")


HOSTILE = (
    {"page": "999999999"},
    {"start_date": "0001-01-01T00:00:00Z", "end_date": "9999-12-31T23:59:59Z"},
    {"status": "open' OR 1=1 --"},
    {"service_request_id": "%00"},
    {"service_code": "\x00"},
    {"bbox": "NaN,NaN,NaN,NaN"},
    {"bbox": "1e999,0,0,0"},
    {"after": "A" * 5_000},
    {"jurisdiction_id": "\ud83d\ude00"},
    {"updated_after": "9999-12-31T23:59:59+00:00"},
)


@pytest.mark.parametrize("query", HOSTILE, ids=lambda query: next(iter(query)))
async def test_no_parameter_makes_a_server_error(
    client: aiohttp.ClientSession, query: Mapping[str, Any]
) -> None:
    """Mark-a-Spot's internal errors come out as 500, GovFlow answers 501."""
    assert (await read(client, "requests.json", **query)).status < 500


@pytest.mark.parametrize("text", ["\x00", "<x>&y;</x>", "]]>", "\ufffe", "🕳\u0301" * 50], ids=repr)
async def test_any_text_comes_back_as_well_formed_xml(
    client: aiohttp.ClientSession, text: str
) -> None:
    number = await public_id_of(client, description=f"Hole {text} here")
    answer = await read(client, f"requests/{number}.xml")

    assert "Hole" in (answer.xml.findtext("request/description") or "")
    assert form()["service_code"] == answer.xml.findtext("request/service_code")
