"""Geocoding by the gazetteers of the cities: points of addresses, and files of places as CSV."""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from services.intake.policy import CityAddress, Geocoder, IntakePolicy
from services.intake.rules.addresses import Candidate, PlaceKey, best_match, read_address
from services.intake.rules.location import ResolvedLocation, with_geocoded
from shared.catalogue import Jurisdiction
from shared.catalogue.city_map import GAZETTEER
from shared.errors import Route311Error
from shared.runtime.postgres import Connection, Pool, columns, row_count, translate_errors
from shared.vocabulary import MAX_LATITUDE, MAX_LONGITUDE, GeoPoint


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


# A misspelled name is searched for only where no name is right: among places of the same number,
# which are few, or among named places by an index of trigrams. Of crossings there are too many.
_FIND = """
    SELECT wanted.position, found.*
      FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY
           AS wanted (jurisdiction, number, name, position)
     CROSS JOIN LATERAL (
           SELECT EXISTS (
                  SELECT FROM gazetteer
                   WHERE jurisdiction = wanted.jurisdiction AND number = wanted.number
                     AND name = wanted.name) AS is_right) AS spelling
     CROSS JOIN LATERAL (
           (SELECT number, name, directions, types, latitude, longitude, 1 AS similarity
              FROM gazetteer
             WHERE spelling.is_right AND jurisdiction = wanted.jurisdiction
               AND number = wanted.number AND name = wanted.name
             LIMIT 20)
           UNION ALL
           (SELECT number, name, directions, types, latitude, longitude,
                   similarity(name, wanted.name) AS similarity
              FROM gazetteer
             WHERE NOT spelling.is_right AND wanted.number <> ''
               AND jurisdiction = wanted.jurisdiction AND number = wanted.number
               AND name % wanted.name
             ORDER BY similarity DESC
             LIMIT 20)
           UNION ALL
           (SELECT number, name, directions, types, latitude, longitude,
                   similarity(name, wanted.name) AS similarity
              FROM gazetteer
             WHERE NOT spelling.is_right AND wanted.number = '' AND wanted.name NOT LIKE '%&%'
               AND jurisdiction = wanted.jurisdiction AND number = '' AND name NOT LIKE '%&%'
               AND name % wanted.name
             ORDER BY similarity DESC
             LIMIT 20)) AS found
"""
_DELETE = "DELETE FROM gazetteer WHERE jurisdiction = $1"
_ADD = """
    INSERT INTO gazetteer
         (number, name, directions, types, latitude, longitude, jurisdiction)
    SELECT *, $7
      FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::float8[], $6::float8[])
        ON CONFLICT DO NOTHING
"""
_ROWS_AT_ONCE = 10_000


class Place(NamedTuple):
    """A place of a city's gazetteer."""

    key: PlaceKey
    point: GeoPoint


class PostgresGazetteer:
    """Geocoder by the gazetteers of the cities, with one statement for all addresses."""

    def __init__(self, database: "Connection | Pool") -> None:
        self._database = database

    async def points(self, addresses: Sequence[CityAddress]) -> Sequence[GeoPoint | None]:
        """Return the point of each address, in order; None where no place fits, or several do."""
        keys = [read_address(one.address, city_name(one.jurisdiction)) for one in addresses]
        wanted = [(one.jurisdiction, key) for one, key in zip(addresses, keys, strict=True) if key]
        if not wanted:
            return [None] * len(addresses)
        with translate_errors():
            rows = await self._database.fetch(
                _FIND,
                [jurisdiction for jurisdiction, _ in wanted],
                [key.number for _, key in wanted],
                [key.name for _, key in wanted],
            )
        candidates: list[list[Candidate]] = [[] for _ in wanted]
        for position, *key, latitude, longitude, similarity in rows:
            candidate = Candidate(PlaceKey(*key), similarity, GeoPoint(latitude, longitude))
            candidates[position - 1].append(candidate)
        found = (best_match(key, some) for (_, key), some in zip(wanted, candidates, strict=True))
        return [next(found) if key else None for key in keys]


