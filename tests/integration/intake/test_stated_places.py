"""Places that became known after the request, in the tables of intake."""

import pytest

from services.intake.notes import locate_stated
from services.intake.places.gazetteer import geocoders_of
from services.intake.policy import IntakePolicy, city_of
from services.intake.public_status.nearby import NearbyState, NearQuery, find_near
from services.intake.public_status.store import PlacedCase, PostgresPublicStatuses, place_request
from services.intake.records.notes import StatedPlace
from shared.catalogue import load_catalogue
from shared.contract.events import Location, new_id
from shared.runtime.postgres import Pool, transaction
from shared.vocabulary import GeoPoint
from tests.integration.intake.test_gazetteer import fill, point
from tests.support.builders import NOON, PIONEER_SQUARE, location
from tests.support.intake.factories import KEY, FakeBoundaries

pytestmark = pytest.mark.integration

CITY = load_catalogue().jurisdictions["portland.gov"]
POLICY = IntakePolicy({CITY.id: city_of(CITY, FakeBoundaries())}, KEY, "https://311.example.org")


async def add_request(pool: Pool) -> str:
    request_id = new_id()
    await pool.execute(
        """
        INSERT INTO requests (request_id, tracking_number, jurisdiction, service_code, submitted_at)
        VALUES ($1, $2, 'portland.gov', 'ROW-POTHOLE', $3)
        """,
        request_id,
        request_id,
        NOON,
    )
    return request_id


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (StatedPlace("1221 SW 4th Ave", is_sure=True), point(0)),
        (StatedPlace("behind the old mill", is_sure=False), point(1)),
        (StatedPlace("9 SE Ash St", is_sure=True), None),
        (StatedPlace("on the moon", is_sure=False), "nowhere"),
    ],
)
async def test_a_stated_place_is_found_as_the_address_of_a_report_is(
    pool: Pool, told: StatedPlace, expected: GeoPoint | str | None
) -> None:
    await fill(pool, "1221 SW 4th Ave", "old mill")
    async with transaction(pool) as db:
        found = await locate_stated(told, POLICY.cities[CITY.id], geocoders_of(db, POLICY))

    if expected == "nowhere":
        assert found is None
    else:
        assert found
        assert (found.address, found.precision) == (told.words, "address")
        at = found.latitude and found.longitude and GeoPoint(found.latitude, found.longitude)
        assert at == expected


async def test_the_first_place_of_a_request_stays(pool: Pool) -> None:
    request_id = await add_request(pool)
    async with transaction(pool) as db:
        first = await place_request(db, request_id, location(address="12 Quay St"))
        second = await place_request(
            db, request_id, Location(precision="address", address="9 Pier Rd")
        )
        row = await db.fetchrow("SELECT address, latitude, longitude FROM requests")

    assert (first, second) == (True, False)
    assert row
    assert tuple(row) == ("12 Quay St", 45.519, -122.679)


@pytest.mark.parametrize("is_known", [True, False])
async def test_a_placed_case_is_near_whichever_of_its_events_came_first(
    pool: Pool, is_known: bool
) -> None:
    request_id, case_id, at = await add_request(pool), new_id(), PIONEER_SQUARE
    opened = NearbyState(case_id, 1, CITY.id, "pavement", "ROW-POTHOLE", "acknowledged", 2)
    placed = PlacedCase(case_id, request_id, "pavement", at.latitude, at.longitude)
    async with transaction(pool) as db:
        if is_known:
            await PostgresPublicStatuses(db).save_cases([opened])
        await PostgresPublicStatuses(db).place_cases([placed])
        await PostgresPublicStatuses(db).place_cases([placed._replace(latitude=1.0)])
        if not is_known:
            await PostgresPublicStatuses(db).save_cases([opened])
    near = await find_near(pool, NearQuery(CITY.id, "pavement", at, 1.0, ()))

    assert [(one.case_id, one.status, one.request_count) for one in near] == [
        (case_id, "acknowledged", 2)
    ]
    assert near[0].first_reported_at == NOON
