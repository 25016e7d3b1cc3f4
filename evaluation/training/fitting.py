"""Points fitted to labelled pairs: a logistic regression with a ridge (Hoerl and Kennard, 1970)."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from evaluation.training.samples import Sample
from shared.catalogue.evidence import Evidence, Slope, Thresholds, WordWeights

FEWEST_LABELS = 5
_EVEN = 70  # points of an even chance, so that 50 ask for one in eight: labels are few
_POINTS = 10.0  # ten points make it e times as likely
_RIDGE, _WEAK = 1.0, 0.01
_SAID = ("no_distance", "same_kind", "same_street", "same_address", "words", "default")
_STEPS, _SHORTEST = 40, 1e-4

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Learnable:
    """For what there are labels enough to have points of its own.

    Attributes:
        default: Whether what is not named starts elsewhere; so it is where nothing was in use.
    """

    groups: Sequence[str]
    kinds: Sequence[str]
    default: bool = False


def fit(found: Sequence[Sample], evidence: Evidence, learners: Learnable) -> Evidence:
    """Return the evidence with the points under which the labels are likeliest.

    What changes is fitted, so all that the labels say nothing of keeps the points that it has.

    Args:
        found: Pairs with their labels, measured by the evidence.
        evidence: What is in use.
        learners: What may have points of its own.
    """
    traits = np.array([_traits(one, evidence, learners) for one in found], dtype=np.float64)
    is_one = np.array([one.is_one_problem for one in found], dtype=np.float64)
    before = (np.array([one.score for one in found], dtype=np.float64) - _EVEN) / _POINTS
    slopes = len(evidence.distance.at) + len(evidence.apart.at)
    labels = np.count_nonzero(traits[is_one == 1, slopes:], axis=0)
    traits[:, slopes:][:, labels < FEWEST_LABELS] = 0.0
    ridge = np.full(traits.shape[1], _RIDGE)
    ridge[slopes + _SAID.index("default")] = _WEAK
    changes = _likeliest(traits, is_one, before, ridge) * _POINTS
    return _changed(evidence, learners, iter(changes.tolist()))


def _traits(one: Sample, evidence: Evidence, learners: Learnable) -> list[float]:
    distance, apart = evidence.distance.at, evidence.apart.at
    near = [0.0] * len(distance) if one.place is None else _between(one.place, distance)
    said = (one.place is None, one.same_kind, one.same_street, one.same_address, one.words)
    return [
        *near,
        *_between(one.apart, apart),
        *map(float, said),
        float(learners.default),
        *(float(one.group == group) for group in learners.groups),
        *(float(one.kind == kind) for kind in learners.kinds),
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


def _likeliest(traits: Floats, is_one: Floats, before: Floats, ridge: Floats) -> Floats:
    """Return the weights by Newton's method with halved steps."""

    def loss(weights: Floats) -> float:
        logits = before + traits @ weights
        likely = np.sum(np.logaddexp(0, logits) - is_one * logits)
        return float(likely + np.sum(ridge * weights**2) / 2)

    weights = np.zeros(traits.shape[1])
    for _ in range(_STEPS):
        chance = 1.0 / (1.0 + np.exp(-np.clip(before + traits @ weights, -40, 40)))
        slope = traits.T @ (chance - is_one) + ridge * weights
        curve = (traits * (chance * (1 - chance))[:, None]).T @ traits + np.diag(ridge)
        step, part, now = np.linalg.solve(curve, slope), 1.0, loss(weights)
        while part > _SHORTEST and loss(weights - part * step) > now:
            part /= 2
        weights = weights - part * step
    return weights


def _changed(evidence: Evidence, learners: Learnable, changes: Iterator[float]) -> Evidence:
    """Return the evidence with these changes, which come in the order of the traits."""
    distance, apart = (_moved(slope, changes) for slope in (evidence.distance, evidence.apart))
    no_distance = _points(evidence.no_distance, next(changes))
    same_kind = _points(evidence.same_kind, next(changes))
    same_street = _points(evidence.same_street, next(changes))
    same_address = _points(evidence.same_address, next(changes))
    words, everywhere = _worth(evidence.words, next(changes)), next(changes)
    groups = {
        group: _started(evidence.thresholds(group), everywhere + next(changes))
        for group in learners.groups
    }
    kinds = {kind: _points(evidence.kinds.get(kind, 0.0), next(changes)) for kind in learners.kinds}
    return replace(
        evidence,
        distance=distance,
        no_distance=no_distance,
        apart=apart,
        same_kind=same_kind,
        same_street=same_street,
        same_address=same_address,
        words=words,
        default=_started(evidence.default, everywhere),
        groups={**evidence.groups, **groups},
        kinds={**evidence.kinds, **kinds},
    )


def _points(before: float, change: float) -> float:
    return round(before + change) if change else before


def _moved(slope: Slope, changes: Iterator[float]) -> Slope:
    return replace(slope, points=tuple(_points(was, next(changes)) for was in slope.points))


def _started(asked: Thresholds, change: float) -> Thresholds:
    return replace(asked, start=_points(asked.start, change))


def _worth(words: WordWeights, change: float) -> WordWeights:
    each = _points(words.each, change)
    most = words.most / words.each * each if words.each else words.most
    return replace(words, each=each, most=most)
