"""Proposes radius and window of a kind from the distances of its labelled pairs."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import ceil
from typing import TypeAlias, TypeVar

from services.triage.decisions.assessment import to_report
from services.triage.policy import CityPolicy
from services.triage.rules.dedup.model import Report
from shared.catalogue import Dedup
from shared.vocabulary import distance_m
from workbench.evaluation.backtest import request_of
from workbench.evaluation.exports import RequestHistory

MIN_PAIRS = 20
RADIUS_SHARE, WINDOW_SHARE = 0.8, 0.95  # of the labelled pairs; pairs beyond the radius are
# still flagged as possible duplicates
_STEP_M, _MIN_RADIUS_M = 5, 15.0
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_WHOLE_DAYS_FROM = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class LimitsProposal:
    """Proposed radius and window of one kind.

    Attributes:
        pairs: Number of labelled pairs with known points.
        before: Number of them within the limits in use.
        after: Number of them within the proposed limits.
    """

    own: Dedup
    limits: Dedup
    pairs: int
    before: int
    after: int


_F = TypeVar("_F", float, timedelta)

Distance: TypeAlias = tuple[float, timedelta]
"""Metres and time between two reports."""


def propose_limits(
    past: RequestHistory, pairs: Iterable[tuple[str, str]], rules: CityPolicy
) -> dict[str, LimitsProposal]:
    """Propose radius and window by service code, where enough labelled pairs call for a change.

    Kinds without deduplication get no proposal.

    Args:
        pairs: Labelled duplicates; pairs outside the history do not count.
    """
    reports = {row.request_id: to_report(request_of(row, past.city), rules) for row in past.rows}
    of_kind: defaultdict[str, list[Distance]] = defaultdict(list)
    for kind, distance in _distances(reports, pairs, rules):
        of_kind[kind].append(distance)
    found = {
        kind: _proposal(some, rules.dedup_limits[kind])
        for kind, some in of_kind.items()
        if len(some) >= MIN_PAIRS
    }
    return {kind: proposal for kind, proposal in found.items() if proposal.limits != proposal.own}


def _distances(
    reports: dict[str, Report], pairs: Iterable[tuple[str, str]], rules: CityPolicy
) -> Iterator[tuple[str, Distance]]:
    for one, other in ((reports.get(one), reports.get(other)) for one, other in pairs):
        if one is None or other is None or one.place is None or other.place is None:
            continue
        limits = {kind: rules.dedup_limits[kind] for kind in (one.kind, other.kind)}
        if len({own.group for own in limits.values()}) > 1:
            continue
        distance = distance_m(one.place, other.place), abs(one.observed_at - other.observed_at)
        yield from ((kind, distance) for kind, own in limits.items() if own.window and own.radius_m)


def _proposal(distances: Sequence[Distance], own: Dedup) -> LimitsProposal:
    """Return the least limits that contain most pairs, and no fewer than the limits in use."""
    metres, times = zip(*distances, strict=True)
    near = sum(away_m <= own.radius_m for away_m in metres) / len(distances)
    soon = sum(time <= own.window for time in times) / len(distances)
    radius_m = ceil(_quantile(metres, max(RADIUS_SHARE, near)) / _STEP_M) * _STEP_M
    window = _quantile(times, max(WINDOW_SHARE, soon))
    step = _DAY if window > _WHOLE_DAYS_FROM else _HOUR
    window = max(_HOUR, -(-window // step) * step)
    limits = Dedup(own.group, window, max(_MIN_RADIUS_M, radius_m))
    within = [_within(distances, bounds) for bounds in (own, limits)]
    return LimitsProposal(own, limits, len(distances), *within)


def _quantile(figures: Sequence[_F], share: float) -> _F:
    """Return the figure that this share of the figures does not exceed."""
    return sorted(figures)[ceil(round(share * len(figures), 6)) - 1]


def _within(distances: Iterable[Distance], limits: Dedup) -> int:
    return sum(away_m <= limits.radius_m and time <= limits.window for away_m, time in distances)
