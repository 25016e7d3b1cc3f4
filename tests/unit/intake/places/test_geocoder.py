"""What geocoders add to the locations of a batch."""

import pytest

from services.intake.handlers import accept_submissions
from services.intake.places.gazetteer import geocode
from services.intake.policy import CityAddress
from services.intake.rules.location import ResolvedLocation
from shared.contract.events import RequestSubmitted
from shared.vocabulary import GeoPoint
from tests.support.builders import NOON, north_of
from tests.support.intake.factories import BEYOND_THE_LIMITS, HERE, POLICY, raw_submission
from tests.support.intake.fakes import InMemorySubmissions
from tests.unit.intake.places.known_places import KnownPlaces

CITY = "lakeside.gov"
MAIN = "1 Main St"


def addressed(address: str | None, point: GeoPoint | None = None) -> ResolvedLocation:
    return ResolvedLocation(point, None, "point" if point else "address", address)


async def test_an_address_alone_gets_its_point_and_stays_an_address() -> None:
    [found, unknown] = await geocode(
        [(CITY, addressed(MAIN)), (CITY, addressed("2 Side St"))], [KnownPlaces({MAIN: HERE})]
    )

    assert found == ResolvedLocation(HERE, None, "address", MAIN)
    assert unknown == addressed("2 Side St")


@pytest.mark.parametrize(
    ("metres", "disagrees"),
    [pytest.param(249.9, False, id="agrees"), pytest.param(250.1, True, id="disagrees")],
)
async def test_a_measured_point_stays_and_tells_how_far_its_address_is(
    metres: float, disagrees: bool
) -> None:
    measured = addressed(MAIN, north_of(HERE, metres))

    [location] = await geocode([(CITY, measured)], [KnownPlaces({MAIN: HERE})])

    assert (location.point, location.precision) == (measured.point, "point")
    assert location.disagrees_m == (pytest.approx(metres, abs=0.2) if disagrees else None)


async def test_one_call_for_a_batch_and_none_without_an_address() -> None:
    known = KnownPlaces({})

    await geocode([(CITY, addressed(None, HERE))], [known])
    await geocode([(CITY, addressed(MAIN)), (CITY, addressed(MAIN, HERE))], [known])

    assert known.asked == [[CityAddress(CITY, MAIN)] * 2]


async def test_later_geocoders_are_asked_only_where_there_is_no_point() -> None:
    second = KnownPlaces({"2 Side St": HERE})

    located = await geocode(
        [(CITY, addressed(MAIN)), (CITY, addressed("2 Side St")), (CITY, addressed("3 X", HERE))],
        [KnownPlaces({MAIN: HERE}), second],
    )

    assert second.asked == [[CityAddress(CITY, "2 Side St")]]
    assert located[1].point == HERE


async def test_a_geocoded_request_has_point_district_and_municipality() -> None:
    geocoders = [KnownPlaces({MAIN: BEYOND_THE_LIMITS})]
    raw = raw_submission(location={"address": MAIN})

    [result] = await accept_submissions([raw], InMemorySubmissions(), POLICY, NOON, geocoders)

    [submitted] = [event for event in result.events if isinstance(event, RequestSubmitted)]
    at = submitted.data.location
    assert (at.latitude, at.longitude) == (BEYOND_THE_LIMITS.latitude, BEYOND_THE_LIMITS.longitude)
    assert (at.precision, at.address, at.municipality) == ("address", MAIN, "hilltop")


async def test_geocoders_see_no_contact_data() -> None:
    known = KnownPlaces({})
    raw = raw_submission(
        location={"address": "1 Main St, call 503-555-0123"},
        reporter={"name": "Ana Ruiz", "phone": "503-555-0123"},
    )

    await accept_submissions([raw], InMemorySubmissions(), POLICY, NOON, [known])

    [[asked]] = known.asked
    assert "555" not in asked.address
