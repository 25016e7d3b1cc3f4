"""Location of a problem and its precision."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from shared.catalogue import LocalText
from shared.vocabulary import GeoPoint, LocationPrecision, distance_m

_SAME_DEGREES = 1e-5  # about one metre; placeholder points are copied, not measured
_DISAGREES_M = 250.0
_NULL_ISLAND = GeoPoint(0, 0)
_PUBLIC_DECIMALS = 3


@dataclass(frozen=True, slots=True)
class ResolvedLocation:
    """The location of a submission in one form.

    Attributes:
        point: None without one, and for a placeholder point beside an address.
        accuracy_m: Accuracy of the point in metres; None without a point.
        precision: ``default`` for a placeholder point without an address.
        address: Normalized; None without one.
        disagrees_m: Distance in metres from the point to where the address lies, when it is more
            than 250.
    """

    point: GeoPoint | None
    accuracy_m: float | None
    precision: LocationPrecision
    address: str | None
    disagrees_m: float | None = None


def resolve_location(
    point: GeoPoint | None,
    accuracy_m: float | None,
    address: str | None,
    default_points: Iterable[GeoPoint],
) -> ResolvedLocation:
    """Return the location of a problem; an address takes precedence over a placeholder point.

    Args:
        accuracy_m: As submitted, in metres.
        address: Normalized; None for a blank one.
        default_points: Placeholder points that the city's systems write for "unknown"; latitude
            and longitude 0 is one everywhere.
    """
    if point is not None and not _is_placeholder(point, default_points):
        return ResolvedLocation(point, accuracy_m, "point", address)
    if address is not None:
        return ResolvedLocation(None, None, "address", address)
    if point is not None:
        return ResolvedLocation(point, accuracy_m, "default", None)
    return ResolvedLocation(None, None, "none", None)


def with_geocoded(location: ResolvedLocation, found: GeoPoint | None) -> ResolvedLocation:
    """Return a location with what a geocoder knows of its address.

    An address alone gets the point. A measured point stays, with its distance from the address
    where that is more than 250 m: a person must look which one is meant.

    Args:
        found: Where the address lies; None when no geocoder knows it.
    """
    if found is None:
        return location
    if location.point is None:
        return replace(location, point=found)
    apart_m = distance_m(location.point, found)
    return replace(location, disagrees_m=round(apart_m, 1)) if apart_m > _DISAGREES_M else location


def public_degrees(degrees: float | None) -> float | None:
    """Return degrees rounded to about 100 m: enough to recognize one's own report."""
    return None if degrees is None else round(degrees, _PUBLIC_DECIMALS)


def _is_placeholder(point: GeoPoint, default_points: Iterable[GeoPoint]) -> bool:
    return any(_is_same(point, other) for other in (_NULL_ISLAND, *default_points))


def _is_same(one: GeoPoint, other: GeoPoint) -> bool:
    return (
        abs(one.latitude - other.latitude) < _SAME_DEGREES
        and abs(one.longitude - other.longitude) < _SAME_DEGREES
    )


_BLOCK = LocalText("{hundred} block of {street}", "cuadra {hundred} de {street}")
_ROAD = r"(?i:\b(?:hwy|highway|route|rt|us|or|i|sr|state|mile|milepost|exit|carretera|ruta))[\s-]+"
_ROAD_NUMBER = re.compile(rf"{_ROAD}\d{{1,4}}\b")
_ORDINAL = re.compile(r"\b\d{1,3}(?i:st|nd|rd|th|[aoº°])(?!\w)")
_UNIT = re.compile(
    r"\s*(?:#|\b(?i:apt|apartment|unit|suite|ste|room|rm|floor|fl|lot|bldg|building|space|trailer"
    r"|depto|departamento|apto|piso|casa)\b).*"
)
_HOUSE = re.compile(
    r"(?<![\w.#-])(?P<number>\d{1,6})[A-Za-z]?(?:\s?[-\u2013/]\s?\d{1,6}[A-Za-z]?)?"
    r"(?:\s1/2|\s?\u00bd)?,?\s+(?P<street>[^\d\s,].*|\d{1,3}(?i:st|nd|rd|th)\b.*)"
)
_HOUSE_LAST = re.compile(
    r"^(?P<street>\S.*?[^\W\d_]),?\s+(?:(?i:n[\u00bao]?\.?|num\.?|no\.?)\s*)?#?(?P<number>\d{1,6})[A-Za-z]?$"
)
_NUMBER_ALONE = re.compile(r"^\s*(\d{1,6}[A-Za-z]?)\s*,\s*")


def block_of(address: str, language: str) -> str | None:
    """Return an address without its house number: with the block instead, such as ``1200 block``.

    An address without a house number, such as an intersection, stays. None where a number is left
    that may tell which house is meant.

    Args:
        address: A street address, intersection or place, as a resident wrote it.
        language: Of the words around the number; BCP 47.
    """
    if not _has_number(address):
        return address
    joined = _NUMBER_ALONE.sub(r"\1 ", ", ".join(address.splitlines()))
    parts = [part.strip() for part in joined.split(",")]
    for pattern in (_HOUSE, _HOUSE_LAST):
        for index, part in enumerate(parts):
            if found := pattern.search(_hidden_roads(part)):
                others = [other for other in parts[index + 1 :] if other and not _has_number(other)]
                return _shown(part, found, others, language)
    return None


def _shown(part: str, found: re.Match[str], others: list[str], language: str) -> str | None:
    street = _UNIT.sub("", part[slice(*found.span("street"))]).strip()
    if _has_number(street):
        street = re.sub(r"(?<=\w)\s+\d+$", "", street)
    if not street or _has_number(street):
        return None
    hundred = f"{int(found['number']) // 100 * 100}"
    if found["number"].startswith("0"):  # as south of Portland's Naito Parkway
        hundred = f"0{hundred}"
    block = _BLOCK.in_language(language).format(hundred=hundred, street=street)
    return ", ".join([block, *others])


def _has_number(text: str) -> bool:
    """Return True when a number is left besides ordinals and the numbers of roads."""
    return re.search(r"\d", _ORDINAL.sub("", _ROAD_NUMBER.sub("", text))) is not None


def _hidden_roads(text: str) -> str:
    """Return the text with the numbers of roads as letters, at the same places."""
    return _ROAD_NUMBER.sub(lambda match: re.sub(r"\d", "x", match.group()), text)
