"""The locations of a batch by their addresses."""

from collections.abc import Sequence

from services.intake.policy import CityAddress, Geocoder
from services.intake.rules.location import ResolvedLocation, with_geocoded
from shared.vocabulary import GeoPoint


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


_MOST_KEPT = 10_000


class PrefetchedPlaces:
    """Geocoder that answers from memory the points that ``fetch`` got from a server.

    It fetches outside of any transaction, leaves out the places of the gazetteer, and keeps the
    latest ``_MOST_KEPT`` points.
    """

    def __init__(self, gazetteer: Geocoder, server: Geocoder) -> None:
        """Use two geocoders, outside of any transaction."""
        self._gazetteer = gazetteer
        self._server = server
        self._points: dict[CityAddress, GeoPoint] = {}

    async def fetch(self, addresses: Sequence[CityAddress]) -> None:
        """Ask for the addresses that are in neither gazetteer nor memory, and keep the points."""
        wanted = [one for one in dict.fromkeys(addresses) if one not in self._points]
        if wanted:
            known = await self._gazetteer.points(wanted)
            wanted = [one for one, at in zip(wanted, known, strict=True) if at is None]
        if wanted:
            found = zip(wanted, await self._server.points(wanted), strict=True)
            self._points |= {one: at for one, at in found if at is not None}
        while len(self._points) > _MOST_KEPT:
            del self._points[next(iter(self._points))]

    async def points(self, addresses: Sequence[CityAddress]) -> Sequence[GeoPoint | None]:
        """Return the point of each address, in order; None where none was fetched."""
        return [self._points.get(one) for one in addresses]
