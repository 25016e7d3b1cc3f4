"""Sentences of the specification that hold for every document and every parameter."""

from typing import Any

import aiohttp
import pytest

from tests.integration.intake.conftest import Running
from tests.support.intake.open311_calls import ids, public_id_of, read, send
from tests.support.open311_xml import plain

pytestmark = pytest.mark.integration

DOCUMENTS = {
    "discovery": ("discovery", ""),
    "services": ("services", "service"),
    "services/ROW-POTHOLE": ("service_definition", ""),
    "requests": ("service_requests", "request"),
    "requests/{number}": ("service_requests", "request"),
    "tokens/{number}": ("service_requests", "request"),
    "servicerequestupdates": ("service_request_updates", "request_update"),
    "services/NO-SUCH": ("errors", "error"),
}
FILTERS = (
    *("service_request_id", "service_code", "status", "start_date", "end_date"),
    *("updated_after", "updated_before", "bbox", "page", "page_size", "after", "extensions"),
)
OPTIONAL = (
    *("address_string", "address_id", "email", "device_id", "account_id", "first_name"),
    *("last_name", "phone", "media_url", "attribute[size]", "attribute[bike_lane][]"),
)


def as_text(value: Any) -> Any:
    """What a JSON value looks like in XML; nothing and an empty list are alike."""
    if isinstance(value, dict):
        return {name: as_text(part) for name, part in value.items()}
    if isinstance(value, list):
        return [as_text(part) for part in value] or None
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else str(value)


@pytest.mark.parametrize("path", DOCUMENTS)
async def test_json_and_xml_say_the_same(client: aiohttp.ClientSession, path: str) -> None:
    root, entry = DOCUMENTS[path]
    number = await public_id_of(client, description="Two\nlines & <more>")
    query = {"extensions": "true"} if path.startswith("requests") else {}
    if path == "requests":  # those of other tests may have characters that XML cannot hold
        query["service_request_id"] = number
    in_json, in_xml = [
        await read(client, f"{path.format(number=number)}.{output}", **query)
        for output in ("json", "xml")
    ]

    assert in_xml.body.startswith(b'<?xml version="1.0" encoding="utf-8"?>\n<')
    assert in_xml.xml.tag == root
    assert {child.tag for child in in_xml.xml} <= {entry} or not entry
    assert isinstance(in_json.json, list) == bool(entry)
    assert plain(in_xml.xml) == as_text(in_json.json)


async def test_reading_needs_no_key_and_a_wrong_one_changes_nothing(
    client: aiohttp.ClientSession,
) -> None:
    number = await public_id_of(client)
    for path in DOCUMENTS:
        bare, wrong = [
            await read(client, f"{path.format(number=number)}.xml", **query)
            for query in ({}, {"api_key": "wrong"})
        ]
        assert (bare.status, bare.body) == (wrong.status, wrong.body)


async def test_a_blank_parameter_counts_as_not_sent(running: Running) -> None:
    async with running() as client:
        number = await public_id_of(client)
        blank = "&".join(f"{name}=" for name in FILTERS)
        async with client.get(
            f"/open311/v2/requests.json?jurisdiction_id=portland.gov&{blank}"
        ) as response:
            listed = [one["service_request_id"] for one in await response.json()]
        pairs = "&".join(f"{name}=%20" for name in OPTIONAL).encode()
        usual = b"&service_code=ROW-POTHOLE&lat=45.51904&long=-122.67932&description=Hole"
        key = b"&jurisdiction_id=portland.gov&api_key=key+of+the+adapter+called+demo"
        taken = await send(client, pairs + usual + key)

    assert listed == [number]
    assert taken.status == 200, taken.body


@pytest.mark.parametrize("output", ["json", "xml"])
async def test_an_answer_has_an_id_or_a_token_and_never_both(
    client: aiohttp.ClientSession, output: str
) -> None:
    answer = await send(client, {}, output=output)

    if output == "json":
        assert answer.json[0].keys() == {"service_request_id", "service_notice", "account_id"}
    else:
        assert [part.tag for part in answer.xml[0]] == [
            *("service_request_id", "service_notice", "account_id")
        ]


async def test_moments_with_any_offset_are_read(running: Running) -> None:
    async with running() as client:
        number = await public_id_of(client)
        [request] = (await read(client, "requests.json")).json
        at = request["requested_datetime"].removesuffix("Z")
        for since in (f"{at}Z", f"{at}+00:00", f"{at}-00:00", f"{at}.000Z"):
            assert ids(await read(client, "requests.json", start_date=since)) == [number]
        for wrong in (at, at[:10], "yesterday"):
            refused = await read(client, "requests.json", start_date=wrong)
            assert (refused.status, "start_date" in refused.description) == (400, True)
