"""Fits evidence weights by logistic regression with an L2 penalty (Hoerl and Kennard, 1970)."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from shared.catalogue.evidence import Evidence, Slope, Thresholds
from workbench.evaluation.training.samples import Sample

MIN_LABELS = 5
_EVEN = 70  # points of an even chance; 50 points are one in eight, because labels are few
_POINTS_PER_LOGIT = 10.0  # ten points multiply the odds by e
_L2, _WEAK_L2 = 1.0, 0.01
_SINGLE = ("no_distance", "same_kind", "same_street", "same_address", "default")
_STEPS, _MIN_STEP = 40, 1e-4

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Learnable:
    """Groups and kinds with enough labels for weights of their own.

    Attributes:
        default: Whether the prior of all other groups is fitted, as for a city without weights.
    """

    groups: Sequence[str]
    kinds: Sequence[str]
    default: bool = False


def fit(samples: Sequence[Sample], evidence: Evidence, learnable: Learnable) -> Evidence:
    """Return the evidence weights that maximize the likelihood of the labels.

    The changes of the weights are fitted, so that weights without labels keep their values.

    Args:
        samples: Labelled pairs, measured by ``evidence``.
        learnable: Groups and kinds with weights of their own.
    """
    features = np.array([_features(one, evidence, learnable) for one in samples], dtype=np.float64)
    labels = np.array([one.is_duplicate for one in samples], dtype=np.float64)
    scores = np.array([one.score for one in samples], dtype=np.float64)
    before = (scores - _EVEN) / _POINTS_PER_LOGIT
    slopes = len(evidence.distance.at) + len(evidence.apart.at)
    counts = np.count_nonzero(features[labels == 1, slopes:], axis=0)
    features[:, slopes:][:, counts < MIN_LABELS] = 0.0
    l2 = np.full(features.shape[1], _L2)
    l2[slopes + _SINGLE.index("default")] = _WEAK_L2
    changes = _maximize_likelihood(features, labels, before, l2) * _POINTS_PER_LOGIT
    return _changed(evidence, learnable, iter(changes.tolist()))


def _features(one: Sample, evidence: Evidence, learnable: Learnable) -> list[float]:
    distance, apart = evidence.distance.at, evidence.apart.at
    near = [0.0] * len(distance) if one.distance is None else _interpolation(one.distance, distance)
    single = (one.distance is None, one.same_kind, one.same_street, one.same_address)
    return [
        *near,
        *_interpolation(one.apart, apart),
        *map(float, single),
        float(learnable.default),
        *(float(one.group == group) for group in learnable.groups),
        *(float(one.kind == kind) for kind in learnable.kinds),
    ]


def _interpolation(figure: float, nodes: Sequence[float]) -> list[float]:
    """Return the coefficients of the nodes in the linear interpolation at a figure."""
    shares = [0.0] * len(nodes)
    above = bisect_right(nodes, figure)
    if above in (0, len(nodes)):
        shares[0 if above == 0 else -1] = 1.0
        return shares
    part = (figure - nodes[above - 1]) / (nodes[above] - nodes[above - 1])
    shares[above - 1], shares[above] = 1.0 - part, part
    return shares


def _maximize_likelihood(features: Floats, labels: Floats, before: Floats, l2: Floats) -> Floats:
    """Return the changes of the weights by Newton's method with step halving.

    Args:
        features: A row for each sample.
        labels: 1 for duplicates, else 0.
        before: Log odds of each sample by the weights in use.
    """

    def loss(weights: Floats) -> float:
        logits = before + features @ weights
        likelihood = np.sum(np.logaddexp(0, logits) - labels * logits)
        return float(likelihood + np.sum(l2 * weights**2) / 2)

    weights = np.zeros(features.shape[1])
    for _ in range(_STEPS):
        chance = 1.0 / (1.0 + np.exp(-np.clip(before + features @ weights, -40, 40)))
        slope = features.T @ (chance - labels) + l2 * weights
        curve = (features * (chance * (1 - chance))[:, None]).T @ features + np.diag(l2)
        step, part, now = np.linalg.solve(curve, slope), 1.0, loss(weights)
        while part > _MIN_STEP and loss(weights - part * step) > now:
            part /= 2
        weights = weights - part * step
    return weights


def _changed(evidence: Evidence, learnable: Learnable, changes: Iterator[float]) -> Evidence:
    """Return the weights with these changes, given in the order of the features."""
    distance, apart = (_moved(slope, changes) for slope in (evidence.distance, evidence.apart))
    no_distance = _points(evidence.no_distance, next(changes))
    same_kind = _points(evidence.same_kind, next(changes))
    same_street = _points(evidence.same_street, next(changes))
    same_address = _points(evidence.same_address, next(changes))
    prior = next(changes)
    groups = {
        group: _with_prior(evidence.thresholds(group), prior + next(changes))
        for group in learnable.groups
    }
    kinds = {
        kind: _points(evidence.kinds.get(kind, 0.0), next(changes)) for kind in learnable.kinds
    }
    return replace(
        evidence,
        distance=distance,
        no_distance=no_distance,
        apart=apart,
        same_kind=same_kind,
        same_street=same_street,
        same_address=same_address,
        default=_with_prior(evidence.default, prior),
        groups={**evidence.groups, **groups},
        kinds={**evidence.kinds, **kinds},
    )


def _points(before: float, change: float) -> float:
    return round(before + change) if change else before


def _moved(slope: Slope, changes: Iterator[float]) -> Slope:
    return replace(slope, points=tuple(_points(was, next(changes)) for was in slope.points))


def _with_prior(thresholds: Thresholds, change: float) -> Thresholds:
    return replace(thresholds, start=_points(thresholds.start, change))
