"""Text model: linear scores of a text as a whole, for its kind, its dangers and its urgency.

Every feature has a weight for each head: a kind, a class of danger, or urgency in a language.
Weights are whole numbers, so that sums are exact and the same on every machine. Import this only
where texts are read: NumPy takes 30 MB.
"""

import io
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from heapq import nlargest
from itertools import pairwise, repeat
from operator import add, attrgetter
from typing import TypeAlias
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.text_matching.features import (
    is_word,
    joint_features,
    mark_negated,
    prefix_of,
    word_features,
)
from shared.text_matching.scores import EVIDENCE_GAP, KindProbability, UrgencyScore, urgency_head

# The head that decides for all classes of `ModelHeads.to_life` whether the text has one.
LIFE_DANGER = "life_danger"

_CACHED_WORDS = 20_000
_EVIDENCE_WORDS = 4
_RANKED_KINDS = 6
_NEXT_CLASS = 10  # points that a class may be behind the likeliest one and still be named

Weights: TypeAlias = NDArray[np.int8]  # a row for each feature, a column for each head
Sums: TypeAlias = NDArray[np.int64]
Rows: TypeAlias = NDArray[np.intp]

_UNKNOWN = -1  # row of an unknown feature
_KNOWN = attrgetter("known")


class ModelHeads(BaseModel):
    """The heads of a model, in the order of its columns: kinds, dangers, urgency by language.

    Attributes:
        dangers: Classes of danger. A text with a positive score has the danger.
        to_life: Of these, the classes that are dangers to life. ``LIFE_DANGER`` decides whether a
            text has one, and has a column after theirs; their own scores decide which it is.
        life_points: By language, points that are added to ``LIFE_DANGER``.
        own_points: By class of ``to_life`` that also decides by itself: points that are added to
            its own score then.
        languages: Languages with a head for urgency; a text with a positive score is urgent.
        kind_scale: Factor from points to logits of a kind. It is for a text with one known feature,
            as are the points of kinds and dangers: they fall with the square root of their number.
        levels: By language and share of random reports, in thousandths: the score of urgency that
            only so many exceed.
        texts: Number of texts that it was trained on.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kinds: tuple[str, ...] = ()
    dangers: tuple[str, ...] = ()
    to_life: tuple[str, ...] = ()
    life_points: Mapping[str, int] = Field(default_factory=dict)
    own_points: Mapping[str, int] = Field(default_factory=dict)
    languages: tuple[str, ...] = ()
    kind_scale: float = 1.0
    levels: Mapping[str, Mapping[int, int]] = Field(default_factory=dict)
    texts: int = 0


@dataclass(frozen=True, eq=False)
class TextModel:
    """A text model; ``biases`` are the scores of a text without known features."""

    heads: ModelHeads
    features: tuple[str, ...]
    weights: Weights
    biases: Sums

    @cached_property
    def rows(self) -> Mapping[str, int]:
        """The row of each feature."""
        return {feature: row for row, feature in enumerate(self.features)}

    @cached_property
    def narrow(self) -> NDArray[np.int32]:
        """The columns that every text needs, apart from those of the many kinds.

        They are the weights for dangers and languages, then 1 where a feature is a word, and for
        each language 1 where it is one with a weight.
        """
        weights = self.weights[:, len(self.heads.kinds) :]
        are_words = np.array([is_word(one) for one in self.features], np.bool_)[:, np.newaxis]
        have_weight = weights[:, weights.shape[1] - len(self.heads.languages) :] != 0
        return np.hstack([weights, are_words, are_words & have_weight]).astype(np.int32)

    @cached_property
    def narrow_biases(self) -> Sequence[int]:
        """The biases of the dangers and languages, in the order of ``narrow``."""
        return [*map(int, self.biases[len(self.heads.kinds) :])]

    @cached_property
    def most_own_points(self) -> int:
        """The most points that a class of danger has by itself."""
        return max(self.heads.own_points.values(), default=0)

    @cached_property
    def _columns(self) -> Mapping[str, int]:
        return {name: column for column, name in enumerate(self.names)}

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all heads, in the order of the columns; urgency by ``urgent:en``."""
        heads = self.heads
        life = (LIFE_DANGER,) if heads.to_life else ()
        return (*heads.kinds, *heads.dangers, *life, *map(urgency_head, heads.languages))

    def score(self, words: Sequence[str], facts: Iterable[str] = ()) -> "TextScore":
        """Score the folded words of a text; ``facts`` are further features."""
        of_words = map(self._rows_of_words.__getitem__, {*mark_negated(words)})
        of_text = map(self.rows.get, [*joint_features(words), *facts], repeat(_UNKNOWN))
        rows = np.concatenate([np.array([_UNKNOWN, *of_text], np.intp), *of_words])
        rows.sort()  # small arrays one after another: faster than a set of so many
        return TextScore(self, words, rows[1:].compress(rows[1:] != rows[:-1]))

    def _rows_of(self, features: Iterable[str]) -> Rows:
        return np.array([row for row in map(self.rows.get, features) if row is not None], np.intp)

    @cached_property
    def _rows_of_words(self) -> Mapping[str, Rows]:
        return _RowsOfWords(self._rows_of)

    def typical_words(self, kind: str, least: int) -> Iterator[str]:
        """Yield the words, and beginnings of words, that have so many points for a kind."""
        if kind in self.heads.kinds:
            rows = np.flatnonzero(self.weights[:, self.column(kind)] >= least)
            words = (self.features[row].removesuffix("*") for row in rows.tolist())
            yield from filter(str.isalpha, words)

    def column(self, head: str) -> int:
        """Return the column of a head; KeyError for an unknown name."""
        return self._columns[head]


