"""What is asked of another server before a transaction, and what is remembered."""

from typing import Any

import pytest

from services.intake.inbound.validation import addresses_alone
from services.intake.places.gazetteer import PrefetchedPlaces
from services.intake.policy import CityAddress
from tests.support.builders import handed_in
from tests.support.intake.factories import HERE, POLICY, data
from tests.unit.intake.places.known_places import KnownPlaces

CITY = "lakeside.gov"
MAIN, SIDE = CityAddress(CITY, "1 Main St"), CityAddress(CITY, "2 Side St")


async def test_only_what_neither_gazetteer_nor_memory_knows_is_asked_for() -> None:
    gazetteer = KnownPlaces({MAIN.address: HERE})
    server = KnownPlaces({SIDE.address: HERE})
    places = PrefetchedPlaces(gazetteer, server)

    await places.fetch([MAIN, SIDE, SIDE])
    await places.fetch([SIDE])
    await places.fetch([MAIN])

    assert await places.points([MAIN, SIDE]) == [None, HERE]
    assert gazetteer.asked == [[MAIN, SIDE], [MAIN]]
    assert server.asked == [[SIDE]]


async def test_an_address_that_nobody_knew_is_asked_for_again() -> None:
    server = KnownPlaces({})
    places = PrefetchedPlaces(KnownPlaces({}), server)

    await places.fetch([SIDE])
    await places.fetch([SIDE])

    assert await places.points([SIDE]) == [None]
    assert server.asked == [[SIDE], [SIDE]]


async def test_the_latest_points_are_kept_up_to_a_limit() -> None:
    addresses = [CityAddress(CITY, f"{number} Main St") for number in range(10_001)]
    server = KnownPlaces({one.address: HERE for one in addresses})
    places = PrefetchedPlaces(KnownPlaces({}), server)

    await places.fetch(addresses)

    found = await places.points(addresses)
    assert found == [None, *[HERE] * 10_000]


@pytest.mark.parametrize(
    ("changes", "address"),
    [
        pytest.param({"location": {"address": " 1 Main St "}}, "1 Main St", id="alone"),
        pytest.param(
            {"location": {"address": "1 Main St", "latitude": 0, "longitude": 0}},
            "1 Main St",
            id="beside a placeholder",
        ),
        pytest.param(
            {
                "location": {"address": "1 Main St, Ana Ruiz"},
                "reporter": {"name": "Ana Ruiz"},
            },
            "1 Main St, [removed]",
            id="without contact data",
        ),
        pytest.param({}, None, id="a point"),
        pytest.param(
            {"location": {"address": "1 Main St", "latitude": 45.5, "longitude": -122.6}},
            None,
            id="beside a point",
        ),
        pytest.param({"location": {"address": " "}}, None, id="blank"),
        pytest.param({"location": None}, None, id="none"),
        pytest.param(
            {"jurisdiction": "nowhere", "location": {"address": "1 Main St"}}, None, id="no city"
        ),
    ],
)
async def test_addresses_that_have_no_point_are_asked_for(
    changes: dict[str, Any], address: str | None
) -> None:
    found = await addresses_alone([handed_in(data(**changes))], POLICY)

    assert found == ([CityAddress(CITY, address)] if address else [])


async def test_data_that_are_no_submission_have_no_address() -> None:
    assert await addresses_alone([handed_in([]), handed_in(7)], POLICY) == []
