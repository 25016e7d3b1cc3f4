"""Places that another server knows, asked for before a transaction begins."""

from collections.abc import Sequence

from services.intake.policy import CityAddress, Geocoder
from shared.vocabulary import GeoPoint

_MOST_KEPT = 10_000


class PrefetchedPlaces:
    """Geocoder that answers from memory what ``fetch`` found before.

    It keeps the latest ``_MOST_KEPT`` points, so many more than a batch has addresses.
    """

    def __init__(self, gazetteer: Geocoder, server: Geocoder) -> None:
        """Use two geocoders, outside of any transaction.

        Args:
            gazetteer: Its places are not asked for.
            server: Asked for the others.
        """
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
