"""Places by words, and the tiles of the map, over HTTP."""

import asyncio
from typing import Any

import aiohttp
import pytest

from shared.vocabulary import GeoPoint, distance_m
from tests.integration.intake.conftest import Running

pytestmark = pytest.mark.integration

PATH = "/v1/places"


async def find(client: aiohttp.ClientSession, **query: str) -> list[dict[str, Any]]:
    async with client.get(PATH, params=query) as response:
        assert response.status == 200
        return list((await response.json())["places"])


async def status_of(client: aiohttp.ClientSession) -> int:
    async with client.get(PATH, params={"q": "main"}) as response:
        return response.status


async def test_places_are_found_by_words_and_by_point_and_far_ones_are_not(
    running: Running,
) -> None:
    async with running() as client:
        [house, *_] = await find(client, q="1220 sw 5", jurisdiction="portland.gov")
        [crossing] = await find(client, q="SE 39th and Hawthorne")
        [at_point] = await find(client, near="45.51508,-122.67937")
        [nearest, *_] = await find(client, q="SE 82nd", near="45.47,-122.58")
        abroad = await find(client, q="500 Main St, Vancouver WA")
        elsewhere = await find(client, q="1220 SW 5th Ave", jurisdiction="boston.gov")

    assert house == {
        "name": "1220 SW 5th Ave",
        "match": "address",
        "point": {"latitude": 45.515079, "longitude": -122.679375},
        "district": "SW",
    }
    assert crossing["name"] == "SE César E. Chávez Blvd & SE Hawthorne Blvd"
    assert distance_m(GeoPoint(**crossing["point"]), GeoPoint(45.51205, -122.62284)) < 30
    assert at_point["name"] == "1220 SW 5th Ave"
    assert (nearest["name"], nearest["match"]) == ("SE 82nd Ave", "street")
    assert abroad == elsewhere == []


async def test_wrong_parameters_are_named_and_calls_limited(running: Running) -> None:
    async with running() as client:
        faults = []
        for query in ({"near": "45"}, {"jurisdiction": "x"}, {"q": "x" * 201}, {"Q": "x"}):
            async with client.get(PATH, params=query) as response:
                faults.append((response.status, (await response.json())["errors"][0]["field"]))
        async with client.get("/report/pins?bounds=-123,45,-122,46") as response:
            too_wide = response.status
        statuses = await asyncio.gather(*(status_of(client) for _ in range(60)))

    assert faults == [(422, "near"), (422, "jurisdiction"), (422, "q"), (422, "Q")]
    assert too_wide == 422
    assert set(statuses) == {200, 429}


async def test_tiles_come_by_ranges_and_a_city_without_has_none(running: Running) -> None:
    url = "/tiles/portland.gov.pmtiles"
    async with running() as client:
        async with client.get(url, headers={"Range": "bytes=0-6"}) as part:
            head = await part.read()
        async with client.get(url, headers={"If-None-Match": part.headers["ETag"]}) as same:
            pass
        async with client.get("/tiles/boston.gov.pmtiles") as none:
            pass

    assert (part.status, head) == (206, b"PMTiles")
    assert same.status == 304
    assert none.status == 404
