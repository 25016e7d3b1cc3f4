"""Fits the weights of the text model by logistic regression (scikit-learn)."""

import zlib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.sparse import csr_matrix, diags
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression

from shared.text_matching.features import NUMBERS
from workbench.evaluation.text_model.samples import TrainingSample

_POINTS_PER_LOGIT = 10  # ten points multiply the odds by e
_MIN_TEXTS = 3  # that use a feature
_MIN_SOURCES = 2  # who use it
_INVERSE_L2 = 0.5  # a larger value would fit rare words such as street names
_INVERSE_L2_OF_KINDS = 2.0
_ITERATIONS = 100
_POSITIVE = 2.0  # weight of a real report with the label, since such reports are rare
_WEIGHT_OF_MADE_UP = 0.3
_WEIGHT_OF_MADE_UP_KINDS = 0.7
_WEIGHT_OF_UNCLEAR = 0.5  # another label would be as fair
_WEIGHTS_OF_KINDS = (0.7, 0.3)  # of the best kind and the next that fits
_FOLDS = 5
_REAL = "%real"
"""Feature of real reports, so that their base rate is learnt from them alone."""

_LEVELS = range(20, 201, 5)  # thousandths of random reports
_LENGTH = 4.0  # of the vector of a text's features for kinds
_KIND_POINTS = 20  # per unit of a kind's weight
_DANGER_POINTS = 10  # per logit
_INVERSE_L2_OF_DANGERS = 4.0
_INVERSE_L2_OF_LIFE_DANGER = 1.0
_IN_A_ROW = 20

Weights = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class FittedHead:
    """The weights of one head with its figures on reports that it was not trained on.

    Attributes:
        bias: Score of a text without known features; one above 0 has the label.
        levels: By share of random reports, in thousandths: the score that only so many exceed.
        recall: Texts with the label that are found, as a fraction.
        false_alarms: Random routine reports that are found, as a fraction.
        threshold: Points of a danger that the bias is lower by, so that few others are found.
        added: By language, points that this is too many there.
    """

    bias: int
    weights: Weights
    levels: Mapping[int, int]
    recall: float
    false_alarms: float
    threshold: int = 0
    added: Mapping[str, int] = field(default_factory=dict)


def fit_urgency(samples: Sequence[TrainingSample], false_alarms: float) -> FittedHead:
    """Fit the urgency of texts of one language.

    Threshold and figures come from real reports that are left out of the training in turn.

    Args:
        false_alarms: Share, 0 to 1, of the routine reports of the random sample that are found.
    """
    judged = [sample for sample in samples if sample.label is not None]
    weights = [_weight_of_urgency(sample) for sample in judged]
    matrix = _Matrix(judged, [sample.label != "R" for sample in judged], weights)
    real = [(i, sample.report) for i, sample in enumerate(judged) if sample.report is not None]
    scores = matrix.cross_validated([i for i, _ in real])
    routine = [scores[i] for i, report in real if report.sample == "random" and report.is_routine]
    threshold = int(np.ceil(np.quantile(routine, 1 - false_alarms)))
    relative = {i: scores[i] - threshold for i, _ in real}
    random = [relative[i] for i, report in real if report.sample == "random"]
    bias, fitted = matrix.train(np.arange(len(judged)))
    return FittedHead(
        bias - threshold,
        fitted,
        {share: int(np.ceil(np.quantile(random, 1 - share / 1000))) for share in _LEVELS},
        recall=_share(relative[i] > 0 for i, report in real if report.is_urgent),
        false_alarms=_share(score > threshold for score in routine),
    )


class TextVectors:
    """Vectors of the features of samples, all of one length, so that long texts weigh no more."""

    def __init__(self, samples: Sequence[TrainingSample]) -> None:
        self.samples = samples
        self.features = vocabulary((sample.source, sample.features) for sample in samples)
        self.rows = _of_length(_rows([sample.features for sample in samples], self.features))


