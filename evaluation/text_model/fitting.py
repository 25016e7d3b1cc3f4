"""Points of words, so that their sum tells one sort of texts from all others."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import Pipeline, make_pipeline

from evaluation.text_model.fitted import Fitted
from evaluation.text_model.texts import LabelledText
from shared.text_matching import FeatureWeights, features_in, fold, parts

_POINTS_PER_LOGIT = 10  # ten points make it e times as likely
_WRITERS = 2  # who use a word, before it counts
_TRUST = 0.5  # inverse of the L2 penalty: more would trust rare words, as names of streets are
_FOLDS = 10
_SAYS_NOTHING = -1  # points of a text without a known word, at most
_SPOKEN_AGAINST = 0.005  # share of the texts meant
_QUIET = frozenset({"routine", "harmless"})

_Parts: TypeAlias = Sequence[Sequence[str]]
"""The words of each part of a text."""


def fit(texts: Sequence[LabelledText], meant: Collection[str], at_most: float) -> Fitted:
    """Return hints at texts of some labels.

    Args:
        texts: Of one language, of three sources at least.
        meant: The labels.
        at_most: Share of routine and harmless texts of unknown writers that may be taken for it;
            of long ones, which say more, it will be more.
    """
    read = [parts(fold(text.text).split()) for text in texts]
    sources = [text.source for text in texts]
    is_meant = np.array([text.label in meant for text in texts])
    is_quiet = np.array([text.label in _QUIET for text in texts])
    is_short = np.array([len(text) == 1 for text in read])
    scores = _unseen(read, is_meant, sources)
    least = float(np.quantile(scores[is_quiet & is_short], 1 - at_most))
    against = float(np.quantile(scores[is_meant], _SPOKEN_AGAINST))
    words, rule = _learnt(read, is_meant, sources).named_steps.values()
    points = np.rint(rule.coef_[0] * _POINTS_PER_LOGIT).astype(int)
    named = zip(words.get_feature_names_out(), points.tolist(), strict=True)
    return Fitted(
        FeatureWeights(
            min(_SAYS_NOTHING, round((rule.intercept_[0] - least) * _POINTS_PER_LOGIT)),
            {str(hint): each for hint, each in named if each},
            min(_SAYS_NOTHING, round((against - least) * _POINTS_PER_LOGIT)),
        ),
        float(np.mean(scores[is_meant] > least)),
        float(np.mean(scores[is_quiet] > least)),
    )


def _unseen(
    read: Sequence[_Parts], is_meant: NDArray[np.bool_], sources: Sequence[str]
) -> NDArray[np.float64]:
    """Return each text's score by what the texts of other sources teach."""
    scores = np.zeros(len(read))
    folds = GroupKFold(min(_FOLDS, len(set(sources))))
    for known, unknown in folds.split(read, groups=sources):
        model = _learnt([read[i] for i in known], is_meant[known], [sources[i] for i in known])
        for i in unknown:
            scores[i] = max(model.decision_function(read[i]))
    return scores


def _learnt(
    read: Sequence[_Parts], is_meant: NDArray[np.bool_], sources: Sequence[str]
) -> Pipeline:
    """Return what the texts teach.

    Of a long text that is meant nobody knows in which part it says so; of any other text every
    part says nothing of the sort.
    """
    samples = [
        (part, meant)
        for text, meant in zip(read, is_meant.tolist(), strict=True)
        for part in text
        if not meant or len(text) == 1
    ]
    model: Pipeline = make_pipeline(
        CountVectorizer(analyzer=features_in, binary=True, vocabulary=_known(read, sources)),
        LogisticRegression(C=_TRUST, class_weight="balanced", max_iter=1000),
    )
    model.fit([part for part, _ in samples], [meant for _, meant in samples])
    return model


def _known(read: Sequence[_Parts], sources: Sequence[str]) -> list[str]:
    """Return the hints that more than one writer has."""
    writers: defaultdict[str, set[str]] = defaultdict(set)
    for text, source in zip(read, sources, strict=True):
        for part in text:
            for hint in features_in(part):
                writers[hint].add(source)
    return sorted(hint for hint, who in writers.items() if len(who) >= _WRITERS)