def geocoders_of(database: "Connection | Pool", policy: IntakePolicy) -> Sequence[Geocoder]:
    """Return the gazetteer and the other geocoders, in the order of use."""
    return (PostgresGazetteer(database), *policy.geocoders)


async def replace_places(connection: Connection, jurisdiction: str, places: Iterable[Place]) -> int:
    """Replace the gazetteer of a city, the first of equal places wins; return its size."""
    await connection.execute(_DELETE, jurisdiction)
    added = await add_places(connection, jurisdiction, places)
    await connection.execute("ANALYZE gazetteer")
    return added


async def add_places(connection: Connection, jurisdiction: str, places: Iterable[Place]) -> int:
    """Add the places that a city's gazetteer lacks, and return how many they are."""
    added, rows = 0, ((*key, at.latitude, at.longitude) for key, at in places)
    while some := list(islice(rows, _ROWS_AT_ONCE)):
        added += row_count(await connection.execute(_ADD, *columns(some), jurisdiction))
    return added


def city_name(jurisdiction: str) -> str:
    """Return the name that may end an address of a city: ``portland`` for ``portland.gov``."""
    return jurisdiction.partition(".")[0]


_COLUMNS = ("name", "street", "number", "lat", "lon")
_MOST_SHOWN = 10


class CityFileError(Route311Error):
    """A file of places has lines that cannot be read; the message names each and says why."""

    code = "city_file"


def read_city_file(path: Path, city: str) -> list[Place]:
    """Return the places of a CSV file in UTF-8, or raise ``CityFileError``.

    A row with a name and an address gives two. Columns but name, street, number, lat and lon are
    ignored; the name of the city may end an address.
    """
    places: list[Place] = []
    faults: list[str] = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file, strict=True)
            if missing := [name for name in _COLUMNS if name not in (rows.fieldnames or ())]:
                raise CityFileError(f"{path}: line 1: add the columns {', '.join(missing)}")
            for row in rows:
                try:
                    places += _places(row, city)
                except ValueError as error:
                    faults.append(f"line {rows.line_num}: {error}")
    except (csv.Error, UnicodeDecodeError) as error:
        raise CityFileError(f"{path}: not a CSV file in UTF-8: {error}") from None
    if faults:
        more = len(faults) - _MOST_SHOWN
        shown = [*faults[:_MOST_SHOWN], *([f"and {more} more lines"] if more > 0 else [])]
        raise CityFileError("\n".join((f"{path}: correct or remove these lines", *shown)))
    if not places:
        raise CityFileError(f"{path}: has no places")
    return places


def well_known_places(city: Jurisdiction) -> list[Place]:
    """Return the places that the catalogue has of a city, in order; a city may have none."""
    file = city.folder / GAZETTEER
    return read_city_file(file, city_name(city.id)) if file.exists() else []


def _places(row: Mapping[str, str | None], city: str) -> Iterator[Place]:
    name, street, number = ((row[column] or "").strip() for column in ("name", "street", "number"))
    point = GeoPoint(
        _degrees(row["lat"], "lat", MAX_LATITUDE), _degrees(row["lon"], "lon", MAX_LONGITUDE)
    )
    if not name and not street:
        raise ValueError("name, street: give one of them")
    if street:
        yield Place(_key(f"{number} {street}", "number, street", city), point)
    if name:
        yield Place(_key(name, "name", city), point)


def _key(address: str, columns: str, city: str) -> PlaceKey:
    key = read_address(address, city)
    if key is None:
        raise ValueError(
            f"{columns}: names no single place; write a house number and a street, two streets "
            "as in 'NE 33rd Ave & NE Fremont St', or a name"
        )
    return key


def _degrees(text: str | None, column: str, limit: int) -> float:
    try:
        degrees = float(text or "")
    except ValueError:
        degrees = float("nan")
    if not -limit <= degrees <= limit:
        raise ValueError(f"{column}: write degrees from -{limit} to {limit}")
    return degrees