def fit_danger(
    vectors: TextVectors, dangers: Collection[str], limits: "DangerLimits"
) -> FittedHead:
    """Fit a class of danger, or several as one, on all samples that are labelled for dangers.

    The threshold comes from texts that are left out of the training in turn. Weights are points
    for a text whose vector has the length 1.
    """
    samples = [(row, s) for row, s in enumerate(vectors.samples) if s.dangers is not None]
    samples = [(row, sample) for row, sample in samples if not sample.calibrates]
    positive = np.array(
        [not (sample.dangers or frozenset()).isdisjoint(dangers) for _, sample in samples]
    )
    real = np.array([sample.is_real for _, sample in samples])
    weights = np.where(real & positive, _POSITIVE, 1.0)
    rows = vectors.rows[[row for row, _ in samples]]
    inverse_l2 = _INVERSE_L2_OF_DANGERS if len(dangers) == 1 else _INVERSE_L2_OF_LIFE_DANGER
    train = partial(_train, inverse_l2=inverse_l2)
    bias, fitted = train(rows, positive, weights)
    points = np.rint(fitted * _LENGTH * _DANGER_POINTS).astype(int).tolist()
    named = {f: weight for f, weight in zip(vectors.features, points, strict=True) if weight}
    folds = np.array([_fold(i, sample) for i, (_, sample) in enumerate(samples)])
    scores = np.zeros(len(samples))
    for fold in range(_FOLDS):
        rest = folds != fold
        fold_bias, fold_weights = train(rows[rest], positive[rest], weights[rest])
        scores[~rest] = rows[~rest] @ fold_weights + fold_bias
    languages = np.array([sample.language for _, sample in samples])
    routine, lookalikes = real & ~positive, ~real & ~positive
    threshold = limits.threshold(scores[routine], scores[lookalikes])
    added = {}
    for language in np.unique(languages[routine]).tolist():
        of_one = languages == language
        own = limits.threshold(scores[routine & of_one], scores[lookalikes & of_one])
        added[language] = round((threshold - own) * _DANGER_POINTS)
    points = round(threshold * _DANGER_POINTS)
    return FittedHead(
        round(bias * _DANGER_POINTS) - points,
        named,
        {},
        recall=_share((scores[positive] > threshold).tolist()),
        false_alarms=_share((scores[routine] > threshold).tolist()),
        threshold=points,
        added=added,
    )


@dataclass(frozen=True, slots=True)
class DangerLimits:
    """Shares, 0 to 1, of random reports and of look-alikes that are found in error."""

    random: float
    lookalikes: float

    def threshold(self, random: NDArray[np.float64], lookalikes: NDArray[np.float64]) -> float:
        """Return the score that no more than these shares of either exceed."""
        both = ((random, self.random), (lookalikes, self.lookalikes))
        return max(float(np.quantile(each, 1 - share)) for each, share in both if each.size)


def _train(
    rows: csr_matrix,
    positive: NDArray[np.bool_],
    weights: NDArray[np.float64],
    inverse_l2: float,
) -> tuple[float, NDArray[np.float64]]:
    """Return the bias and the weights of the features, in logits."""
    regression = LogisticRegression(C=inverse_l2, solver="liblinear", max_iter=300)
    regression.fit(rows, positive, sample_weight=weights)
    return float(regression.intercept_[0]), regression.coef_[0]


def _fold(number: int, sample: TrainingSample) -> int:
    """Return the fold of a text; several texts of one writer in a row are in one."""
    group = sample.source if sample.is_real else f"{sample.source}{number // _IN_A_ROW}"
    return zlib.crc32(group.encode()) % _FOLDS


def _weight_of_urgency(sample: TrainingSample) -> float:
    if sample.report is None:
        return _WEIGHT_OF_MADE_UP
    weight = _WEIGHT_OF_UNCLEAR if sample.report.second else 1.0
    return weight * (_POSITIVE if sample.label != "R" else 1.0)


def _share(found: Iterable[bool]) -> float:
    values = list(found)
    return float(np.mean(values)) if values else 0.0


class _Matrix:
    """The samples as rows of a sparse matrix of words and conditions.

    Their number is left out: several conditions of a place would make a text urgent.
    """

    def __init__(
        self,
        samples: Sequence[TrainingSample],
        positive: Sequence[bool],
        weights: Sequence[float],
    ) -> None:
        self._samples = samples
        self._features = [
            {f for f in sample.features if f[0] != "~" and f not in NUMBERS}
            | ({_REAL} if sample.is_real else set())
            for sample in samples
        ]
        self._vocabulary = vocabulary(
            (sample.source, features)
            for sample, features in zip(samples, self._features, strict=True)
        )
        self._vocabulary = [feature for feature in self._vocabulary if feature != _REAL]
        self._rows = _rows(self._features, [*self._vocabulary, _REAL])
        self._positive, self._weights = np.array(positive), np.array(weights)

    def train(self, rows: NDArray[np.int_]) -> tuple[int, Weights]:
        """Return the bias of a real report and the weights of the features, in points."""
        regression = LogisticRegression(C=_INVERSE_L2, solver="liblinear", max_iter=400)
        regression.fit(self._rows[rows], self._positive[rows], sample_weight=self._weights[rows])
        points = np.rint(regression.coef_[0] * _POINTS_PER_LOGIT).astype(int).tolist()
        bias = round(float(regression.intercept_[0]) * _POINTS_PER_LOGIT) + points[-1]
        named = zip(self._vocabulary, points, strict=False)
        return bias, {feature: weight for feature, weight in named if weight}

    def cross_validated(self, held: Iterable[int]) -> Mapping[int, int]:
        """Return the score of each of these by weights trained without its fold."""
        folds: defaultdict[int, list[int]] = defaultdict(list)
        for i in held:
            folds[_fold(i, self._samples[i])].append(i)
        scores: dict[int, int] = {}
        for held_out in folds.values():
            bias, weights = self.train(np.setdiff1d(np.arange(len(self._samples)), held_out))
            for i in held_out:
                found = (weights[f] for f in self._samples[i].features if f in weights)
                scores[i] = sum(found, bias)
        return scores


