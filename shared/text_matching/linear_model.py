"""Linear text model: a weighted sum of features decides what a text as a whole is about.

Each feature proves nothing by itself. Weights and sums are whole numbers, so that a score is
exact and the same on every machine.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import nlargest
from itertools import pairwise

from shared.text_matching.negation_lexicon import DENYING

_PREFIX_LETTERS = 5
_NEGATION_REACH = 3  # words after a negation
_EVIDENCE_WORDS = 4
_WINDOW = 30  # words
_BITS = 32  # of a score field, and of a count field
_FIELD = (1 << _BITS) - 1
_ZERO = (1 << (_BITS - 1)) - 1  # stands for a score of 0; one more sets the field's top bit


@dataclass(frozen=True, slots=True)
class FeatureWeights:
    """Weights of one label in one language.

    Attributes:
        bias: Score of a text without known features; a text with a score above 0 has the label.
        weights: By feature, counted once per text: a word, two successive words, or a prefix of
            five letters (``overf*``). ``!word`` is a word up to three words after a negation.
        denied_below: Score below which a text denies the label; None for never.
    """

    bias: int
    weights: Mapping[str, int]
    denied_below: int | None = None


class LinearModel:
    """Scores texts for several labels in several languages in one pass.

    The scores and feature counts of all labels are bit fields of one integer, so that one sum
    adds them all up.
    """

    def __init__(self, weights: Iterable[tuple[str, FeatureWeights]]) -> None:
        """Take pairs of label and weights; a label may have weights in several languages."""
        self._weights = tuple(weights)
        packed: defaultdict[str, int] = defaultdict(int)
        for number, (_, one) in enumerate(self._weights):
            for feature, weight in one.weights.items():
                packed[feature] += _packed(number, weight, 1)
        self._packed = dict(packed)
        fields = [_packed(n, one.bias + _ZERO, 0) for n, (_, one) in enumerate(self._weights)]
        self._bias = sum(fields)
        self._top_bits = sum(_packed(n, _ZERO + 1, 0) for n in range(len(self._weights)))

    def score(self, folded: str) -> "TextScore":
        """Score a folded text, window by window when it is long."""
        packed, bias = self._packed, self._bias
        return TextScore(
            self._weights,
            self._top_bits,
            [
                (words, sum([packed[f] for f in extract_features(words) if f in packed], bias))
                for words in split_text(folded.split())
            ],
        )


@dataclass(frozen=True, slots=True)
class TextScore:
    """The scores of a text.

    Attributes:
        weights: Labels with their weights, once per language.
        top_bits: Mask of the bits that are set in the sum when a label's score is above 0.
        windows: Words and packed sum of each window.
    """

    weights: Sequence[tuple[str, FeatureWeights]]
    top_bits: int
    windows: Sequence[tuple[Sequence[str], int]]

    def stated(self) -> dict[str, str]:
        """Return the labels of all windows, each with the words of the largest weights."""
        found = {}
        for words, total in self.windows:
            if total & self.top_bits:
                for number, (label, one) in enumerate(self.weights):
                    if _score(total, number) > 0:
                        found[label] = _evidence(words, one.weights)
        return found

    def denied(self) -> frozenset[str]:
        """Return the labels that every window denies.

        A window is judged in the language of which it has the most known features.
        """
        return frozenset.intersection(*(self._denied(total) for _, total in self.windows))

    def _denied(self, total: int) -> frozenset[str]:
        best: dict[str, tuple[int, bool]] = {}
        for number, (label, one) in enumerate(self.weights):
            below = one.denied_below is not None and _score(total, number) < one.denied_below
            best[label] = max(best.get(label, (-1, False)), (_count(total, number), below))
        return frozenset(label for label, (_, below) in best.items() if below)


def split_text(words: Sequence[str]) -> list[Sequence[str]]:
    """Return the windows of a text: 30 words each, overlapping by half.

    A clause about a danger in a long text would be lost among all its other words.
    """
    if len(words) <= _WINDOW:
        return [words]
    return [words[i : i + _WINDOW] for i in range(0, len(words) - _WINDOW // 2, _WINDOW // 2)]


def extract_features(words: Sequence[str]) -> set[str]:
    """Return all features of a folded text."""
    marked = words if DENYING.isdisjoint(words) else _mark_negated(words)
    features = set(marked)
    features.update(
        [f"{word[:_PREFIX_LETTERS]}*" for word in marked if len(word) > _PREFIX_LETTERS]
    )
    features.update([f"{word} {after}" for word, after in pairwise(words)])
    return features


def _mark_negated(words: Sequence[str]) -> list[str]:
    """Return the words, each with a ``!`` before it up to three words after a negation."""
    marked, reach = [], 0
    for word in words:
        marked.append(f"!{word}" if reach > 0 else word)
        reach = _NEGATION_REACH if word in DENYING else reach - 1
    return marked


def _packed(number: int, score: int, count: int) -> int:
    return (score + (count << _BITS)) << (2 * _BITS * number)


def _score(total: int, number: int) -> int:
    return (total >> (2 * _BITS * number) & _FIELD) - _ZERO


def _count(total: int, number: int) -> int:
    return total >> (2 * _BITS * number + _BITS) & _FIELD


def _evidence(words: Sequence[str], weights: Mapping[str, int]) -> str:
    """Return the words with the largest weights in their order, neighbours joined."""
    by_word = [
        sum(weights.get(feature, 0) for feature in extract_features([word]))
        for word in _mark_negated(words)
    ]
    for i, pair in enumerate(pairwise(words)):
        of_pair = weights.get(" ".join(pair), 0)
        by_word[i] += of_pair
        by_word[i + 1] += of_pair
    first = {word: i for i, word in reversed(list(enumerate(words)))}.values()
    top = nlargest(_EVIDENCE_WORDS, (i for i in first if by_word[i] > 0), key=by_word.__getitem__)
    return " … ".join(" ".join(words[i] for i in run) for run in _runs(sorted(top)))


def _runs(numbers: Sequence[int]) -> list[list[int]]:
    """Return ascending numbers in runs of successive ones."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][-1] + 1 == number:
            runs[-1].append(number)
        else:
            runs.append([number])
    return runs
