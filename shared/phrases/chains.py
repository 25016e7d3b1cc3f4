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
        self._moves: list[list[tuple[str, int]]] = []
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

    def following(self, positions: Positions) -> dict[str, Positions]:
        """Return the positions that each possible next word leads to.

        Those under ``ANY_WORD`` are for every word that has none of its own and closes no gap.
        """
        reached: defaultdict[str, list[int]] = defaultdict(list)
        for position in positions:
            for word, there in self._moves[position]:
                reached[word].append(there)
        for word in reached.keys() - {ANY_WORD, *CLOSING}:
            reached[word] += reached.get(ANY_WORD, ())
        return {word: self._with_skips(there) for word, there in reached.items()}

    def words(self) -> frozenset[str]:
        """Return every word of the wordings."""
        return frozenset(word for moves in self._moves for word, _ in moves)

    def _position(self) -> int:
        self._moves.append([])
        return len(self._moves) - 1

    def _lead(self, here: int, words: tuple[str, ...], there: int) -> None:
        for word in words[:-1]:
            between = self._position()
            self._moves[here].append((word, between))
            here = between
        self._moves[here].append((words[-1], there))

    def _with_skips(self, positions: Iterable[int]) -> Positions:
        reached = set(positions)
        for position in tuple(reached):
            at = position
            while at in self._skips:
                at = self._skips[at]
                reached.add(at)
        return frozenset(reached)
