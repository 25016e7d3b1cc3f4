"""Radius and window of a kind, by how far apart its labelled pairs lie."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import ceil
from typing import TypeAlias, TypeVar

from evaluation.backtest import request_of
from evaluation.exports import RequestHistory
from services.triage.assessment import report_of
from services.triage.policy import CityPolicy
from services.triage.rules.dedup.model import Report
from shared.catalogue import Dedup
from shared.vocabulary import distance_m

FEWEST_PAIRS = 20
PLACES, TIMES = 0.8, 0.95  # of the labelled pairs; beyond the radius they are flagged all the same
_STEP_M, _NEAREST_M = 5, 15.0
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_BY_DAYS = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Spread:
    """How far apart labelled pairs of one kind lie.

    Attributes:
        own: What is in use.
        limits: What is proposed.
        pairs: How many there are whose places are known.
        before: How many of them the limits in use hold.
        after: How many of them the proposed ones hold.
    """

    own: Dedup
    limits: Dedup
    pairs: int
    before: int
    after: int


_F = TypeVar("_F", float, timedelta)
Apart: TypeAlias = tuple[float, timedelta]


def propose_limits(
    past: RequestHistory, pairs: Iterable[tuple[str, str]], rules: CityPolicy
) -> dict[str, Spread]:
    """Return radius and window by kind, where labelled pairs enough ask for others.

    A kind that is never the same problem stays so.

    Args:
        past: The history to learn from.
        pairs: Labelled duplicates; those outside the history do not count.
        rules: The rules in use.
    """
    reports = {row.request_id: report_of(request_of(row, past.city), rules) for row in past.rows}
    of_kind: defaultdict[str, list[Apart]] = defaultdict(list)
    for kind, apart in _apart(reports, pairs, rules):
        of_kind[kind].append(apart)
    found = {
        kind: _spread(some, rules.limits[kind])
        for kind, some in of_kind.items()
        if len(some) >= FEWEST_PAIRS
    }
    return {kind: spread for kind, spread in found.items() if spread.limits != spread.own}


def _apart(
    reports: dict[str, Report], pairs: Iterable[tuple[str, str]], rules: CityPolicy
) -> Iterator[tuple[str, Apart]]:
    for one, other in ((reports.get(one), reports.get(other)) for one, other in pairs):
        if one is None or other is None or one.place is None or other.place is None:
            continue
        limits = {kind: rules.limits[kind] for kind in (one.kind, other.kind)}
        if len({own.group for own in limits.values()}) > 1:
            continue
        apart = distance_m(one.place, other.place), abs(one.observed_at - other.observed_at)
        yield from ((kind, apart) for kind, own in limits.items() if own.window and own.radius_m)


def _spread(found: Sequence[Apart], own: Dedup) -> Spread:
    """Return the least limits that hold most of the pairs, and no fewer than those in use do."""
    metres, times = zip(*found, strict=True)
    near = sum(away_m <= own.radius_m for away_m in metres) / len(found)
    soon = sum(time <= own.window for time in times) / len(found)
    radius_m = ceil(_within(metres, max(PLACES, near)) / _STEP_M) * _STEP_M
    window = _within(times, max(TIMES, soon))
    step = _DAY if window > _BY_DAYS else _HOUR
    window = max(_HOUR, -(-window // step) * step)
    limits = Dedup(own.group, window, max(_NEAREST_M, radius_m))
    return Spread(own, limits, len(found), _held(found, own), _held(found, limits))


def _within(figures: Sequence[_F], part: float) -> _F:
    """Return the figure that this part of them does not exceed."""
    return sorted(figures)[ceil(round(part * len(figures), 6)) - 1]


def _held(found: Iterable[Apart], limits: Dedup) -> int:
    return sum(away_m <= limits.radius_m and time <= limits.window for away_m, time in found)
