from math import asin, atan2, cos, degrees, pi, radians, sin

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.triage.rules.dedup.case_index import ROW_DEGREES, Box, boxes_around, row_of
from shared.vocabulary import EARTH_RADIUS_M, GeoPoint, distance_m
from tests.support.triage.factories import HERE

points = st.builds(GeoPoint, st.floats(-90, 90), st.floats(-180, 180))


def destination(start: GeoPoint, bearing: float, metres: float) -> GeoPoint:
    """Return the destination; E. Williams, Aviation Formulary, "Lat/lon given radial"."""
    away, latitude = metres / EARTH_RADIUS_M, radians(start.latitude)
    there = asin(sin(latitude) * cos(away) + cos(latitude) * sin(away) * cos(bearing))
    east = atan2(sin(bearing) * sin(away) * cos(latitude), cos(away) - sin(latitude) * sin(there))
    longitude = (start.longitude + degrees(east) + 540) % 360 - 180
    return GeoPoint(max(-90.0, min(90.0, degrees(there))), longitude)


def off_middle(box: Box, place: GeoPoint) -> float:
    """Compute it as the SQL query does."""
    up = (2 * place.latitude - box.south - box.north) / (box.north - box.south)
    across = (2 * place.longitude - box.west - box.east) / (box.east - box.west)
    return up**2 + across**2


def finds(searched: GeoPoint, radius_m: float, other: GeoPoint) -> bool:
    return any(
        box.south <= other.latitude <= box.north
        and box.west <= other.longitude <= box.east
        and row_of(other.latitude) in box.rows
        and off_middle(box, other) <= box.rim
        for box in boxes_around(searched, radius_m)
    )


@given(points, st.floats(0, 6.3), st.floats(0, 1), st.sampled_from([1, 67, 250, 1000, 5000, 9000]))
@example(GeoPoint(0, 180), 1.57, 0.5, 67)
@example(GeoPoint(0, -180), 4.71, 0.5, 67)
@example(GeoPoint(89.9999, 0), 0.0, 1.0, 250)
@example(GeoPoint(-90, 12), 0.0, 1.0, 67)
def test_whatever_lies_within_the_radius_lies_in_the_boxes_around(
    start: GeoPoint, bearing: float, share: float, radius_m: float
) -> None:
    other = destination(start, bearing, share * radius_m)

    if distance_m(start, other) <= radius_m:
        assert finds(start, radius_m, other)


@pytest.mark.parametrize("radius_m", [15, 67, 250])
@pytest.mark.parametrize("start", [HERE, GeoPoint(-45.5, 170.5), GeoPoint(0, 0), GeoPoint(68, 27)])
def test_what_lies_on_the_edge_of_the_radius_is_found_from_anywhere_in_a_row(
    start: GeoPoint, radius_m: float
) -> None:
    for inside in range(0, 250, 25):
        searched = destination(start, 0.8, inside)
        for step in range(32):
            assert finds(searched, radius_m, destination(searched, step * 0.196, radius_m))


def test_what_lies_a_step_beyond_the_radius_is_not_searched() -> None:
    for bearing in (0, pi / 2, pi, 3 * pi / 2):
        assert not finds(HERE, 67, destination(HERE, bearing, 68))
        assert not finds(HERE, 67, destination(HERE, bearing + pi / 4, 68))


def test_a_box_around_two_has_corners_and_one_around_the_same_has_none() -> None:
    (box,), (other,) = boxes_around(HERE, 67), boxes_around(destination(HERE, 1, 20), 67)

    assert box.union(box) == box
    both = box.union(other)
    for one in (box, other):
        for latitude, longitude in ((one.south, one.west), (one.north, one.east)):
            assert off_middle(both, GeoPoint(latitude, longitude)) <= both.rim


def test_a_search_is_one_box_of_a_row_or_two() -> None:
    (box,) = boxes_around(HERE, 67)

    assert len(box.rows) <= 2
    assert box.north - box.south < ROW_DEGREES
