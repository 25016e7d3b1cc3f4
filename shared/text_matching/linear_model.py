"""Linear text model: a weighted sum of features classifies a text as a whole.

Weights and sums are whole numbers, so that a score is exact and the same on every machine.
"""

import gzip
import json
import zlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from heapq import nlargest
from itertools import pairwise
from struct import Struct
from types import MappingProxyType
from typing import Literal, NamedTuple, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.text_matching.negation_lexicon import DENYING

_PREFIX_LETTERS = 5
_NEGATION_REACH = 3  # words after a negation
_EVIDENCE_WORDS = 4
EVIDENCE_GAP = " … "  # placeholder in evidence for the words between two of its words
_FIELDS = Struct("<II")  # score and count
_BITS = 32  # of each field
_ZERO = (1 << (_BITS - 1)) - 1  # stands for a score of 0
_NUMBERS = ("@1", "@2", "@3")  # of conditions; more count as three
_MAX_DOUBLINGS = 12  # longer texts count as 2,048 words


@dataclass(frozen=True, slots=True)
class FeatureWeights:
    """Weights of one label in one language.

    Attributes:
        bias: Score of a text without known features; a text with a score above 0 has the label.
        weights: By feature, counted once per text: a word, two successive words, a prefix of
            five letters (``overf*``), or a fact about the text. ``!word`` is a word up to three
            words after a negation.
        levels: By a share of random reports, in thousandths: the score that only so many exceed.
    """

    bias: int
    weights: Mapping[str, int]
    levels: Mapping[int, int] = field(default_factory=lambda: MappingProxyType({}))


class LabelScore(NamedTuple):
    """The score of a text for a label, positive if it has it, and its number of known features."""

    label: str
    language: str
    points: int
    known: int


class LinearModel:
    """Scores texts for several labels in several languages in one pass.

    The scores and feature counts of all labels are bit fields of one integer, so that one sum
    adds them all up.
    """

    def __init__(self, weights: Iterable[tuple[str, str, FeatureWeights]]) -> None:
        self._weights = tuple(weights)
        packed: defaultdict[str, int] = defaultdict(int)
        for number, (_, _, one) in enumerate(self._weights):
            for feature, weight in one.weights.items():
                packed[feature] += _packed(number, weight, is_word(feature))
        self._packed = dict(packed)
        self._bias = sum(
            _packed(number, one.bias + _ZERO, 0) for number, (_, _, one) in enumerate(self._weights)
        )

    def score(self, words: Sequence[str], facts: Sequence[str] = ()) -> "TextScore":
        """Score a text; ``facts`` are further features, see ``condition_facts``."""
        features = extract_features(words)
        features.update(facts)
        packed = self._packed
        total = sum(filter(None, map(packed.get, features)), self._bias)
        return TextScore(self._weights, words, facts, total)


class TextScore(NamedTuple):
    """The scores of a text; ``total`` is the packed sum of all scores and counts."""

    weights: Sequence[tuple[str, str, FeatureWeights]]
    words: Sequence[str]
    facts: Sequence[str]
    total: int

    def labels(self) -> Collection[LabelScore]:
        """Return each label's score in the language of which the text has the most known words."""
        best: dict[str, LabelScore] = {}
        fields = _unpacked(self.total, len(self.weights))
        for (label, language, _), (points, known) in zip(self.weights, fields, strict=True):
            if label not in best or known > best[label].known:
                best[label] = LabelScore(label, language, points - _ZERO, known)
        return best.values()

    def evidence(self, found: LabelScore) -> str:
        """Return the words with the largest weights for a label."""
        return _evidence(self.words, self._weights_of(found))

    def contributions(self, found: LabelScore) -> list[tuple[str, int]]:
        """Return every feature that has a weight for a label, the largest weight first."""
        weights = self._weights_of(found)
        features = extract_features(self.words).union(self.facts)
        known = [(feature, weights[feature]) for feature in features if feature in weights]
        return sorted(known, key=lambda item: (-abs(item[1]), item[0]))

    def _weights_of(self, found: LabelScore) -> Mapping[str, int]:
        return next(
            one.weights
            for label, language, one in self.weights
            if label == found.label and language == found.language
        )


def extract_features(words: Sequence[str]) -> set[str]:
    """Return the features of a folded text's words and of their number."""
    marked = words if DENYING.isdisjoint(words) else _mark_negated(words)
    features = set(marked)
    features.update(
        [f"{word[:_PREFIX_LETTERS]}*" for word in marked if len(word) > _PREFIX_LETTERS]
    )
    features.update(map(" ".join, pairwise(words)))
    features.update(_LENGTHS[min(len(words).bit_length(), _MAX_DOUBLINGS)])
    return features


def condition_facts(affirmed: Iterable[str], denied: Iterable[str]) -> list[str]:
    """Return the features of the conditions that a text affirms and denies, and of their number."""
    stated = [f"@{code}" for code in affirmed]
    return [*stated, *[f"@!{code}" for code in denied], *_NUMBERS[: len(stated)]]


