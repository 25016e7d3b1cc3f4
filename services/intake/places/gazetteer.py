"""Geocoding by the address books of the cities."""

import asyncio
import csv
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path

from services.intake.places.book import EMPTY_BOOK, AddressBook, BookPlace
from services.intake.places.search import nearest, point_of, suggestions
from services.intake.policy import CityAddress, Geocoder, IntakePolicy, ServedCity
from services.intake.records.submissions import KnownPlace
from services.intake.rules.addresses import read_address, stated_city
from services.intake.rules.location import ResolvedLocation, with_geocoded
from shared.catalogue import Jurisdiction
from shared.runtime.postgres import Connection, Pool, translate_errors
from shared.vocabulary import GeoPoint

# Files of a city in the catalogue: an address book, and well-known places as CSV.
BOOK, PLACES = "addresses.npz", "gazetteer.csv"


async def geocode(
    locations: Sequence[tuple[str, ResolvedLocation]], geocoders: Sequence[Geocoder]
) -> list[ResolvedLocation]:
    """Return the locations, each after its jurisdiction's id, with the points of their addresses.

    The first geocoder is asked for every address, to compare it with a measured point, each other
    one only where there is no point yet.
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
        self._gazetteer, self._server = gazetteer, server
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


_DIGESTS = "SELECT jurisdiction, digest FROM gazetteer_files"
_CONTENT = "SELECT content FROM gazetteer_files WHERE jurisdiction = $1"
_REPLACE = """
    INSERT INTO gazetteer_files (jurisdiction, digest, content) VALUES ($1, $2, $3)
        ON CONFLICT (jurisdiction) DO UPDATE
       SET digest = EXCLUDED.digest, content = EXCLUDED.content
"""
# The loaded book of each city, with its digest; a process has one database.
_loaded: dict[str, tuple[str, AddressBook]] = {}


class Gazetteer:
    """Geocoder by the address books of the cities: the loaded one, else that of the catalogue."""

    def __init__(self, database: "Connection | Pool", cities: Mapping[str, Jurisdiction]) -> None:
        self._database, self._cities = database, cities

    async def points(self, addresses: Sequence[CityAddress]) -> Sequence[GeoPoint | None]:
        """Return the point of each address, in order; None where no place fits, or several do."""
        wanted = {one.jurisdiction for one in addresses} & self._cities.keys()
        books = await self.books(wanted)
        return [
            point_of(
                books[one.jurisdiction],
                one.address,
                city_name(one.jurisdiction),
                _city_in(one.address, self._cities[one.jurisdiction]),
            )
            if one.jurisdiction in wanted
            else None
            for one in addresses
        ]

    async def find(
        self, served: ServedCity, words: str, near: GeoPoint | None = None
    ) -> list[KnownPlace]:
        """Return the places that words mean or begin; without words the address at a point."""
        city, found = served.jurisdiction, []
        book = (await self.books({city.id}))[city.id]
        if words:
            found = suggestions(book, words, city_name(city.id), _city_in(words, city), near)
        elif near and (at := nearest(book, near)):
            found = [at]
        districts = served.boundaries.district([one.point for one in found])
        return [
            KnownPlace(one.name, one.match, one.point, district)
            for one, district in zip(found, districts, strict=True)
        ]

    async def books(self, jurisdictions: Collection[str]) -> Mapping[str, AddressBook]:
        """Return the address books of cities; one without any has an empty one."""
        with translate_errors():
            rows = await self._database.fetch(_DIGESTS) if jurisdictions else []
            digests = {row["jurisdiction"]: row["digest"] for row in rows}
            return {id_: await self._book(id_, digests.get(id_)) for id_ in jurisdictions}

    async def _book(self, jurisdiction: str, digest: str | None) -> AddressBook:
        folder = self._cities[jurisdiction].folder
        if digest is None:
            return shipped_book(folder)
        known = _loaded.get(jurisdiction)
        if known is None or known[0] != digest:
            content = await self._database.fetchval(_CONTENT, jurisdiction)
            book = await asyncio.to_thread(AddressBook.decode, content)
            known = _loaded[jurisdiction] = digest, book.with_places(well_known_places(folder))
        return known[1]


def _city_in(address: str, city: Jurisdiction) -> str | None:
    """Return the city that an address names, as its book does: empty for the city itself."""
    code = stated_city(address, city.codes_by_city)
    neighbour = city.neighbours.get(code or "")
    return None if code is None else neighbour.called[0] if neighbour else ""


def geocoders_of(database: "Connection | Pool", policy: IntakePolicy) -> Sequence[Geocoder]:
    """Return the gazetteer and the other geocoders, in the order of use."""
    return (Gazetteer(database, policy.jurisdictions), *policy.geocoders)


async def replace_book(connection: Connection, jurisdiction: str, content: bytes) -> None:
    """Replace the address book of a city; running services use it from their next look-up on."""
    await connection.execute(_REPLACE, jurisdiction, sha256(content).hexdigest(), content)


def city_name(jurisdiction: str) -> str:
    """Return the name that may end an address of a city: ``portland`` for ``portland.gov``."""
    return jurisdiction.partition(".")[0]


@cache
def shipped_book(folder: Path) -> AddressBook:
    """Return the address book that the catalogue has of a city, with its well-known places."""
    file = folder / BOOK
    book = AddressBook.decode(file.read_bytes()) if file.exists() else EMPTY_BOOK
    return book.with_places(well_known_places(folder))


def well_known_places(folder: Path) -> list[BookPlace]:
    """Return the places that the catalogue names in a city; a city may have none."""
    file = folder / PLACES
    if not file.exists():
        return []
    with file.open(encoding="utf-8-sig", newline="") as rows:
        return [
            BookPlace(key, row["name"], GeoPoint(float(row["lat"]), float(row["lon"])))
            for row in csv.DictReader(rows)
            for key in read_address(row["name"])
        ]
