"""Wordings as chains of positions that a text walks along, word by word."""

from collections import defaultdict
from collections.abc import Iterable
from typing import TypeAlias

from shared.phrases.gaps import CLOSING
from shared.phrases.wording import ANY_WORD, read_wording

Positions: TypeAlias = frozenset[int]


class Chains:
    """Every wording, and where each word leads from each position in it."""

    def __init__(self) -> None:
        self._moves: list[defaultdict[str, list[int]]] = []
        self._skips: dict[int, int] = {}
        self._starts: list[int] = []
        self.codes: dict[int, str] = {}
        self.exceptions: dict[int, str] = {}

    def add(self, wording: str) -> int:
        """Add a chain for a wording and return its last position."""
        at = self._position()
        self._starts.append(at)
        for slot in read_wording(wording):
            after = self._position()
            for words in slot.alternatives:
                self._lead(at, words, after)
            if slot.optional:
                self._skips[at] = after
            at = after
        return at

    def start(self) -> Positions:
        """Return the positions before the first word of every wording."""
        return self._with_skips(self._starts)

    def beginnings(self) -> dict[str, Positions]:
        """Return the positions that each word leads to that a wording begins with."""
        reached: defaultdict[str, list[int]] = defaultdict(list)
        for position in self.start():
            for word, there in self._moves[position].items():
                reached[word] += there
        return {word: self._with_skips(there) for word, there in reached.items()}

    def after(self, positions: Positions, word: str) -> Positions:
        """Return the positions that a word leads to; one that closes no gap may stand in one."""
        words = (word,) if word in CLOSING else (word, ANY_WORD)
        moves = self._moves
        return self._with_skips(
            there for at in positions for said in words for there in moves[at].get(said, ())
        )

    def words(self) -> frozenset[str]:
        """Return every word of the wordings."""
        return frozenset(word for moves in self._moves for word in moves)

    def _position(self) -> int:
        self._moves.append(defaultdict(list))
        return len(self._moves) - 1

    def _lead(self, here: int, words: tuple[str, ...], there: int) -> None:
        for word in words[:-1]:
            between = self._position()
            self._moves[here][word].append(between)
            here = between
        self._moves[here][words[-1]].append(there)

    def _with_skips(self, positions: Iterable[int]) -> Positions:
        reached = set(positions)
        for position in tuple(reached):
            at = position
            while at in self._skips:
                at = self._skips[at]
                reached.add(at)
        return frozenset(reached)
