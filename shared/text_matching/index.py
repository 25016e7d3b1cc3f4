"""Finds the phrases of many wordings in one walk along a text."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from operator import itemgetter
from typing import NamedTuple, TypeAlias

from shared.text_matching.automaton import PhraseAutomaton, Positions
from shared.text_matching.gap_matcher import CLOSING, GapMatcher, Marks, numbers_in
from shared.text_matching.notation import Part, parse_pattern
from shared.text_matching.spelling import UNKNOWN, Spelling

_MASKS_REMEMBERED = 20_000

_Ends: TypeAlias = dict[tuple[int, str], int]
"""By first word and code: the word after the longest phrase."""


class Hit(NamedTuple):
    """A phrase found in a text.

    Attributes:
        code: What the phrase stands for.
        phrase: The phrase as it was written, folded.
        start_word: Index of its first word in the folded text.
        end_word: Index after its last word.
    """

    code: str
    phrase: str
    start_word: int
    end_word: int


class _Leads(dict[str, "_Place | None"]):
    """Where each known word leads from a place.

    Filled when a text first says a word there: of all the combinations that wordings allow,
    people write few.
    """

    def __init__(self, after: Callable[[str], "_Place | None"]) -> None:
        super().__init__()
        self._after = after

    def __missing__(self, word: str) -> "_Place | None":
        there = self[word] = self._after(word)
        return there


@dataclass(slots=True)
class _Place:
    """What is known of a text after some words, and where its next word leads."""

    codes: tuple[str, ...]
    exceptions: tuple[str, ...]
    marks: Marks
    is_end: bool
    leads: _Leads


class _Said:
    """What a text says: the longest phrase of each code from each word, and every exception."""

    def __init__(self) -> None:
        self.ends: _Ends = {}
        self.excepted: list[Hit] = []
        self.steps: defaultdict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)

    def add(self, code: str, start: int, end: int, *, is_exception: bool) -> None:
        """Note a phrase or an exception."""
        if is_exception:
            self.excepted.append(Hit(code, "", start, end))
        elif self.ends.get((start, code), 0) < end:
            self.ends[start, code] = end

    def add_place(self, place: _Place, start: int, end: int) -> None:
        """Note what ends at a place."""
        for code in place.codes:
            self.ends[start, code] = end
        for code in place.exceptions:
            self.excepted.append(Hit(code, "", start, end))
        for number, mask in place.marks.items():
            self.steps[number, start].append((end, mask))


class PhraseIndex:
    """Wordings, and what each of them stands for."""

    def __init__(
        self,
        phrases: Iterable[tuple[str, str]],
        exceptions: Iterable[tuple[str, str]] = (),
        *,
        is_lenient: bool = False,
    ) -> None:
        """Index pairs of code and wording.

        Args:
            phrases: What each code is found by.
            exceptions: Wordings that only look like it: a phrase of the same code that shares a
                word with one of them is not found.
            is_lenient: Whether misspelt words count.

        Raises:
            ValueError: A wording breaks the notation of ``shared.text_matching.notation``.
        """
        self._chains, self._gapped = PhraseAutomaton(), GapMatcher()
        self._codes: dict[int, str] = {}
        self._exceptions: dict[int, str] = {}
        self._marks: dict[int, defaultdict[int, int]] = {}
        self._ends_of_parts: dict[Part, int] = {}
        self._with_gaps: list[tuple[str, bool]] = []
        for code, wording in phrases:
            self._add(code, wording, is_exception=False)
        for code, wording in exceptions:
            self._add(code, wording, is_exception=True)
        self._gapped.close()
        self._meant_by = lru_cache(_MASKS_REMEMBERED)(self._look_up)
        known = self._chains.words() | self._gapped.words() | CLOSING
        self._read = Spelling(known).read if is_lenient else _reader(known)
        self._places: dict[Positions, _Place] = {}
        self._start: dict[str, _Place | None] = dict.fromkeys((*known, UNKNOWN))
        for word, there in self._chains.beginnings().items():
            self._start[word] = self._place(there)

    def find(self, folded: str) -> list[Hit]:
        """Return every phrase in a folded text, by its place in the text.

        Of several phrases of one code that begin at the same word only the longest counts.
        """
        written = folded.split()
        words = self._read(written)
        said = self._walk(words)
        for mask, start, end in self._gapped.find(words, said.steps):
            for code, is_exception in self._meant_by(mask):
                said.add(code, start, end, is_exception=is_exception)
        found = [
            Hit(code, " ".join(written[start:end]), start, end)
            for (start, code), end in said.ends.items()
        ]
        if said.excepted:
            found = [hit for hit in found if not any(_shares_a_word(hit, e) for e in said.excepted)]
        found.sort(key=itemgetter(2))
        return found

    def _walk(self, words: Sequence[str]) -> _Said:
        """Return what stands in a text without gaps, and the parts of what has them."""
        said = _Said()
        count, begin = len(words), self._start
        for start in range(count):
            place = begin[words[start]]
            end = start + 1
            while place is not None:
                if place.is_end:
                    said.add_place(place, start, end)
                if end == count:
                    break
                place = place.leads[words[end]]
                end += 1
        return said

    def _add(self, code: str, wording: str, *, is_exception: bool) -> None:
        parts = parse_pattern(wording)
        if len(parts) == 1:
            codes = self._exceptions if is_exception else self._codes
            codes[self._chains.add(parts[0])] = code
            return
        self._with_gaps.append((code, is_exception))
        bit, longer = self._gapped.add(parts)
        for number, part in longer:
            if part not in self._ends_of_parts:
                self._ends_of_parts[part] = self._chains.add(part)
            self._marks.setdefault(self._ends_of_parts[part], defaultdict(int))[number] |= bit

    def _look_up(self, mask: int) -> Collection[tuple[str, bool]]:
        """Return what the wordings of a mask stand for, and whether they are exceptions."""
        return {self._with_gaps[number] for number in numbers_in(mask)}

    def _after(self, positions: Positions, word: str) -> _Place | None:
        there = self._chains.after(positions, word)
        return self._place(there) if there else None

    def _place(self, positions: Positions) -> _Place:
        known = self._places.get(positions)
        if known is None:
            codes = _said(self._codes, positions)
            exceptions = _said(self._exceptions, positions)
            marks = self._marks_at(positions)
            leads = _Leads(partial(self._after, positions))
            known = _Place(codes, exceptions, marks, bool(codes or exceptions or marks), leads)
            self._places[positions] = known
        return known

    def _marks_at(self, positions: Positions) -> Marks:
        marks: defaultdict[int, int] = defaultdict(int)
        for position in positions & self._marks.keys():
            for number, mask in self._marks[position].items():
                marks[number] |= mask
        return dict(marks)


def _reader(known: frozenset[str]) -> Callable[[list[str]], list[str]]:
    return lambda words: [word if word in known else UNKNOWN for word in words]


def _said(codes: Mapping[int, str], positions: Positions) -> tuple[str, ...]:
    return tuple(sorted({codes[position] for position in positions if position in codes}))


def _shares_a_word(hit: Hit, other: Hit) -> bool:
    return (
        hit.code == other.code
        and hit.start_word < other.end_word
        and other.start_word < hit.end_word
    )
