"""Matcher of patterns with gaps between their parts, all patterns at once by bit masks."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import NamedTuple, TypeAlias

from shared.text_matching.notation import Part, Slot

_GAP_CLOSING = """
no not nobody none nothing never without neither nor dont doesnt didnt isnt arent wasnt werent
hasnt havent but if unless until before almost nearly could might may will would can gonna should
nadie nada sin nunca jamas ni ningun ninguna ninguno tampoco pero si aunque antes hasta casi puede
pueden podria podrian va vaya vayan
"""

# Words that end a gap: negations and words after which a statement need not be true.
CLOSING = frozenset(_GAP_CLOSING.split())

_MAX_GAP = 6  # words

# By the index of a part in its pattern: a mask of the patterns that have it there.
PartMasks: TypeAlias = Mapping[int, int]

# By part index and first word: end and mask of the parts of several words found there.
LongParts: TypeAlias = Mapping[tuple[int, int], Sequence[tuple[int, int]]]


class GapMatch(NamedTuple):
    """Patterns found from word ``start`` to before word ``end``, as a mask."""

    patterns: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class GapMatcher:
    """Patterns of several parts with gaps between them.

    Attributes:
        masks: By word, a mask of the patterns in which it is a part, for each part index.
        last_part: By part index, a mask of the patterns that end with it.
    """

    masks: Mapping[str, tuple[int, ...]]
    last_part: tuple[int, ...]

    def find(self, words: Sequence[str], longer: LongParts) -> list[GapMatch]:
        """Return the patterns found in a text, given its parts of several words."""
        if not self.last_part:
            return []
        none, masks = (0,) * len(self.last_part), self.masks
        rows = [masks.get(word, none) for word in words]
        search = _Search(words, rows, longer, self.last_part)
        second = 0
        for row in rows:
            second |= row[1]
        for (number, _), steps in longer.items():
            if number == 1:
                second |= reduce(or_, (mask for _, mask in steps))
        for start, row in enumerate(rows):
            first = row[0] & second
            if first:
                search.extend(first, start, start + 1, 1)
            for end, mask in longer.get((0, start), ()) if longer else ():
                search.extend(mask & second, start, end, 1)
        return search.found


class GapMatcherBuilder:
    """Builder of ``GapMatcher``."""

    def __init__(self) -> None:
        self._count = 0
        self._by_words: defaultdict[frozenset[str], defaultdict[int, int]]
        self._by_words = defaultdict(lambda: defaultdict(int))
        self._last_part: defaultdict[int, int] = defaultdict(int)

    def add(self, parts: Sequence[Part]) -> tuple[int, list[tuple[int, Part]]]:
        """Add a pattern; return its bit, and its parts of several words with their indexes."""
        bit = 1 << self._count
        self._count += 1
        longer: list[tuple[int, Part]] = []
        for number, part in enumerate(parts):
            words, rest = _by_length(part)
            if words:
                self._by_words[words][number] |= bit
            if rest:
                longer.append((number, rest))
        self._last_part[len(parts) - 1] |= bit
        return bit, longer

    def build(self) -> GapMatcher:
        """Return the matcher of all patterns."""
        depth = max(self._last_part, default=-1) + 1
        masks: defaultdict[str, list[int]] = defaultdict(lambda: [0] * depth)
        for words, by_part in self._by_words.items():
            for word in words:
                for number, mask in by_part.items():
                    masks[word][number] |= mask
        return GapMatcher(
            {word: tuple(row) for word, row in masks.items()},
            tuple(self._last_part.get(number, 0) for number in range(depth)),
        )


@dataclass(slots=True)
class _Search:
    """A search through one text; ``rows`` are the masks of each word by part index."""

    words: Sequence[str]
    rows: Sequence[tuple[int, ...]]
    longer: LongParts
    last_part: Sequence[int]
    found: list[GapMatch] = field(default_factory=list)

    def extend(self, active: int, start: int, begin: int, number: int) -> None:
        """Match part ``number`` after a gap that begins at word ``begin``."""
        longer, words = self.longer, self.words
        for here, row in enumerate(self.rows[begin : begin + _MAX_GAP + 1], start=begin):
            if matched := active & row[number]:
                self._advance(matched, start, here + 1, number)
            for end, mask in longer.get((number, here), ()) if longer else ():
                if matched := active & mask:
                    self._advance(matched, start, end, number)
            if words[here] in CLOSING:
                return

    def _advance(self, matched: int, start: int, end: int, number: int) -> None:
        done = matched & self.last_part[number]
        if done:
            self.found.append(GapMatch(done, start, end))
        if done != matched:
            self.extend(matched ^ done, start, end, number + 1)


def numbers_in(mask: int) -> Iterator[int]:
    """Yield the index of each set bit."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def _by_length(part: Part) -> tuple[frozenset[str], Part]:
    if len(part) > 1:
        return frozenset(), part
    slot = part[0]
    rest = (Slot(frozenset(), slot.phrases, optional=False),) if slot.phrases else ()
    return slot.words, rest
