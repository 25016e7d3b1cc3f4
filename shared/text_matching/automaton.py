"""Steps that follow each other at once, as chains of positions that a text walks along."""

from collections import defaultdict
from collections.abc import Iterable
from itertools import chain
from typing import TypeAlias

from shared.text_matching.notation import Part, Slot

Positions: TypeAlias = frozenset[int]

_Group: TypeAlias = frozenset[str]
_Step: TypeAlias = str | _Group
"""A word, or a group of words that lead to the same place."""


class PhraseAutomaton:
    """Every chain, and where each word leads from each position in it.

    Words that are alternatives of each other are kept as one group, once for all the chains that
    have it: families of words stand in hundreds of them.
    """

    def __init__(self) -> None:
        self._moves: list[defaultdict[_Step, list[int]]] = []
        self._groups: dict[_Group, _Group] = {}
        self._groups_of: defaultdict[str, list[_Group]] = defaultdict(list)
        self._skips: dict[int, int] = {}
        self._starts: list[int] = []

    def add(self, part: Part) -> int:
        """Add a chain for steps and return its last position."""
        at = self._position()
        self._starts.append(at)
        for slot in part:
            after = self._position()
            self._lead(at, slot, after)
            if slot.optional:
                self._skips[at] = after
            at = after
        return at

    def beginnings(self) -> dict[str, Positions]:
        """Return the positions that each word leads to that a chain begins with."""
        by_step: defaultdict[_Step, list[int]] = defaultdict(list)
        for position in self._with_skips(self._starts):
            for step, there in self._moves[position].items():
                by_step[step] += there
        known: dict[tuple[_Step, ...], Positions] = {}
        reached = {}
        for word in self.words():
            steps = tuple(step for step in self._steps(word) if step in by_step)
            if steps and steps not in known:
                known[steps] = self._with_skips(chain(*(by_step[step] for step in steps)))
            if steps:
                reached[word] = known[steps]
        return reached

    def after(self, positions: Positions, word: str) -> Positions:
        """Return the positions that a word leads to."""
        steps = set(self._steps(word))
        moves = (self._moves[at].items() for at in positions)
        return self._with_skips(chain(*(there for step, there in chain(*moves) if step in steps)))

    def words(self) -> frozenset[str]:
        """Return every word of the chains."""
        steps = {step for moves in self._moves for step in moves}
        return frozenset(step for step in steps if isinstance(step, str)).union(*self._groups)

    def _steps(self, word: str) -> tuple[_Step, ...]:
        return (word, *self._groups_of.get(word, ()))

    def _position(self) -> int:
        self._moves.append(defaultdict(list))
        return len(self._moves) - 1

    def _lead(self, here: int, slot: Slot, there: int) -> None:
        single = frozenset(words[0] for words in slot.alternatives if len(words) == 1)
        if single:
            self._moves[here][self._step(single)].append(there)
        for words in slot.alternatives:
            at = here
            for word in words[:-1]:
                between = self._position()
                self._moves[at][word].append(between)
                at = between
            if len(words) > 1:
                self._moves[at][words[-1]].append(there)

    def _step(self, words: _Group) -> _Step:
        if len(words) == 1:
            return next(iter(words))
        if words not in self._groups:
            self._groups[words] = words
            for word in words:
                self._groups_of[word].append(words)
        return self._groups[words]

    def _with_skips(self, positions: Iterable[int]) -> Positions:
        reached = set(positions)
        for position in tuple(reached):
            at = position
            while at in self._skips:
                at = self._skips[at]
                reached.add(at)
        return frozenset(reached)
