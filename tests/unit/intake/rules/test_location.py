import pytest

from services.intake.rules.location import ResolvedLocation, resolve_location
from shared.vocabulary import GeoPoint
from tests.support.builders import north_of

POINT = GeoPoint(45.5189, -122.6793)
DEFAULT = GeoPoint(45.5152, -122.6784)
NULL_ISLAND = GeoPoint(0, 0)


@pytest.mark.parametrize(
    ("point", "address", "expected"),
    [
        pytest.param(POINT, None, ResolvedLocation(POINT, 15, "point", None), id="a point"),
        pytest.param(
            POINT, "5 Main St", ResolvedLocation(POINT, 15, "point", "5 Main St"), id="both"
        ),
        pytest.param(
            None, "5 Main St", ResolvedLocation(None, None, "address", "5 Main St"), id="an address"
        ),
        pytest.param(
            DEFAULT, None, ResolvedLocation(DEFAULT, 15, "default", None), id="a stand-in"
        ),
        pytest.param(
            NULL_ISLAND, None, ResolvedLocation(NULL_ISLAND, 15, "default", None), id="Null Island"
        ),
        pytest.param(
            DEFAULT,
            "5 Main St",
            ResolvedLocation(None, None, "address", "5 Main St"),
            id="a stand-in beside an address",
        ),
        pytest.param(None, None, ResolvedLocation(None, None, "none", None), id="nothing"),
    ],
)
def test_a_place_is_as_precise_as_what_is_known_of_it(
    point: GeoPoint | None, address: str | None, expected: ResolvedLocation
) -> None:
    assert resolve_location(point, 15, address, [DEFAULT]) == expected


@pytest.mark.parametrize(("metres", "precision"), [(0.5, "default"), (2, "point")])
def test_a_point_near_a_stand_in_is_a_point_of_its_own(metres: float, precision: str) -> None:
    assert resolve_location(north_of(DEFAULT, metres), None, None, [DEFAULT]).precision == precision


def test_another_citys_stand_in_is_a_point_here() -> None:
    assert resolve_location(DEFAULT, None, None, []).precision == "point"
