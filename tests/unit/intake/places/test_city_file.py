"""The file of places that a city gives."""

import gzip
import json
from pathlib import Path

import pytest

from cli.address_files import AddressBookBuilder, CityFileError
from services.intake.places.book import AddressBook
from services.intake.places.gazetteer import well_known_places
from services.intake.places.search import point_of
from shared.catalogue import load_catalogue
from shared.geo import CityBoundaries
from shared.vocabulary import GeoPoint, distance_m
from tests.support.paths import DATA

HEAD = "name,street,number,lat,lon\n"
HERE = GeoPoint(45.5, -122.6)


def read(folder: Path, text: str, name: str = "places.csv") -> AddressBook:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    builder = AddressBookBuilder("portland")
    builder.read(file)
    return builder.build()


def test_a_row_is_an_address_a_crossing_or_a_name_and_may_be_two(tmp_path: Path) -> None:
    book = read(
        tmp_path,
        "\ufeff" + HEAD + ",SE Main St,1234,45.5,-122.6\n"
        ",NE 33rd Ave & NE Fremont St,,45.5,-122.6\n"
        "City Hall,SW 4th Ave,1221,45.5,-122.6\n",
    )

    for written in ("1234 SE Main St", "33rd and Fremont", "City Hall", "1221 SW 4th Ave"):
        assert point_of(book, written, "portland") == HERE


def line(name: str, *positions: tuple[float, float]) -> str:
    return json.dumps(
        {
            "type": "Feature",
            "properties": {"name": name},
            "geometry": {"type": "LineString", "coordinates": positions},
        }
    )


@pytest.mark.parametrize("is_whole", [True, False], ids=["collection", "by line"])
def test_streets_cross_where_their_lines_meet(tmp_path: Path, is_whole: bool) -> None:
    lines = [
        line("SE Main Street", (-122.61, 45.5), (-122.59, 45.5)),
        line("Southeast 12th Avenue", (-122.6, 45.49), (-122.6, 45.51)),
        line("SE 99th Ave", (-122.5, 45.49), (-122.5, 45.51)),
    ]
    whole = f'{{"type": "FeatureCollection", "features": [{",".join(lines)}]}}'

    book = read(tmp_path, whole if is_whole else "\n".join(lines), "streets.geojson")

    assert [one.label for one in book.streets] == ["SE Main St", "SE 12th Ave", "SE 99th Ave"]
    assert point_of(book, "Main and 12th", "portland") == HERE
    assert point_of(book, "Main and 99th", "portland") is None


def test_the_crossings_of_another_city_are_found_in_its_extract() -> None:
    extract = DATA / "osm_extracts" / "columbus.osm.pbf"
    if not extract.exists():
        pytest.skip(f"{extract} is not there")
    builder = AddressBookBuilder("columbus")
    builder.read(extract)
    book = builder.build()

    for written in ("High and Broad", "N High St & E Broad St"):
        found = point_of(book, written, "columbus")
        assert found
        assert distance_m(found, GeoPoint(39.96229, -83.00069)) < 60


def test_a_compressed_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "places.csv.gz"
    file.write_bytes(gzip.compress(f"{HEAD},SE Main St,12,45.5,-122.6\n".encode()))
    builder = AddressBookBuilder("portland")
    builder.read(file)

    assert builder.sizes == {"addresses": 1, "streets": 1, "places": 0}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        pytest.param(",SE Main St,1234,-122.6,45.5", "line 2: lat: write degrees", id="swapped"),
        pytest.param(",SE Main St,1234,45.5,", "line 2: lon: write degrees", id="no longitude"),
        pytest.param(",SE Main St,1234,45.5", "line 2: lon: write degrees", id="short row"),
        pytest.param(",SE Main St,1234,nan,-122.6", "line 2: lat: write degrees", id="nan"),
        pytest.param(",SE Main St,,45.5,-122.6", "number, street: names no single", id="street"),
        pytest.param(",,1234,45.5,-122.6", "name, street: give one of them", id="nothing"),
    ],
)
def test_a_bad_row_is_refused_with_line_column_and_remedy(
    tmp_path: Path, row: str, reason: str
) -> None:
    with pytest.raises(CityFileError, match=reason):
        read(tmp_path, f"{HEAD}{row}\n")


def test_of_many_bad_rows_ten_are_named(tmp_path: Path) -> None:
    with pytest.raises(CityFileError) as error:
        read(tmp_path, HEAD + ",,,0,0\n" * 12)

    assert "line 11:" in str(error.value)
    assert "line 12:" not in str(error.value)
    assert str(error.value).endswith("and 2 more lines")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("street,number\n", "add the columns lat, lon", id="columns"),
        pytest.param("", "add the columns", id="empty"),
        pytest.param(HEAD, "has no places", id="no rows"),
        pytest.param(HEAD + '"Main', "not a CSV", id="open quote"),
    ],
)
def test_a_file_without_places_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(CityFileError, match=reason):
        read(tmp_path, text)


def test_bytes_that_are_not_utf_8_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "places.csv"
    file.write_bytes(HEAD.encode() + b"\xff,,,45.5,-122.6\n")

    with pytest.raises(CityFileError, match="UTF-8"):
        AddressBookBuilder("portland").read(file)


def test_every_shipped_place_lies_in_its_city() -> None:
    for city in load_catalogue().jurisdictions.values():
        points = [place.point for place in well_known_places(city.folder)]
        assert set(CityBoundaries(city.id, city.folder).municipality(points)) <= {city.id}
