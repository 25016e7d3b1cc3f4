"""What the words of a text say together: each proves nothing alone, and their points add up."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import nlargest
from itertools import pairwise
from typing import NamedTuple

from shared.phrases.denials import DENYING

_BEGINNING = 5  # letters by which the forms of one word are known
_REACH = 3  # words after a "no"
_SHOWN = 4
_PART = 30  # words
_BITS = 32  # of a sum of points, and of a count


@dataclass(frozen=True, slots=True)
class Hints:
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


class Hinted(NamedTuple):
    """What a text hints at.

    Attributes:
        stated: Each thing with the words that say the most for it.
        denied: Things that its words speak against.
    """

    stated: Mapping[str, str]
    denied: frozenset[str]


class HintIndex:
    """Hints at several things, in several languages, found in one look.

    Points and counts for all of them are fields of one number, so that one sum adds them all up.
    """

    def __init__(self, hints: Iterable[tuple[str, Hints]]) -> None:
        """Index pairs of what is hinted at and hints; one thing may have some in each language."""
        self._hints = tuple(hints)
        packed: defaultdict[str, int] = defaultdict(int)
        for number, (_, known) in enumerate(self._hints):
            for hint, points in known.points.items():
                packed[hint] += _packed(number, points, 1)
        self._packed = dict(packed)
        self._start = sum(_packed(n, known.start, 0) for n, (_, known) in enumerate(self._hints))

    def find(self, folded: str) -> Hinted:
        """Return what a folded text hints at, and what its words speak against.

        A long text is read part by part: it hints at what one part hints at, and speaks against
        what all its parts speak against.
        """
        found = [self._find(words) for words in parts(folded.split())]
        stated = {code: words for part in found for code, words in part.stated.items()}
        denied = frozenset.intersection(*(part.denied for part in found))
        return Hinted(stated, denied - stated.keys())

    def _find(self, words: Sequence[str]) -> Hinted:
        packed = self._packed
        said = [packed[hint] for hint in hints_in(words) if hint in packed]
        sums = list(_unpacked(sum(said, self._start), len(self._hints)))
        stated = {
            code: _evidence(words, known.points)
            for (code, known), (points, _) in zip(self._hints, sums, strict=True)
            if points > 0
        }
        return Hinted(stated, self._denied(sums))

    def _denied(self, sums: Sequence[tuple[int, int]]) -> frozenset[str]:
        """Return what the words speak against, in the language of which they know the most."""
        best: dict[str, tuple[int, bool]] = {}
        for (code, known), (points, count) in zip(self._hints, sums, strict=True):
            is_against = known.against is not None and points < known.against
            best[code] = max(best.get(code, (-1, False)), (count, is_against))
        return frozenset(code for code, (_, is_against) in best.items() if is_against)


def parts(words: Sequence[str]) -> list[Sequence[str]]:
    """Return a text, or the parts of a long one, of which each begins in the middle of the last.

    What a long text tells by the way would be lost among all its other words.
    """
    last = max(0, len(words) - _PART // 2)
    return [words[i : i + _PART] for i in range(0, last, _PART // 2)] if last else [words]


def hints_in(words: Sequence[str]) -> set[str]:
    """Return all of a folded text that can have points."""
    return {
        *(f"{word} {after}" for word, after in pairwise(words)),
        *(form for forms in _forms(words) for form in forms),
    }


def _read(words: Sequence[str]) -> Sequence[str]:
    """Return the words, with a mark before each of which a "no" stands a few words before."""
    if DENYING.isdisjoint(words):
        return words
    marked, reach = [], 0
    for word in words:
        marked.append(f"!{word}" if reach > 0 else word)
        reach = _REACH if word in DENYING else reach - 1
    return marked


def _forms(words: Sequence[str]) -> list[tuple[str, ...]]:
    """Return each word with its beginning, where it is longer than that."""
    return [
        (word, f"{word[:_BEGINNING]}*") if len(word) > _BEGINNING else (word,)
        for word in _read(words)
    ]


def _packed(number: int, points: int, count: int) -> int:
    return (points + (count << _BITS)) << (2 * _BITS * number)


def _unpacked(total: int, many: int) -> Iterator[tuple[int, int]]:
    """Return the points and the count of each."""
    for _ in range(many):
        total, points = _parted(total)
        total, count = _parted(total)
        yield points, count


def _parted(total: int) -> tuple[int, int]:
    """Return a number without its lowest field, and that field with its sign."""
    half = 1 << (_BITS - 1)
    lowest = ((total + half) & ((1 << _BITS) - 1)) - half
    return (total - lowest) >> _BITS, lowest


def _evidence(words: Sequence[str], points: Mapping[str, int]) -> str:
    by_word = [sum(points.get(form, 0) for form in forms) for forms in _forms(words)]
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
