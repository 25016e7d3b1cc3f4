"""The gazetteer in PostgreSQL, and what it finds of recorded addresses."""

import json
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.address_files import AddressBookBuilder
from cli.main import build
from services.intake.places.book import AddressBook
from services.intake.places.gazetteer import Gazetteer, replace_book
from services.intake.policy import CityAddress
from shared.catalogue import load_catalogue
from shared.runtime.postgres import Pool, transaction
from shared.vocabulary import GeoPoint, distance_m
from tests.integration.intake.conftest import Running
from tests.support.databases import Database
from tests.support.intake.http_client import plain, post
from tests.support.paths import DATA

pytestmark = pytest.mark.integration

CITY = "portland.gov"
CITIES = load_catalogue().jurisdictions
RECORDED = DATA / "portland_addresses"
LEAST_HIT_RATE = 0.98


def point(number: int) -> GeoPoint:
    """A point 1 km north of the one of the number before it."""
    return GeoPoint(40 + number / 100, -122.6)


async def fill(pool: Pool, *addresses: str, city: str = CITY) -> None:
    """Load a book of addresses, each at a point of its own."""
    builder = AddressBookBuilder("portland")
    for number, address in enumerate(addresses):
        at = point(number)
        row = {"lat": str(at.latitude), "lon": str(at.longitude)}
        house, _, street = address.partition(" ")
        if house.isdecimal():
            builder.add_row(row | {"number": house, "street": street})
        else:
            builder.add_row(row | {"street" if "&" in address else "name": address})
    async with transaction(pool) as db:
        await replace_book(db, city, builder.build().encode())


async def find(pool: Pool, *addresses: str, city: str = CITY) -> list[GeoPoint | None]:
    known = Gazetteer(pool, CITIES)
    return list(await known.points([CityAddress(city, one) for one in addresses]))


async def test_the_points_of_a_batch_are_found_in_order(pool: Pool) -> None:
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
        "1234 Southeast Mane Street",
        "1234 SE Main",
    )

    assert found == [point(2), None, point(1), None, point(3), None, point(0)]


async def test_each_city_has_places_of_its_own(pool: Pool) -> None:
    await fill(pool, "1 Main St")

    assert await find(pool, "1 Main St", city="boston.gov") == [None]
    assert await find(pool, "1 Main St", city="nowhere.gov") == [None]


async def test_a_new_book_replaces_the_old_one_at_once_and_well_known_places_stay(
    pool: Pool,
) -> None:
    await fill(pool, "1 Main St", "2 Main St")
    before = await find(pool, "1 Main St")

    await fill(pool, "2 Side St")

    assert before == [point(0)]
    assert await find(pool, "1 Main St", "2 Side St") == [None, point(0)]
    assert await find(pool, "Powell Butte") == [GeoPoint(45.4903, -122.4975)]


async def test_the_addresses_of_the_catalogue_are_there_without_loading(pool: Pool) -> None:
    [hall, crossing] = await find(pool, "1220 SW 5th Ave", "SE 39th & Hawthorne")

    assert hall
    assert crossing
    assert distance_m(hall, GeoPoint(45.51507, -122.67935)) < 50
    assert distance_m(crossing, GeoPoint(45.51205, -122.62284)) < 50


async def test_an_address_in_a_city_that_it_names_is_not_looked_for_here(pool: Pool) -> None:
    await fill(pool, "500 Main St")

    assert await find(pool, "500 Main St, Vancouver WA", "500 Main St, Portland") == [
        None,
        point(0),
    ]


def test_the_command_loads_a_file_with_the_well_known_places(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROUTE311_ADMIN_DSN", database.admin_dsn)
    monkeypatch.setenv("ROUTE311_AUDIT_FILE", str(tmp_path / "audit.log"))
    file = tmp_path / "places.csv"
    file.write_text("name,street,number,lat,lon\n,SE Main St,1234,45.5,-122.6\n")
    book = tmp_path / "addresses.npz"
    arguments = ["gazetteer", "load", str(file), "--jurisdiction", CITY]

    done = CliRunner().invoke(build(arguments), arguments)
    to_file = [*arguments, "--out", str(book)]
    written = CliRunner().invoke(build(to_file), to_file)
    stranger = CliRunner().invoke(build(arguments), [*arguments[:-1], "nowhere.gov"])

    assert done.output == "loaded: 1 addresses, 1 streets, 0 places of portland.gov\n"
    assert written.output.startswith("written: 1 addresses")
    assert len(AddressBook.decode(book.read_bytes()).numbers) == 1
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
        if not case["in"]["text"].startswith("12133 SE 8OTH AVE MILWAUKIE")  # of two cities at once
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
