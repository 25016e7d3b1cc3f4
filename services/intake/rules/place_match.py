"""Choose the place of a gazetteer that an address means."""

from collections.abc import Sequence
from typing import NamedTuple

from services.intake.rules.addresses import PlaceKey, numbers_in
from shared.vocabulary import GeoPoint, distance_m

MIN_SIMILARITY = 0.6
"""Least share of equal trigrams of two names, 0 to 1: one wrong letter in a name of eight."""
_SAME_PLACE_M = 250.0


class Candidate(NamedTuple):
    """A place of the gazetteer.

    Attributes:
        key: Its normalized parts.
        similarity: Similarity of its name to the wanted one by trigrams, 0 to 1.
        point: Where it is.
    """

    key: PlaceKey
    similarity: float
    point: GeoPoint


def best_match(wanted: PlaceKey, candidates: Sequence[Candidate]) -> GeoPoint | None:
    """Return the point of the place that an address means; None without one, or with several.

    Directions and types of street may be left out, but must not contradict; numbers in a name are
    equal; a misspelled name counts if no name is right. Two fitting places more than 250 m apart
    make an address ambiguous: no point is better than a wrong one.
    """
    fitting = [one for one in candidates if _fits(wanted, one)]
    if same := [one for one in fitting if one.key == wanted]:
        return same[0].point
    meant = [one for one in fitting if one.key.name == wanted.name] or fitting
    if not meant:
        return None
    best = max(meant, key=lambda one: one.similarity)
    is_clear = all(distance_m(best.point, one.point) <= _SAME_PLACE_M for one in meant)
    return best.point if is_clear else None


def _fits(wanted: PlaceKey, one: Candidate) -> bool:
    key = one.key
    return (
        key.number == wanted.number
        and one.similarity >= MIN_SIMILARITY
        and numbers_in(key.name) == numbers_in(wanted.name)
        and len(key.name.split()) == len(wanted.name.split())
        and _agree(key.directions, wanted.directions)
        and _agree(key.types, wanted.types)
    )


def _agree(one: str, other: str) -> bool:
    stated, also = set(one.split()), set(other.split())
    return stated <= also or also <= stated