def is_word(feature: str) -> bool:
    """Return True for a feature of the text's words, which identify its language."""
    return not feature.startswith(("@", "#"))


# Features of a number of words: `#8` for eight words or more.
_LENGTHS = tuple(
    tuple(f"#{1 << doubling}" for doubling in range(most)) for most in range(_MAX_DOUBLINGS + 1)
)


def _mark_negated(words: Sequence[str]) -> list[str]:
    """Return the words, each with a ``!`` before it up to three words after a negation."""
    marked, reach = [], 0
    for word in words:
        marked.append(f"!{word}" if reach > 0 else word)
        reach = _NEGATION_REACH if word in DENYING else reach - 1
    return marked


def _packed(number: int, score: int, count: int) -> int:
    return (score + (count << _BITS)) << (2 * _BITS * number)


def _unpacked(total: int, count: int) -> Iterator[tuple[int, int]]:
    """Return score, still above ``_ZERO``, and count of each label and language."""
    return _FIELDS.iter_unpack(total.to_bytes(count * _FIELDS.size, "little"))


def _evidence(words: Sequence[str], weights: Mapping[str, int]) -> str:
    """Return the words with the largest weights in their order, neighbours joined."""
    by_word = [
        weights.get(word, 0) + weights.get(f"{word[:_PREFIX_LETTERS]}*", 0)
        if len(word) > _PREFIX_LETTERS
        else weights.get(word, 0)
        for word in _mark_negated(words)
    ]
    for i, pair in enumerate(map(" ".join, pairwise(words))):
        if of_pair := weights.get(pair):
            by_word[i] += of_pair
            by_word[i + 1] += of_pair
    first = {word: i for i, word in reversed(list(enumerate(words)))}.values()
    top = nlargest(_EVIDENCE_WORDS, [i for i in first if by_word[i] > 0], key=by_word.__getitem__)
    return EVIDENCE_GAP.join(" ".join(words[i] for i in run) for run in _runs(sorted(top)))


def _runs(numbers: Sequence[int]) -> list[list[int]]:
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][-1] + 1 == number:
            runs[-1].append(number)
        else:
            runs.append([number])
    return runs


_FORMAT = 2
_GZIP = b"\x1f\x8b"
_VERSION_DIGITS = 12

# Weights by label and language.
WeightsByLanguage: TypeAlias = Mapping[str, Mapping[str, FeatureWeights]]


class ModelFigures(BaseModel):
    """Cross-validated performance on real reports, as fractions from 0 to 1.

    Attributes:
        recall: Texts with the label that are found.
        false_alarms: Routine reports of a random sample that are found.
    """

    model_config = ConfigDict(frozen=True)

    recall: float
    false_alarms: float


class _Weights(BaseModel):
    model_config = ConfigDict(extra="forbid")

    bias: int
    levels: dict[int, int] = Field(default_factory=dict)
    figures: ModelFigures | None = None
    weights: dict[str, int] = Field(min_length=1)


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    format: Literal[2]
    texts: int = 0
    labels: dict[str, dict[str, _Weights]]


@dataclass(frozen=True, eq=False)
class TextModel:
    """A trained text model; ``version`` begins the SHA-256 of its uncompressed JSON."""

    version: str
    weights: WeightsByLanguage

    @cached_property
    def linear(self) -> LinearModel:
        """The model that scores texts, built on first use."""
        return LinearModel(
            (label, language, weights)
            for label, by_language in self.weights.items()
            for language, weights in by_language.items()
        )


NO_MODEL = TextModel("", {})


def decode_model(data: bytes) -> TextModel:
    """Parse a model file; ValueError names the first invalid field."""
    try:
        text = gzip.decompress(data) if data.startswith(_GZIP) else data
        file = _File.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(map(str, first["loc"]))
        raise ValueError(f"{field}: {first['msg']}" if field else first["msg"]) from None
    except (OSError, EOFError, zlib.error):
        raise ValueError("this is no file compressed with gzip") from None
    weights = {
        label: {
            language: FeatureWeights(one.bias, one.weights, one.levels)
            for language, one in by_language.items()
        }
        for label, by_language in file.labels.items()
    }
    return TextModel(sha256(text).hexdigest()[:_VERSION_DIGITS], weights)


def _rounded(figures: ModelFigures) -> dict[str, float]:
    return {name: round(value, 3) for name, value in figures.model_dump().items()}


def encode_model(
    weights: WeightsByLanguage, figures: Mapping[str, Mapping[str, ModelFigures]], texts: int
) -> bytes:
    """Return the compressed file of a model; the same model gives the same bytes."""
    labels = {
        label: {
            language: {
                "bias": one.bias,
                "levels": dict(sorted(one.levels.items())),
                "figures": _rounded(figures[label][language]),
                "weights": dict(sorted(one.weights.items())),
            }
            for language, one in by_language.items()
        }
        for label, by_language in weights.items()
    }
    file = {"format": _FORMAT, "texts": texts, "labels": labels}
    text = json.dumps(file, ensure_ascii=False, separators=(",", ":"))
    return gzip.compress(text.encode(), mtime=0)
