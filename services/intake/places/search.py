"""Search of an address book: the places that an address means, and those that it may begin."""

from collections.abc import Iterator
from itertools import product
from typing import NamedTuple

from services.intake.places.book import AddressBook, BookStreet
from services.intake.records.submissions import MatchKind
from services.intake.rules.addresses import PlaceKey, agree, read_address
from shared.vocabulary import GeoPoint, distance_m

_MOST = 8
_SAME_PLACE_M = 250.0
_NEAREST_M = 150.0


class PlaceMatch(NamedTuple):
    """A place; the lower ``rank``, the better it fits the words."""

    name: str
    match: MatchKind
    point: GeoPoint
    rank: tuple[int, ...] = ()


def point_of(book: AddressBook, address: str, own: str, city: str | None = None) -> GeoPoint | None:
    """Return the point of the place that an address means; None without one, or with several.

    Direction and type of a street may be left out, but must not contradict; a misspelled name
    counts if no name is right. Two places that fit equally well more than 250 m apart make an
    address ambiguous: no point is better than a wrong one.

    Args:
        own: Name of the book's own city, which may end the address.
        city: Only places of this city; None for those of all, the book's own first.
    """
    found = [
        one for one in _matches(book, address, own, city, partly=False) if one.match != "street"
    ]
    least = min((one.rank for one in found), default=())
    best = [one for one in found if one.rank == least]
    is_clear = all(distance_m(best[0].point, one.point) <= _SAME_PLACE_M for one in best)
    return best[0].point if best and is_clear else None


def suggestions(
    book: AddressBook, address: str, own: str, city: str | None, near: GeoPoint | None
) -> list[PlaceMatch]:
    """Return at most 8 places that an address means or begins, the likeliest, then nearest first.

    The last word may be the beginning of one that the book does not need, such as a type.
    """
    found = list(_matches(book, address, own, city, partly=True))
    if not found and " " in address.strip():
        found = list(_matches(book, address.rsplit(maxsplit=1)[0], own, city, partly=True))
    found.sort(key=lambda one: (one.rank, distance_m(one.point, near) if near else 0.0, one.name))
    distinct = {one.name: one for one in reversed(found)}
    return [one for one in found if distinct[one.name] is one][:_MOST]


def nearest(book: AddressBook, at: GeoPoint) -> PlaceMatch | None:
    """Return the house nearest to a point, or None farther than 150 m from all."""
    if (house := book.nearest_house(at, _NEAREST_M)) is None:
        return None
    street, number, point = house
    return PlaceMatch(_house_name(number, street, street.key), "address", point)


def _matches(
    book: AddressBook, address: str, own: str, city: str | None, *, partly: bool
) -> Iterator[PlaceMatch]:
    keys = read_address(address, own)
    if len(keys) > 1:
        yield from _crossings(book, keys[0], keys[1], partly=partly)
    elif keys and keys[0].number:
        yield from _houses(book, keys[0], city, partly=partly)
    elif keys:
        if not keys[0].is_street and not city:
            yield from _places(book, keys[0], partly=partly)
        for rank, street in _streets(book, keys[0], city, partly=partly):
            name = _in_city(street.label, street)
            yield PlaceMatch(name, "street", book.middle(street), (*rank, 2))


def _houses(
    book: AddressBook, key: PlaceKey, city: str | None, *, partly: bool
) -> Iterator[PlaceMatch]:
    number = int("".join(filter(str.isdigit, key.number))[:6])
    for rank, street in _streets(book, key, city, partly=partly):
        if found := book.house(street, number):
            point, is_interpolated = found
            kind: MatchKind = "interpolated" if is_interpolated else "address"
            yield PlaceMatch(_house_name(number, street, key), kind, point, rank)


def _crossings(
    book: AddressBook, one: PlaceKey, other: PlaceKey, *, partly: bool
) -> Iterator[PlaceMatch]:
    pairs = product(
        _streets(book, one, None, partly=False), _streets(book, other, None, partly=partly)
    )
    for (rank, a), (also, b) in pairs:
        pair = (min(a.number, b.number), max(a.number, b.number))
        for point in book.crossings.get(pair, ()):
            total = tuple(map(sum, zip(rank, also, strict=True)))
            yield PlaceMatch(f"{a.label} & {b.label}", "crossing", point, total)


def _places(book: AddressBook, key: PlaceKey, *, partly: bool) -> Iterator[PlaceMatch]:
    for entry, errors in book.place_names.find(key.name, partly=partly):
        place = book.places[entry]
        if agree(place.key, key):
            yield PlaceMatch(
                place.label, "place", place.point, (errors, 0, _left_out(place.key, key), 0)
            )


def _streets(
    book: AddressBook, key: PlaceKey, city: str | None, *, partly: bool
) -> Iterator[tuple[tuple[int, ...], BookStreet]]:
    """Yield streets with their ranks: errors, another city, and what the key leaves out."""
    for entry, errors in book.street_names.find(key.name, partly=partly):
        street = book.streets[entry]
        if agree(street.key, key) and city in {None, street.city}:
            yield (errors, int(bool(street.city)), _left_out(street.key, key)), street


def _left_out(key: PlaceKey, wanted: PlaceKey) -> int:
    return (key.direction != wanted.direction) + (key.type != wanted.type)


def _house_name(number: int, street: BookStreet, wanted: PlaceKey) -> str:
    label, was = street.label, street.key.direction.upper()
    if wanted.direction and wanted.direction != street.key.direction:
        label = label.replace(f"{was} ", f"{wanted.direction.upper()} ", 1)
    return _in_city(f"{number} {label}", street)


def _in_city(name: str, street: BookStreet) -> str:
    return f"{name}, {street.city}" if street.city else name
