"""Fits feature weights by logistic regression (scikit-learn)."""

import zlib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression

from shared.text_matching import FeatureWeights, ModelFigures
from workbench.evaluation.text_model.samples import TrainingSample

_POINTS_PER_LOGIT = 10  # ten points multiply the odds by e
_MIN_TEXTS = 3  # that use a feature
_MIN_SOURCES = 2  # who use it
_INVERSE_L2 = 0.5  # a larger value would fit rare words such as street names
_POSITIVE = 2.0  # weight of a real report with the label, since such reports are rare
_FOLDS = 5
_REAL = "%real"
"""Feature of real reports, so that their base rate is learnt from them alone."""

_LEVELS = range(20, 201, 5)  # thousandths of random reports


@dataclass(frozen=True, slots=True)
class FittedLabel:
    """The weights of one label in one language, with their figures."""

    weights: FeatureWeights
    figures: ModelFigures


def fit(
    samples: Sequence[TrainingSample],
    positive: Collection[str],
    false_alarms: float,
    *,
    has_levels: bool,
) -> FittedLabel:
    """Fit weights that separate texts of some classes from all others.

    Threshold and figures come from real reports that are left out of the training in turn.

    Args:
        samples: Samples of one language, among them routine reports of a random sample.
        false_alarms: Share, 0 to 1, of the routine reports of the random sample that are found.
        has_levels: Whether the weights get a table of thresholds by share of random reports.
    """
    matrix = _Matrix(samples, positive)
    real = [(i, sample.report) for i, sample in enumerate(samples) if sample.report is not None]
    scores = matrix.cross_validated([i for i, _ in real])
    routine = [scores[i] for i, report in real if report.sample == "random" and report.is_routine]
    threshold = int(np.ceil(np.quantile(routine, 1 - false_alarms)))
    relative = {i: scores[i] - threshold for i, _ in real}
    random = [relative[i] for i, report in real if report.sample == "random"]
    weights, bias = matrix.train(np.arange(len(samples)))
    levels = {share: int(np.ceil(np.quantile(random, 1 - share / 1000))) for share in _LEVELS}
    found = [relative[i] > 0 for i, r in real if r.label in positive and r.is_urgent]
    return FittedLabel(
        FeatureWeights(bias - threshold, weights, levels if has_levels else {}),
        ModelFigures(
            recall=float(np.mean(found)) if found else 0.0,
            false_alarms=float(np.mean([score > threshold for score in routine])),
        ),
    )


class _Matrix:
    """The samples as rows of a sparse matrix of features."""

    def __init__(self, samples: Sequence[TrainingSample], positive: Collection[str]) -> None:
        self._samples = samples
        self._features = [
            sample.features | {_REAL} if sample.report is not None else sample.features
            for sample in samples
        ]
        self._vocabulary = _vocabulary(samples)
        vectorizer = CountVectorizer(
            analyzer=_unchanged, binary=True, vocabulary=[*self._vocabulary, _REAL]
        )
        self._rows = vectorizer.transform(self._features)
        self._positive = np.array([sample.label in positive for sample in samples])
        self._weights = np.array(
            [
                sample.weight * (_POSITIVE if is_positive and sample.report is not None else 1.0)
                for sample, is_positive in zip(samples, self._positive.tolist(), strict=True)
            ]
        )

    def train(self, rows: NDArray[np.int_]) -> tuple[Mapping[str, int], int]:
        """Return the weights of the features and the bias of a real report, in points."""
        regression = LogisticRegression(C=_INVERSE_L2, solver="liblinear", max_iter=400)
        regression.fit(self._rows[rows], self._positive[rows], sample_weight=self._weights[rows])
        points = np.rint(regression.coef_[0] * _POINTS_PER_LOGIT).astype(int).tolist()
        bias = round(float(regression.intercept_[0]) * _POINTS_PER_LOGIT) + points[-1]
        named = zip(self._vocabulary, points, strict=False)
        return {feature: weight for feature, weight in named if weight}, bias

    def cross_validated(self, real: Iterable[int]) -> Mapping[int, int]:
        """Return the score of each real report by weights trained without it and its group."""
        folds: defaultdict[int, list[int]] = defaultdict(list)
        for i in real:
            folds[zlib.crc32(self._samples[i].source.encode()) % _FOLDS].append(i)
        scores: dict[int, int] = {}
        for held_out in folds.values():
            weights, bias = self.train(np.setdiff1d(np.arange(len(self._samples)), held_out))
            for i in held_out:
                found = (weights[f] for f in self._samples[i].features if f in weights)
                scores[i] = sum(found, bias)
        return scores


def _unchanged(features: Iterable[str]) -> Iterable[str]:
    return features


def _vocabulary(samples: Iterable[TrainingSample]) -> list[str]:
    """Return the features that several texts of several sources use."""
    texts: Counter[str] = Counter()
    sources: defaultdict[str, set[str]] = defaultdict(set)
    for sample in samples:
        texts.update(sample.features)
        for feature in sample.features:
            if len(sources[feature]) < _MIN_SOURCES:
                sources[feature].add(sample.source)
    return sorted(
        feature
        for feature, count in texts.items()
        if count >= _MIN_TEXTS and len(sources[feature]) >= _MIN_SOURCES
    )