class _RowsOfWords(dict[str, Rows]):
    """The rows of a word's features by the word, looked up once: most words are common ones."""

    def __init__(self, rows_of: Callable[[Iterable[str]], Rows]) -> None:
        super().__init__()
        self._rows_of = rows_of

    def __missing__(self, marked: str) -> Rows:
        if len(self) >= _CACHED_WORDS:
            self.clear()
        self[marked] = rows = self._rows_of(word_features(marked))
        return rows


class TextScore:
    """The scores of one text.

    Attributes:
        known_words: Number of known features that are words or pairs of words.
        urgency: The urgency in the language of which most features are known.
    """

    def __init__(self, model: TextModel, words: Sequence[str], rows: Rows) -> None:
        self._model, self._words, self._rows = model, words, rows
        self._length = max(len(rows), 1) ** 0.5
        sums = np.add.reduce(model.narrow.take(rows, axis=0), axis=0).tolist()
        heads, languages = len(model.narrow_biases), model.heads.languages
        dangers = heads - len(languages)
        self._dangers = sums[:dangers]
        self.known_words, *known = sums[heads:]
        points = map(add, model.narrow_biases[dangers:], sums[dangers:])
        scores = map(UrgencyScore, languages, points, known)
        self.urgency = max(scores, key=_KNOWN, default=None)

    @cached_property
    def _weights(self) -> Weights:
        return self._model.weights.take(self._rows, axis=0)

    def kinds(self, most: int) -> list[KindProbability]:
        """Return the likeliest kinds, the likeliest first, at most six."""
        return self._ranked[:most]

    @cached_property
    def _ranked(self) -> list[KindProbability]:
        heads = self._model.heads
        if not heads.kinds:
            return []
        sums = np.add.reduce(self._weights[:, : len(heads.kinds)], axis=0, dtype=np.int32)
        logits = sums.astype(np.float32) * (heads.kind_scale / self._length)
        odds = np.exp(logits - np.maximum.reduce(logits))
        first = (-odds).argsort(kind="stable")[:_RANKED_KINDS]
        shares = (odds.take(first) / np.add.reduce(odds)).tolist()
        return [
            KindProbability(heads.kinds[i], round(p, 3))
            for i, p in zip(first.tolist(), shares, strict=True)
        ]

    def dangers(self) -> Mapping[str, int]:
        """Return the classes of danger that the text has, with their points.

        Of a danger to life the likeliest class has it, and those that are nearly as likely; their
        points are those of ``LIFE_DANGER``, or their own where those are more.
        """
        heads, length = self._model.heads, self._length
        points = [
            bias + of_text / length
            for bias, of_text in zip(self._model.narrow_biases, self._dangers, strict=False)
        ]
        if heads.to_life:
            points[-1] += self._life_points
        if max(points, default=0) + self._model.most_own_points < 1:
            return {}
        of_class = dict(zip(heads.dangers, points, strict=False))
        if heads.to_life:
            least = max(of_class[name] for name in heads.to_life) - _NEXT_CLASS
            own = {name: of_class[name] + added for name, added in heads.own_points.items()}
            of_class |= {
                name: points[-1] if of_class[name] >= least else 0 for name in heads.to_life
            }
            of_class |= {name: max(score, of_class[name]) for name, score in own.items()}
        return {name: int(score) for name, score in of_class.items() if score >= 1}

    def deciding_head(self, danger: str) -> str:
        """Return the head that decides whether the text has a class of danger."""
        heads = self._model.heads
        if danger not in heads.to_life:
            return danger
        is_own = danger in heads.own_points and self.points(danger) > self.points(LIFE_DANGER)
        return danger if is_own else LIFE_DANGER

    def points(self, head: str) -> int:
        """Return the score of a head; that of a danger is relative to the text's length."""
        heads, column = self._model.heads, self._model.column(head)
        is_danger = head == LIFE_DANGER or head in heads.dangers
        length = self._length if is_danger else 1.0
        added = self._life_points if head == LIFE_DANGER else heads.own_points.get(head, 0)
        of_text = np.add.reduce(self._weights[:, column], dtype=np.int64)
        return int(self._model.biases[column] + of_text / length + added)

    @property
    def _life_points(self) -> int:
        language = self.urgency.language if self.urgency else ""
        return self._model.heads.life_points.get(language, 0)

    def evidence(self, head: str) -> str:
        """Return the words with the largest weights for a head, neighbours joined."""
        words, rows = self._words, self._rows_in_order
        weights = self._model.weights[rows, self._model.column(head)]
        in_order = np.where(rows == _UNKNOWN, 0, weights).tolist()
        by_word = [*map(add, in_order, in_order[len(words) :])]
        for i, of_pair in enumerate(in_order[2 * len(words) :]):
            by_word[i] += of_pair
            by_word[i + 1] += of_pair
        return _evidence(words, by_word[: len(words)])

    @cached_property
    def _rows_in_order(self) -> Rows:
        """The rows of the words, of their beginnings, and of the pairs, each in their order."""
        marked = mark_negated(self._words)
        pairs = map(" ".join, pairwise(self._words))
        features = [*marked, *map(prefix_of, marked), *pairs]
        return np.array([*map(self._model.rows.get, features, repeat(_UNKNOWN))], np.intp)

    def contributions(self, head: str) -> list[tuple[str, int]]:
        """Return every feature that has a weight for a head, the largest weight first."""
        weights = self._weights[:, self._model.column(head)]
        [places] = weights.nonzero()
        features = map(self._model.features.__getitem__, self._rows[places].tolist())
        of_features = zip(features, weights[places].tolist(), strict=True)
        return sorted(of_features, key=lambda item: (-abs(item[1]), item[0]))


