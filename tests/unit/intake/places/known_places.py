"""A geocoder in memory."""

from collections.abc import Mapping, Sequence

from services.intake.policy import CityAddress
from shared.vocabulary import GeoPoint


class KnownPlaces:
    """A geocoder that knows some addresses, and what it was asked."""

    def __init__(self, known: Mapping[str, GeoPoint]) -> None:
        self._known = known
        self.asked: list[list[CityAddress]] = []

    async def points(self, addresses: Sequence[CityAddress]) -> list[GeoPoint | None]:
        self.asked.append(list(addresses))
        return [self._known.get(one.address) for one in addresses]
