"""Finds the phrases of many wordings in one walk along a text."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from shared.phrases.chains import Chains, Positions
from shared.phrases.gaps import CLOSING
from shared.phrases.spelling import Spelling
from shared.phrases.wording import ANY_WORD


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


@dataclass(slots=True)
class _Place:
    """What is known of a text after some words, and where its next word leads.

    ``following`` is filled when a text first gets here: of all the combinations that wordings
    allow, people write few.
    """

    positions: Positions
    codes: tuple[str, ...]
    exceptions: tuple[str, ...]
    is_end: bool
    following: Mapping[str, "_Place"] | None = None


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
        self._spelling = Spelling(self._chains.words()) if is_lenient else None
        self._places: dict[Positions, _Place] = {}
        self._start = self._place(self._chains.start())

    def find(self, folded: str) -> list[Hit]:
        """Return every phrase in a folded text, by its place in the text.

        Of several phrases of one code that begin at the same word only the longest counts.
        """
        written = folded.split()
        words = self._spelling.read(written) if self._spelling else written
        begin = self._following(self._start).get
        found: list[Hit] = []
        excepted: list[Hit] = []
        for start, (word, after) in enumerate(zip(words, [*words[1:], ""], strict=False)):
            place = begin(word)
            if place is None:
                continue
            following = place.following or self._following(place)
            if place.is_end or after in following or ANY_WORD in following:
                self._walk(place, words, start, found, excepted)
        if words is not written:
            found = [hit._replace(phrase=_said_by(written, hit)) for hit in found]
        if not excepted:
            return found
        return [hit for hit in found if not any(_shares_a_word(hit, e) for e in excepted)]

    def _walk(
        self, place: _Place, words: list[str], start: int, found: list[Hit], excepted: list[Hit]
    ) -> None:
        """Add what begins at a word: the longest phrase of each code, and every exception."""
        at: _Place | None = place
        ends: dict[str, int] = {}
        for end in range(start + 1, len(words) + 1):
            if at is None:
                break
            for code in at.codes:
                ends[code] = end
            if at.exceptions:
                excepted.extend(Hit(code, "", start, end) for code in at.exceptions)
            if end < len(words):
                at = self._after(at, words[end])
        for code, end in ends.items():
            found.append(Hit(code, " ".join(words[start:end]), start, end))

    def _after(self, place: _Place, word: str) -> _Place | None:
        following = place.following or self._following(place)
        own = following.get(word)
        if own is None and word not in CLOSING:
            return following.get(ANY_WORD)
        return own

    def _following(self, place: _Place) -> Mapping[str, _Place]:
        if place.following is None:
            reached = self._chains.following(place.positions)
            place.following = {word: self._place(there) for word, there in reached.items()}
        return place.following

    def _place(self, positions: Positions) -> _Place:
        known = self._places.get(positions)
        if known is None:
            codes = _said(self._chains.codes, positions)
            exceptions = _said(self._chains.exceptions, positions)
            known = _Place(positions, codes, exceptions, bool(codes or exceptions))
            self._places[positions] = known
        return known


def _said_by(words: list[str], hit: Hit) -> str:
    return " ".join(words[hit.start_word : hit.end_word])


def _said(codes: Mapping[int, str], positions: Positions) -> tuple[str, ...]:
    return tuple(sorted({codes[position] for position in positions if position in codes}))


def _shares_a_word(hit: Hit, other: Hit) -> bool:
    return (
        hit.code == other.code
        and hit.start_word < other.end_word
        and other.start_word < hit.end_word
    )
