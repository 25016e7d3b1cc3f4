"""What the words of a text say together: each proves nothing alone, and their points add up."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import nlargest
from itertools import pairwise

from shared.text_matching.negation_lexicon import DENYING

_BEGINNING = 5  # letters by which the forms of one word are known
_REACH = 3  # words after a "no"
_SHOWN = 4
_PART = 30  # words
_BITS = 32  # of a sum of points, and of a count
_FIELD = (1 << _BITS) - 1
_NOTHING = (1 << (_BITS - 1)) - 1  # stands for no points; one more sets the top bit of a sum


@dataclass(frozen=True, slots=True)
class FeatureWeights:
    """Words of one language that hint at one thing.

    Attributes:
        start: Points of a text before any word is read; with all that it says it needs more than 0.
        points: Of a word, of two words that follow each other, and of all words that begin alike
            (``overf*``); each counts once in a text. ``!word`` stands a few words after a "no".
        against: With fewer points a text in the language says that it is not so; None for never.
    """

    start: int
    points: Mapping[str, int]
    against: int | None = None


class LinearModel:
    """Hints at several things, in several languages, found in one look.

    Points and counts for all of them are fields of one number, so that one sum adds them all up.
    """

    def __init__(self, hints: Iterable[tuple[str, FeatureWeights]]) -> None:
        """Index pairs of what is hinted at and hints; one thing may have some in each language."""
        self._hints = tuple(hints)
        packed: defaultdict[str, int] = defaultdict(int)
        for number, (_, known) in enumerate(self._hints):
            for hint, points in known.points.items():
                packed[hint] += _packed(number, points, 1)
        self._packed = dict(packed)
        fields = [_packed(n, h.start + _NOTHING, 0) for n, (_, h) in enumerate(self._hints)]
        self._start = sum(fields)
        self._tops = sum(_packed(n, _NOTHING + 1, 0) for n in range(len(self._hints)))

    def score(self, folded: str) -> "TextScore":
        """Return a folded text with the sum of its hints, part by part when it is long."""
        packed, start = self._packed, self._start
        return TextScore(
            self._hints,
            self._tops,
            [
                (words, sum([packed[hint] for hint in features_in(words) if hint in packed], start))
                for words in parts(folded.split())
            ],
        )


@dataclass(frozen=True, slots=True)
class TextScore:
    """A text and what its words say together.

    Attributes:
        tops: Where the sum of a part has a bit that is set when something is hinted at.
        parts: The words of each part, and their sum.
    """

    hints: Sequence[tuple[str, FeatureWeights]]
    tops: int
    parts: Sequence[tuple[Sequence[str], int]]

    def stated(self) -> dict[str, str]:
        """Return what some part hints at, each with the words that say the most for it."""
        found = {}
        for words, total in self.parts:
            if total & self.tops:
                for number, (code, known) in enumerate(self.hints):
                    if _points(total, number) > 0:
                        found[code] = _evidence(words, known.points)
        return found

    def denied(self) -> frozenset[str]:
        """Return what all parts speak against, each in its language.

        That is the one of which the index knows the most words.
        """
        return frozenset.intersection(*(self._denied(total) for _, total in self.parts))

    def _denied(self, total: int) -> frozenset[str]:
        best: dict[str, tuple[int, bool]] = {}
        for number, (code, known) in enumerate(self.hints):
            is_against = known.against is not None and _points(total, number) < known.against
            best[code] = max(best.get(code, (-1, False)), (_count(total, number), is_against))
        return frozenset(code for code, (_, is_against) in best.items() if is_against)


def parts(words: Sequence[str]) -> list[Sequence[str]]:
    """Return a text, or the parts of a long one, of which each begins in the middle of the last.

    What a long text tells by the way would be lost among all its other words.
    """
    if len(words) <= _PART:
        return [words]
    return [words[i : i + _PART] for i in range(0, len(words) - _PART // 2, _PART // 2)]


def features_in(words: Sequence[str]) -> set[str]:
    """Return all of a folded text that can have points."""
    read = words if DENYING.isdisjoint(words) else _with_denied(words)
    found = set(read)
    found.update([f"{word[:_BEGINNING]}*" for word in read if len(word) > _BEGINNING])
    found.update([f"{word} {after}" for word, after in pairwise(words)])
    return found


def _with_denied(words: Sequence[str]) -> list[str]:
    """Return the words, with a mark before each of which a "no" stands a few words before."""
    marked, reach = [], 0
    for word in words:
        marked.append(f"!{word}" if reach > 0 else word)
        reach = _REACH if word in DENYING else reach - 1
    return marked


def _packed(number: int, points: int, count: int) -> int:
    return (points + (count << _BITS)) << (2 * _BITS * number)


def _points(total: int, number: int) -> int:
    return (total >> (2 * _BITS * number) & _FIELD) - _NOTHING


def _count(total: int, number: int) -> int:
    return total >> (2 * _BITS * number + _BITS) & _FIELD


def _evidence(words: Sequence[str], points: Mapping[str, int]) -> str:
    by_word = [
        sum(points.get(hint, 0) for hint in features_in([word])) for word in _with_denied(words)
    ]
    for i, pair in enumerate(pairwise(words)):
        both = points.get(" ".join(pair), 0)
        by_word[i] += both
        by_word[i + 1] += both
    first = {word: i for i, word in reversed(list(enumerate(words)))}.values()
    telling = nlargest(_SHOWN, (i for i in first if by_word[i] > 0), key=by_word.__getitem__)
    return " … ".join(" ".join(words[i] for i in run) for run in _runs(sorted(telling)))


def _runs(numbers: Sequence[int]) -> list[list[int]]:
    """Return numbers in runs that follow each other."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][-1] + 1 == number:
            runs[-1].append(number)
        else:
            runs.append([number])
    return runs
