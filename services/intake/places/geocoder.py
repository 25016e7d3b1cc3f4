"""The locations of a batch by their addresses."""

from collections.abc import Sequence

from services.intake.policy import CityAddress, Geocoder
from services.intake.rules.location import ResolvedLocation, with_geocoded


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