@dataclass(frozen=True, slots=True)
class FittedKinds:
    """The weights of all kinds, calibrated.

    Attributes:
        weights: A row for each feature, a column for each kind, in points.
        scale: Factor from points to logits for a text with one known feature.
    """

    codes: tuple[str, ...]
    features: list[str]
    weights: NDArray[np.int8]
    scale: float


def fit_kinds(vectors: TextVectors) -> FittedKinds:
    """Fit the kinds of texts of all languages by multinomial regression.

    A text counts for the two best kinds that fit it.
    """
    judged = [(row, sample) for row, sample in enumerate(vectors.samples) if sample.kinds]
    numbers, codes, weights = [], [], []
    for number, sample in judged:
        if sample.calibrates:
            continue
        base = 1.0 if sample.is_real else _WEIGHT_OF_MADE_UP_KINDS
        shares = _WEIGHTS_OF_KINDS if len(sample.kinds) > 1 else (1.0,)
        for code, share in zip(sample.kinds, shares, strict=False):
            numbers.append(number)
            codes.append(code)
            weights.append(base * share)
    regression = LogisticRegression(
        C=_INVERSE_L2_OF_KINDS, max_iter=_ITERATIONS, tol=1e-3, fit_intercept=False
    )
    regression.fit(vectors.rows[numbers], codes, sample_weight=weights)
    points = np.clip(np.rint(regression.coef_.T * _KIND_POINTS), -127, 127).astype(np.int8)
    codes_in_order, scale = tuple(regression.classes_.tolist()), _LENGTH / _KIND_POINTS
    fitted = FittedKinds(codes_in_order, vectors.features, points, scale)
    held_out = [row for row, sample in judged if sample.calibrates] or [row for row, _ in judged]
    return replace(fitted, scale=scale * _temperature(fitted, vectors, held_out))


def _temperature(fitted: FittedKinds, vectors: TextVectors, held_out: Sequence[int]) -> float:
    """Return the factor of the logits by which the kinds that fit are likeliest together."""
    samples = [vectors.samples[row] for row in held_out]
    logits = vectors.rows[held_out] @ (fitted.weights.astype(np.float64) / _KIND_POINTS)
    numbers = {code: column for column, code in enumerate(fitted.codes)}
    fitting = np.zeros(logits.shape, bool)
    for row, sample in enumerate(samples):
        fitting[row, [numbers[code] for code in sample.kinds if code in numbers]] = True
    fits = fitting.any(axis=1)

    def loss(factor: float) -> float:
        odds = np.exp(factor * (logits - logits.max(axis=1, keepdims=True)))
        shares = (odds * fitting).sum(axis=1)[fits] / odds.sum(axis=1)[fits]
        return float(-np.log(np.maximum(shares, 1e-9)).mean())

    return float(minimize_scalar(loss, bounds=(0.2, 5.0), method="bounded").x)


def vocabulary(texts: Iterable[tuple[str, Collection[str]]]) -> list[str]:
    """Return the features that several texts of several sources use."""
    counts: Counter[str] = Counter()
    sources: defaultdict[str, set[str]] = defaultdict(set)
    for source, features in texts:
        counts.update(features)
        for feature in features:
            if len(sources[feature]) < _MIN_SOURCES:
                sources[feature].add(source)
    return sorted(
        feature
        for feature, count in counts.items()
        if count >= _MIN_TEXTS and len(sources[feature]) >= _MIN_SOURCES
    )


def _rows(features: Sequence[Collection[str]], known: Sequence[str]) -> csr_matrix:
    vectorizer = CountVectorizer(analyzer=_unchanged, binary=True, vocabulary=known)
    rows: csr_matrix = vectorizer.transform(features)
    return rows


def _of_length(rows: csr_matrix) -> csr_matrix:
    """Return the rows with vectors of one length."""
    counts = np.maximum(np.asarray(rows.sum(axis=1)).ravel(), 1)
    of_length: csr_matrix = diags(_LENGTH / np.sqrt(counts)) @ rows
    return of_length


def _unchanged(features: Iterable[str]) -> Iterable[str]:
    return features
