"""The port of geocoders, and the locations of a batch by their addresses."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from services.intake.rules.location import ResolvedLocation, with_geocoded
from shared.vocabulary import GeoPoint


class CityAddress(NamedTuple):
    """An address of a submission, without contact data.

    Attributes:
        jurisdiction: Id of the city that serves the submission.
        address: As written, redacted.
    """

    jurisdiction: str
    address: str


class Geocoder(Protocol):
    """Finds the points of addresses; never fails because it cannot."""

    async def points(self, addresses: Sequence[CityAddress]) -> Sequence[GeoPoint | None]:
        """Return the point of each address, in order; None where it knows none."""
        ...


async def geocode(
    locations: Sequence[tuple[str, ResolvedLocation]], geocoders: Sequence[Geocoder]
) -> list[ResolvedLocation]:
    """Return the locations with what geocoders know of their addresses, in order.

    Args:
        locations: Locations, each after the id of its jurisdiction.
        geocoders: The first is asked for every address, to compare it with a measured point. Each
            other one is asked only where there is no point yet.
    """
    located = [location for _, location in locations]
    for number, geocoder in enumerate(geocoders):
        wanted = {
            index: CityAddress(jurisdiction, located[index].address or "")
            for index, (jurisdiction, _) in enumerate(locations)
            if located[index].address and (number == 0 or located[index].point is None)
        }
        if wanted:
            found = await geocoder.points(list(wanted.values()))
            for index, point in zip(wanted, found, strict=True):
                located[index] = with_geocoded(located[index], point)
    return located
