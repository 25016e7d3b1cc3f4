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
from itertools import pairwise
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
_RANKED_KINDS = 10
_NEXT_CLASS = 10  # points that a class may be behind the likeliest one and still be named

Weights: TypeAlias = NDArray[np.int8]  # a row for each feature, a column for each head
Sums: TypeAlias = NDArray[np.int64]
Rows: TypeAlias = NDArray[np.intp]

_BEFORE_ROWS = np.array([-1], np.intp)


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
    def known(self) -> NDArray[np.int8]:
        """For each feature 1 where it is a word, and where it is one with a weight for a language.

        The columns after the first are those of the languages.
        """
        are_words = np.array([is_word(one) for one in self.features], np.bool_)[:, np.newaxis]
        have_weight = self.weights[:, self.weights.shape[1] - len(self.heads.languages) :] != 0
        return np.hstack([are_words, are_words & have_weight]).astype(np.int8)

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
        of_text = self._rows_of([*joint_features(words), *facts])
        rows = np.concatenate([_BEFORE_ROWS, of_text, *of_words])
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
        self._weights = model.weights.take(rows, axis=0)
        sums = np.add.reduce(self._weights, axis=0, dtype=np.int32)
        self._sums = sums.astype(np.float32)  # whole numbers, exact up to 2**24
        self._length = max(len(rows), 1) ** 0.5
        known = np.add.reduce(model.known.take(rows, axis=0), axis=0, dtype=np.intp).tolist()
        self.known_words: int = known[0]
        self.urgency = self._urgency(known[1:])

    def _urgency(self, known: Sequence[int]) -> UrgencyScore | None:
        languages = self._model.heads.languages
        if not languages:
            return None
        start = len(self._sums) - len(languages)
        points = map(int, (self._model.biases[start:] + self._sums[start:]).tolist())
        return max(map(UrgencyScore, languages, points, known), key=lambda score: score.known)

    def kinds(self, most: int) -> list[KindProbability]:
        """Return the likeliest kinds, the likeliest first, at most ten."""
        return self._ranked[:most]

    @cached_property
    def _ranked(self) -> list[KindProbability]:
        heads = self._model.heads
        if not heads.kinds:
            return []
        logits = self._sums[: len(heads.kinds)] * (heads.kind_scale / self._length)
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
        heads = self._model.heads
        start, end = len(heads.kinds), len(heads.kinds) + len(heads.dangers)
        end += bool(heads.to_life)
        points = (self._model.biases[start:end] + self._sums[start:end] / self._length).tolist()
        of_class = dict(zip(heads.dangers, points, strict=False))
        if heads.to_life:
            points[-1] += self._life_points
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
        return int(self._model.biases[column] + self._sums[column] / length + added)

    @property
    def _life_points(self) -> int:
        language = self.urgency.language if self.urgency else ""
        return self._model.heads.life_points.get(language, 0)

    def evidence(self, head: str) -> str:
        """Return the words with the largest weights for a head, neighbours joined."""
        return _evidence(self._words, self._weights_for(head))

    def contributions(self, head: str) -> list[tuple[str, int]]:
        """Return every feature that has a weight for a head, the largest weight first."""
        weights = self._weights_for(head).items()
        return sorted(weights, key=lambda item: (-abs(item[1]), item[0]))

    def _weights_for(self, head: str) -> dict[str, int]:
        weights = self._weights[:, self._model.column(head)]
        [places] = weights.nonzero()
        features = map(self._model.features.__getitem__, self._rows[places].tolist())
        return dict(zip(features, weights[places].tolist(), strict=True))


def _evidence(words: Sequence[str], weights: Mapping[str, int]) -> str:
    """Return the words with the largest weights in their order, neighbours joined."""
    by_word = [
        weights.get(word, 0) + weights.get(prefix_of(word), 0) for word in mark_negated(words)
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
