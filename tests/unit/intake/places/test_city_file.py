"""The file of places that a city gives."""

from pathlib import Path

import pytest

from services.intake.places.gazetteer import CityFileError, Place, read_city_file, well_known_places
from services.intake.rules.addresses import PlaceKey
from shared.catalogue import load_catalogue
from shared.geo import CityBoundaries
from shared.vocabulary import GeoPoint

HEAD = "name,street,number,lat,lon\n"
HERE = GeoPoint(45.5, -122.6)


def read(folder: Path, text: str) -> list[Place]:
    file = folder / "places.csv"
    file.write_text(text, encoding="utf-8")
    return read_city_file(file, "portland")


def test_a_row_is_an_address_a_crossing_or_a_name_and_may_be_two(tmp_path: Path) -> None:
    places = read(
        tmp_path,
        "\ufeff" + HEAD + ",SE Main St,1234,45.5,-122.6\n"
        ",NE 33rd Ave & NE Fremont St,,45.5,-122.6\n"
        "City Hall,SW 4th Ave,1221,45.5,-122.6\n",
    )

    assert places == [
        Place(PlaceKey("1234", "main", "se", "st"), HERE),
        Place(PlaceKey("", "33 & fremont", "ne", "ave st"), HERE),
        Place(PlaceKey("1221", "4", "sw", "ave"), HERE),
        Place(PlaceKey("", "city hall", "", ""), HERE),
    ]


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
        pytest.param("street,number\n", "add the columns name, lat, lon", id="columns"),
        pytest.param("", "add the columns", id="empty"),
        pytest.param(HEAD, "has no places", id="no rows"),
        pytest.param(HEAD + '"Main', "not a CSV file", id="open quote"),
    ],
)
def test_a_file_without_places_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(CityFileError, match=reason):
        read(tmp_path, text)


def test_bytes_that_are_not_utf_8_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "places.csv"
    file.write_bytes(HEAD.encode() + b"\xff,,,45.5,-122.6\n")

    with pytest.raises(CityFileError, match="UTF-8"):
        read_city_file(file, "portland")


def test_every_shipped_place_lies_in_its_city() -> None:
    for city in load_catalogue().jurisdictions.values():
        points = [place.point for place in well_known_places(city)]
        assert set(CityBoundaries(city.id, city.folder).municipality(points)) <= {city.id}
