"""Words that close a gap: what follows them need not be so."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import NamedTuple, TypeAlias

from shared.text_matching.notation import Part, Slot

_CLOSING = """
no not nobody none nothing never without neither nor dont doesnt didnt isnt arent wasnt werent
hasnt havent but if unless until before almost nearly could might may will would can gonna should
nadie nada sin nunca jamas ni ningun ninguna ninguno tampoco pero si aunque antes hasta casi puede
pueden podria podrian va vaya vayan
"""

CLOSING = frozenset(_CLOSING.split())


_WORDS_IN_A_GAP = 6

Marks: TypeAlias = Mapping[int, int]
"""By the number of a part in its wording: a mask of the wordings whose part it is."""

Steps: TypeAlias = Mapping[tuple[int, int], Sequence[tuple[int, int]]]
"""By part and first word: the word after it and the mask, where a part has several words."""


class GapMatch(NamedTuple):
    """Which wordings reach from one word of a text to before another, as a mask."""

    wordings: int
    start: int
    end: int


class GapMatcher:
    """Wordings of several parts with gaps between them."""

    def __init__(self) -> None:
        self._count = 0
        self._by_words: defaultdict[frozenset[str], defaultdict[int, int]]
        self._by_words = defaultdict(lambda: defaultdict(int))
        self._ending: defaultdict[int, int] = defaultdict(int)
        self._masks: dict[str, tuple[int, ...]] = {}
        self._none: tuple[int, ...] = ()

    def add(self, parts: Sequence[Part]) -> tuple[int, list[tuple[int, Part]]]:
        """Add a wording; return its bit, and the parts that take more than one word, numbered."""
        bit = 1 << self._count
        self._count += 1
        longer: list[tuple[int, Part]] = []
        for number, part in enumerate(parts):
            words, rest = _by_length(part)
            if words:
                self._by_words[words][number] |= bit
            if rest:
                longer.append((number, rest))
        self._ending[len(parts) - 1] |= bit
        return bit, longer

    def words(self) -> frozenset[str]:
        """Return every word that is a part by itself."""
        return frozenset().union(*self._by_words)

    def close(self) -> None:
        """Make the masks; nothing can be added any more."""
        if not self._ending:
            return
        depth = max(self._ending) + 1
        self._none = (0,) * depth
        masks: defaultdict[str, list[int]] = defaultdict(lambda: [0] * depth)
        for words, marks in self._by_words.items():
            for word in words:
                for number, mask in marks.items():
                    masks[word][number] |= mask
        self._masks = {word: tuple(by_part) for word, by_part in masks.items()}

    def find(self, words: Sequence[str], longer: Steps) -> list[GapMatch]:
        """Return what is found in a text.

        Args:
            words: The text.
            longer: Where in it the parts stand that take more than one word.
        """
        none, masks = self._none, self._masks
        if not none:
            return []
        rows = [masks.get(word, none) for word in words]
        walk = _Walk(words, rows, longer, self._ending)
        second = 0
        for row in rows:
            second |= row[1]
        for (number, _), steps in longer.items():
            if number == 1:
                second |= reduce(or_, (mask for _, mask in steps))
        for start, row in enumerate(rows):
            first = row[0] & second
            if first:
                walk.go_on(first, start, start + 1, 1)
            for end, mask in longer.get((0, start), ()) if longer else ():
                walk.go_on(mask & second, start, end, 1)
        return walk.found


@dataclass(slots=True)
class _Walk:
    """One search along a text.

    Attributes:
        rows: The masks of each word, by part.
        ending: By part, the wordings whose last it is.
    """

    words: Sequence[str]
    rows: Sequence[tuple[int, ...]]
    longer: Steps
    ending: Mapping[int, int]
    found: list[GapMatch] = field(default_factory=list)

    def go_on(self, active: int, start: int, begin: int, number: int) -> None:
        """Follow wordings from before a gap to all that may stand after it.

        Args:
            active: Mask of the wordings.
            start: Where they begin.
            begin: Where the gap begins.
            number: Of the part after the gap.
        """
        rows, longer, words = self.rows, self.longer, self.words
        for here in range(begin, min(len(rows), begin + _WORDS_IN_A_GAP + 1)):
            said = active & rows[here][number]
            if said:
                self._arrive(said, start, here + 1, number)
            for end, mask in longer.get((number, here), ()) if longer else ():
                if active & mask:
                    self._arrive(active & mask, start, end, number)
            if words[here] in CLOSING:
                return

    def _arrive(self, said: int, start: int, end: int, number: int) -> None:
        done = said & self.ending[number]
        if done:
            self.found.append(GapMatch(done, start, end))
        if done != said:
            self.go_on(said ^ done, start, end, number + 1)


def numbers_in(mask: int) -> Iterator[int]:
    """Yield the number of each bit that is set."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def _by_length(part: Part) -> tuple[frozenset[str], Part]:
    """Return the words that are the part by themselves, and the rest of it."""
    if len(part) > 1:
        return frozenset(), part
    alternatives = part[0].alternatives
    longer = tuple(words for words in alternatives if len(words) > 1)
    rest = (Slot(longer, optional=False),) if longer else ()
    return frozenset(words[0] for words in alternatives if len(words) == 1), rest
