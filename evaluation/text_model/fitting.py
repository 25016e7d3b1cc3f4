"""Fits feature weights by logistic regression (scikit-learn)."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import Pipeline, make_pipeline

from evaluation.text_model.texts import LabelledText
from shared.text_matching import FeatureWeights, ModelFigures, extract_features, fold, split_text

_POINTS_PER_LOGIT = 10  # ten points multiply the odds by e
_MIN_WRITERS = 2  # writers who use a feature
_INVERSE_L2 = 0.5  # a larger value would fit rare words such as street names
_FOLDS = 10
_MAX_BIAS = -1
_DENIED_QUANTILE = 0.005  # of the scores of texts with the label
_QUIET = frozenset({"routine", "harmless"})

_Windows: TypeAlias = Sequence[Sequence[str]]
"""The words of each window of a text."""


def fit(
    texts: Sequence[LabelledText], positive: Collection[str], max_false_alarms: float
) -> tuple[FeatureWeights, ModelFigures]:
    """Fit weights that separate texts with some labels from all others.

    The figures are measured by cross-validation on writers left out of the training.

    Args:
        texts: Texts of one language from at least three sources.
        positive: The labels to find.
        max_false_alarms: Fraction, 0 to 1, of short routine and harmless texts by unknown writers
            that may be found. Long texts exceed it because they have more windows.
    """
    windows = [split_text(fold(text.text).split()) for text in texts]
    sources = [text.source for text in texts]
    is_positive = np.array([text.label in positive for text in texts])
    is_quiet = np.array([text.label in _QUIET for text in texts])
    is_short = np.array([len(text) == 1 for text in windows])
    scores = _cross_validated(windows, is_positive, sources)
    threshold = float(np.quantile(scores[is_quiet & is_short], 1 - max_false_alarms))
    denied = float(np.quantile(scores[is_positive], _DENIED_QUANTILE))
    vectorizer, regression = _train(windows, is_positive, sources).named_steps.values()
    points = np.rint(regression.coef_[0] * _POINTS_PER_LOGIT).astype(int)
    named = zip(vectorizer.get_feature_names_out(), points.tolist(), strict=True)
    weights = FeatureWeights(
        min(_MAX_BIAS, round((regression.intercept_[0] - threshold) * _POINTS_PER_LOGIT)),
        {str(feature): weight for feature, weight in named if weight},
        min(_MAX_BIAS, round((denied - threshold) * _POINTS_PER_LOGIT)),
    )
    return weights, ModelFigures(
        recall=float(np.mean(scores[is_positive] > threshold)),
        false_alarms=float(np.mean(scores[is_quiet] > threshold)),
    )


def _cross_validated(
    windows: Sequence[_Windows], is_positive: NDArray[np.bool_], sources: Sequence[str]
) -> NDArray[np.float64]:
    """Return the score of each text by a model trained on other sources."""
    scores = np.zeros(len(windows))
    folds = GroupKFold(min(_FOLDS, len(set(sources))))
    for training, held_out in folds.split(windows, groups=sources):
        model = _train(
            [windows[i] for i in training], is_positive[training], [sources[i] for i in training]
        )
        for i in held_out:
            scores[i] = max(model.decision_function(windows[i]))
    return scores


def _train(
    windows: Sequence[_Windows], is_positive: NDArray[np.bool_], sources: Sequence[str]
) -> Pipeline:
    """Return a model trained on windows.

    Long positive texts are left out, because their label does not say which window it is about;
    every window of a negative text is negative.
    """
    samples = [
        (window, positive)
        for text, positive in zip(windows, is_positive.tolist(), strict=True)
        for window in text
        if not positive or len(text) == 1
    ]
    vocabulary = _vocabulary(windows, sources)
    model: Pipeline = make_pipeline(
        CountVectorizer(analyzer=extract_features, binary=True, vocabulary=vocabulary),
        LogisticRegression(C=_INVERSE_L2, class_weight="balanced", max_iter=1000),
    )
    model.fit([window for window, _ in samples], [positive for _, positive in samples])
    return model


def _vocabulary(windows: Sequence[_Windows], sources: Sequence[str]) -> list[str]:
    """Return the features that at least two writers use."""
    writers: defaultdict[str, set[str]] = defaultdict(set)
    for text, source in zip(windows, sources, strict=True):
        for window in text:
            for feature in extract_features(window):
                writers[feature].add(source)
    return sorted(feature for feature, who in writers.items() if len(who) >= _MIN_WRITERS)
