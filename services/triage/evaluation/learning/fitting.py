"""Points fitted to labelled pairs: a logistic regression with a ridge (Hoerl and Kennard, 1970)."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.triage.evaluation.learning.samples import Sample

METRES = (0.0, 10.0, 25.0, 50.0, 100.0, 200.0)
HOURS = (0.0, 1.0, 12.0, 24.0, 72.0, 168.0, 336.0)
_OTHERS = ("no_distance", "same_kind", "same_street", "start")
_POINTS = 10.0  # ten points make it e times as likely
_RIDGE, _WEAK = 1.0, 0.01
_STEPS, _SHORTEST = 40, 1e-4
_FEWEST_LABELS = 5

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Points:
    """What each trait of a pair is worth, in whole points.

    Attributes:
        metres: At each of ``METRES``.
        hours: At each of ``HOURS``.
        start: Of a group that is not named.
        groups: Added to that for a group.
        kinds: Added for the kind of the later report.
    """

    metres: tuple[int, ...]
    hours: tuple[int, ...]
    no_distance: int
    same_kind: int
    same_street: int
    start: int
    groups: dict[str, int]
    kinds: dict[str, int]


def fit(found: Sequence[Sample]) -> Points:
    """Return the points under which the labels are likeliest; rare traits stay near zero."""
    labels = Counter(sample.kind for sample in found if sample.is_one_problem)
    groups = sorted({sample.group for sample in found})
    kinds = sorted(kind for kind, count in labels.items() if count >= _FEWEST_LABELS)
    traits = np.array([_traits(sample, groups, kinds) for sample in found], dtype=np.float64)
    is_one = np.array([sample.is_one_problem for sample in found], dtype=np.float64)
    ridge = np.full(traits.shape[1], _RIDGE)
    ridge[len(METRES) + len(HOURS) + _OTHERS.index("start")] = _WEAK
    points = [round(float(weight) * _POINTS) for weight in _likeliest(traits, is_one, ridge)]
    return _named(points, groups, kinds)


def _traits(sample: Sample, groups: Sequence[str], kinds: Sequence[str]) -> list[float]:
    near = [0.0] * len(METRES) if sample.distance_m is None else _between(sample.distance_m, METRES)
    others = (sample.distance_m is None, sample.same_kind, sample.same_street, True)
    return [
        *near,
        *_between(sample.hours, HOURS),
        *map(float, others),
        *(float(sample.group == group) for group in groups),
        *(float(sample.kind == kind) for kind in kinds),
    ]


def _between(figure: float, places: Sequence[float]) -> list[float]:
    """Return how much of each place a figure has: it lies between two, or at an end."""
    shares = [0.0] * len(places)
    above = bisect_right(places, figure)
    if above in (0, len(places)):
        shares[0 if above == 0 else -1] = 1.0
        return shares
    part = (figure - places[above - 1]) / (places[above] - places[above - 1])
    shares[above - 1], shares[above] = 1.0 - part, part
    return shares


def _likeliest(traits: Floats, is_one: Floats, ridge: Floats) -> Floats:
    """Return the weights by Newton's method with halved steps."""
    weights = np.zeros(traits.shape[1])
    for _ in range(_STEPS):
        chance = 1.0 / (1.0 + np.exp(-np.clip(traits @ weights, -40, 40)))
        slope = traits.T @ (chance - is_one) + ridge * weights
        curve = (traits * (chance * (1 - chance))[:, None]).T @ traits + np.diag(ridge)
        step, part = np.linalg.solve(curve, slope), 1.0
        now = _loss(weights, traits, is_one, ridge)
        while part > _SHORTEST and _loss(weights - part * step, traits, is_one, ridge) > now:
            part /= 2
        weights = weights - part * step
    return weights


def _loss(weights: Floats, traits: Floats, is_one: Floats, ridge: Floats) -> float:
    logits = traits @ weights
    return float(np.sum(np.logaddexp(0, logits) - is_one * logits) + np.sum(ridge * weights**2) / 2)


def _named(points: Sequence[int], groups: Sequence[str], kinds: Sequence[str]) -> Points:
    rest = iter(points)

    def take(count: int) -> tuple[int, ...]:
        return tuple(next(rest) for _ in range(count))

    metres, hours = take(len(METRES)), take(len(HOURS))
    no_distance, same_kind, same_street, start = take(len(_OTHERS))
    of_groups = dict(zip(groups, take(len(groups)), strict=True))
    of_kinds = dict(zip(kinds, take(len(kinds)), strict=True))
    return Points(metres, hours, no_distance, same_kind, same_street, start, of_groups, of_kinds)
