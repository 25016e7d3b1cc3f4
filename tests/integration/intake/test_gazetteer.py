"""The gazetteer in PostgreSQL, and what it finds of recorded addresses."""

import json
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.main import build
from services.intake.places.gazetteer import Place, PostgresGazetteer, add_places, replace_places
from services.intake.policy import CityAddress
from services.intake.rules.addresses import read_address
from shared.runtime.postgres import Pool, transaction
from shared.vocabulary import GeoPoint
from tests.integration.intake.conftest import Running
from tests.integration.intake.http_client import plain, post
from tests.support.databases import Database
from tests.support.paths import DATA

pytestmark = pytest.mark.integration

CITY = "portland.gov"
RECORDED = DATA / "portland_addresses"
LEAST_HIT_RATE = 0.98


def place(address: str, number: int = 0) -> Place:
    """A place at a point of its own, 1 km north of the one before it."""
    key = read_address(address, "portland")
    assert key is not None
    return Place(key, point(number))


def point(number: int) -> GeoPoint:
    return GeoPoint(40 + number / 100, -122.6)


async def fill(pool: Pool, *addresses: str, city: str = CITY) -> None:
    async with transaction(pool) as db:
        await replace_places(db, city, [place(one, i) for i, one in enumerate(addresses)])


async def find(pool: Pool, *addresses: str, city: str = CITY) -> list[GeoPoint | None]:
    async with transaction(pool) as db:
        return list(
            await PostgresGazetteer(db).points([CityAddress(city, one) for one in addresses])
        )


async def test_one_statement_finds_the_points_of_a_batch_in_order(pool: Pool) -> None:
    await fill(
        pool,
        "1234 SE Main St",
        "NE 33rd Ave & NE Fremont St",
        "Laurelhurst Park",
        "841 S Gaines St",
    )

    found = await find(
        pool,
        "across from Laurelherst Park",
        "SE Hawthorne Blvd",
        "Fremont and 33rd",
        "99 SE Nowhere St",
        "0841 SW Gaines",
        "1234 Southeast Mian Street",
        "1234 SE Main",
    )

    assert found == [point(2), None, point(1), None, point(3), None, point(0)]


async def test_each_city_has_places_of_its_own(pool: Pool) -> None:
    await fill(pool, "1 Main St")

    assert await find(pool, "1 Main St", city="boston.gov") == [None]


async def test_a_new_file_replaces_the_old_one_and_repeats_are_left_out(pool: Pool) -> None:
    await fill(pool, "1 Main St", "2 Main St")
    async with transaction(pool) as db:
        loaded = await replace_places(db, CITY, [place("2 Main St", 7), place("2 Main Street", 8)])
        added = await add_places(db, CITY, [place("2 Main St", 9), place("City Hall", 9)])

    assert (loaded, added) == (1, 1)
    assert await find(pool, "1 Main St", "2 Main St", "City Hall") == [None, point(7), point(9)]


def test_the_command_loads_a_file_with_the_well_known_places(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROUTE311_ADMIN_DSN", database.admin_dsn)
    monkeypatch.setenv("ROUTE311_AUDIT_FILE", str(tmp_path / "audit.log"))
    file = tmp_path / "places.csv"
    file.write_text("name,street,number,lat,lon\n,SE Main St,1234,45.5,-122.6\n")
    arguments = ["gazetteer", "load", str(file), "--jurisdiction", CITY]

    done = CliRunner().invoke(build(arguments), arguments)
    stranger = CliRunner().invoke(build(arguments), [*arguments[:-1], "nowhere.gov"])

    assert done.output == "loaded: 1 places of portland.gov\n"
    assert json.loads((tmp_path / "audit.log").read_text())["event"] == "gazetteer_loaded"
    assert stranger.exit_code == 2


async def test_a_submission_with_the_name_of_a_bridge_alone_is_put_on_the_map(
    running: Running, pool: Pool
) -> None:
    async with running() as client:
        taken = await post(client, plain(location={"address": "on the Hawthorne Bridge"}))

    assert taken.status == 201
    async with transaction(pool) as db:
        row = await db.fetchrow("SELECT address, latitude, longitude FROM requests")
    assert row is not None
    assert dict(row) == {
        "address": "on the Hawthorne Bridge",
        "latitude": 45.513,
        "longitude": -122.671,
    }


async def test_recorded_addresses_are_found_in_a_gazetteer_that_has_them(pool: Pool) -> None:
    """Addresses as people typed them, against those that they mean, each at a point of its own."""
    file = RECORDED / "trimet_pelias_search_address.json"
    if not file.exists():
        pytest.skip(f"{file} is not there")
    cases = [
        (case["in"]["text"], case["expected"]["properties"][0]["name"])
        for case in json.loads(file.read_text())["tests"]
    ]
    meant = list(dict.fromkeys(name for _, name in cases))
    await fill(pool, *meant)

    found = await find(pool, *(typed for typed, _ in cases))

    wanted = await find(pool, *(name for _, name in cases))
    missed = [case for case, at, right in zip(cases, found, wanted, strict=True) if at != right]
    hit_rate = 1 - len(missed) / len(cases)
    sys.stdout.write(f"hit rate {hit_rate:.1%} of {len(cases)}; missed: {missed}\n")
    assert None not in wanted
    assert hit_rate >= LEAST_HIT_RATE
