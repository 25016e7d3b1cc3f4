"""On whose ground points lie."""

import json
from pathlib import Path

import pytest

from shared.catalogue import load_catalogue
from shared.catalogue.jurisdiction import DISTRICTS
from shared.geo import LIMITS, NEIGHBOURS, CityBoundaries
from shared.vocabulary import GeoPoint

METRE = 1 / 111_195  # degrees of latitude

LIVE = load_catalogue().jurisdictions["portland.gov"]


def square(code: str, west: float, south: float, size: float) -> dict[str, object]:
    east, north = west + size, south + size
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {
        "type": "Feature",
        "properties": {"code": code},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A city of a hundredth of a degree at the equator, and a neighbour right east of it."""
    files = {
        LIMITS: [square("any", 0, 0, 0.01)],
        NEIGHBOURS: [square("east", 0.01, 0, 0.01)],
        DISTRICTS: [square("S", 0, 0, 0.005), square("all", 0, 0, 0.01)],
    }
    for name, features in files.items():
        document = {"type": "FeatureCollection", "features": features}
        (tmp_path / name).write_text(json.dumps(document))
    return tmp_path


@pytest.mark.parametrize(
    ("point", "municipality"),
    [
        pytest.param(GeoPoint(0.005, 0.005), "own", id="inside"),
        pytest.param(GeoPoint(-49 * METRE, 0.005), "own", id="just inside the tolerance"),
        pytest.param(GeoPoint(-51 * METRE, 0.005), "unincorporated", id="just outside of it"),
        pytest.param(GeoPoint(0.005, 0.01 + 40 * METRE), "own", id="near, on a neighbour's ground"),
        pytest.param(GeoPoint(0.005, 0.01 + 60 * METRE), "east", id="at the neighbour's"),
        pytest.param(GeoPoint(0.2, 0.2), "unincorporated", id="outside of all"),
        pytest.param(GeoPoint(0.5, 0.5), "elsewhere", id="far away"),
    ],
)
def test_a_point_belongs_to_the_city_a_neighbour_or_nobody(
    folder: Path, point: GeoPoint, municipality: str
) -> None:
    assert CityBoundaries("own", folder).municipality([point]) == [municipality]


def test_many_points_are_answered_in_their_order(folder: Path) -> None:
    points = [GeoPoint(0.005, 0.015), GeoPoint(0.005, 0.005), GeoPoint(1, 1)]

    assert CityBoundaries("own", folder).municipality(points) == ["east", "own", "elsewhere"]


def test_no_points_have_no_answers(folder: Path) -> None:
    assert CityBoundaries("own", folder).municipality([]) == []


def test_a_city_without_limits_judges_nobody_to_lie_outside(tmp_path: Path) -> None:
    assert CityBoundaries("own", tmp_path).municipality([GeoPoint(0, 0)] * 2) == [None, None]


def test_of_districts_that_overlap_the_first_counts(folder: Path) -> None:
    points = [GeoPoint(0.001, 0.001), GeoPoint(0.009, 0.009), GeoPoint(1, 1)]

    assert CityBoundaries("own", folder).district(points) == ["S", "all", None]


@pytest.mark.parametrize(
    ("place", "latitude", "longitude", "municipality", "district"),
    [
        ("Pioneer Courthouse Square", 45.5189, -122.6793, "portland.gov", "SW"),
        ("Laurelhurst Park", 45.5213, -122.6240, "portland.gov", "SE"),
        ("Alberta Park", 45.5645, -122.6447, "portland.gov", "NE"),
        ("Cathedral Park", 45.5880, -122.7600, "portland.gov", "N"),
        ("Wallace Park", 45.5295, -122.7045, "portland.gov", "NW"),
        ("South Waterfront", 45.4960, -122.6710, "portland.gov", "S"),
        ("Gresham City Hall", 45.5066, -122.4370, "gresham", None),
        ("Beaverton City Library", 45.4840, -122.8040, "beaverton", None),
        ("Milwaukie City Hall", 45.4450, -122.6400, "milwaukie", None),
        ("Crown Point", 45.5396, -122.2444, "unincorporated", None),
        ("Esther Short Park, Vancouver", 45.6270, -122.6744, "vancouver", None),
        ("Hayden Island", 45.6130, -122.6800, "portland.gov", "N"),
        ("Seattle City Hall", 47.6038, -122.3301, "elsewhere", None),
    ],
)
def test_known_places_around_portland_lie_where_people_say(
    place: str, latitude: float, longitude: float, municipality: str, district: str | None
) -> None:
    places = CityBoundaries(LIVE.id, LIVE.folder)
    points = [GeoPoint(latitude, longitude)]

    assert (place, places.municipality(points)) == (place, [municipality])
    if district is not None:
        assert places.district(points) == [district]


def test_every_neighbour_with_ground_can_be_referred_to() -> None:
    features = json.loads((LIVE.folder / NEIGHBOURS).read_text())["features"]

    assert {f["properties"]["code"] for f in features} < set(LIVE.neighbours)
    assert "unincorporated" in LIVE.neighbours
