"""The file of places that a city gives: CSV with name, street, number, lat and lon."""

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path

from services.intake.places.gazetteer import Place, city_name
from services.intake.rules.addresses import PlaceKey, read_address
from shared.catalogue import Jurisdiction
from shared.catalogue.city_map import GAZETTEER
from shared.errors import Route311Error
from shared.vocabulary import MAX_LATITUDE, MAX_LONGITUDE, GeoPoint

COLUMNS = ("name", "street", "number", "lat", "lon")
_MOST_SHOWN = 10


class CityFileError(Route311Error):
    """A file of places has lines that cannot be read; the message names each and says why."""

    code = "city_file"


def read_city_file(path: Path, city: str) -> list[Place]:
    """Return the places of a CSV file in UTF-8; a row with a name and an address gives two.

    Other columns than ``COLUMNS`` are ignored; the name of the city may end an address.

    Raises:
        CityFileError: Lines cannot be read, or the file has no places.
        OSError: The file cannot be opened.
    """
    places: list[Place] = []
    faults: list[str] = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file, strict=True)
            if missing := [name for name in COLUMNS if name not in (rows.fieldnames or ())]:
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
