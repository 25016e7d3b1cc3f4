"""Finds the phrases of many wordings in one walk along a text."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple, TypeAlias

from shared.phrases.chains import Chains, Positions
from shared.phrases.gaps import CLOSING
from shared.phrases.spelling import UNKNOWN, Spelling

_Ends: TypeAlias = dict[str, int]


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
    is_end: bool
    leads: _Leads


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
            ValueError: A wording breaks the notation of ``shared.phrases.wording``.
        """
        self._chains = Chains()
        for code, wording in phrases:
            self._chains.codes[self._chains.add(wording)] = code
        for code, wording in exceptions:
            self._chains.exceptions[self._chains.add(wording)] = code
        known = self._chains.words() | CLOSING
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
        count = len(words)
        begin = self._start
        found: list[Hit] = []
        excepted: list[Hit] = []
        for start in range(count):
            place = begin[words[start]]
            end = start + 1
            ends: _Ends | None = None
            while place is not None:
                if place.is_end:
                    ends = _said_at(place, start, end, ends, excepted)
                if end == count:
                    break
                place = place.leads[words[end]]
                end += 1
            if ends:
                found += [
                    Hit(code, " ".join(written[start:last]), start, last)
                    for code, last in ends.items()
                ]
        if not excepted:
            return found
        return [hit for hit in found if not any(_shares_a_word(hit, e) for e in excepted)]

    def _after(self, positions: Positions, word: str) -> _Place | None:
        there = self._chains.after(positions, word)
        return self._place(there) if there else None

    def _place(self, positions: Positions) -> _Place:
        known = self._places.get(positions)
        if known is None:
            codes = _said(self._chains.codes, positions)
            exceptions = _said(self._chains.exceptions, positions)
            leads = _Leads(partial(self._after, positions))
            known = _Place(codes, exceptions, bool(codes or exceptions), leads)
            self._places[positions] = known
        return known


def _reader(known: frozenset[str]) -> Callable[[list[str]], list[str]]:
    return lambda words: [word if word in known else UNKNOWN for word in words]


def _said_at(
    place: _Place, start: int, end: int, ends: _Ends | None, excepted: list[Hit]
) -> _Ends | None:
    """Note what a text says up to a word: codes in ``ends``, and exceptions."""
    if place.exceptions:
        excepted.extend(Hit(code, "", start, end) for code in place.exceptions)
    if not place.codes:
        return ends
    ends = {} if ends is None else ends
    ends.update(dict.fromkeys(place.codes, end))
    return ends


def _said(codes: Mapping[int, str], positions: Positions) -> tuple[str, ...]:
    return tuple(sorted({codes[position] for position in positions if position in codes}))


def _shares_a_word(hit: Hit, other: Hit) -> bool:
    return (
        hit.code == other.code
        and hit.start_word < other.end_word
        and other.start_word < hit.end_word
    )