def _evidence(words: Sequence[str], weights: Sequence[int]) -> str:
    """Return the words with the largest weights in their order, neighbours joined."""
    first = {word: i for i, word in reversed(list(enumerate(words)))}.values()
    top = nlargest(_EVIDENCE_WORDS, [i for i in first if weights[i] > 0], key=weights.__getitem__)
    return EVIDENCE_GAP.join(" ".join(words[i] for i in run) for run in _runs(sorted(top)))


def _runs(numbers: Sequence[int]) -> list[list[int]]:
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][-1] + 1 == number:
            runs[-1].append(number)
        else:
            runs.append([number])
    return runs


@lru_cache(maxsize=4)
def decode_model(data: bytes) -> TextModel:
    """Read a model file; ValueError names what is wrong with it. Without data it has no heads."""
    if not data:
        return TextModel(ModelHeads(), (), np.zeros((0, 0), np.int8), np.zeros(0, np.int64))
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            model = TextModel(
                ModelHeads.model_validate_json(file["heads"].tobytes()),
                tuple(file["features"].tobytes().decode().splitlines()),
                file["weights"],
                file["biases"],
            )
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = ".".join(map(str, ("heads", *first["loc"])))
        raise ValueError(f"{name}: {first['msg']}") from None
    except (OSError, EOFError, KeyError, ValueError, BadZipFile, zlib.error) as error:
        raise ValueError(f"this is no model file: {error}") from None
    if model.weights.shape != (len(model.features), len(model.names)):
        raise ValueError("weights: their shape is not that of features and heads")
    return model


def encode_model(model: TextModel) -> bytes:
    """Return the file of a model, NumPy's compressed archive; equal models give equal bytes."""
    file = io.BytesIO()
    np.savez_compressed(
        file,
        heads=np.frombuffer(model.heads.model_dump_json().encode(), np.uint8),
        features=np.frombuffer("\n".join(model.features).encode(), np.uint8),
        weights=model.weights,
        biases=model.biases,
    )
    return file.getvalue()
