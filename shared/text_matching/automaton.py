"""Finite automaton of phrases without gaps: chains of states that the words of a text traverse."""

from collections import defaultdict
from collections.abc import Iterable
from itertools import chain
from typing import TypeAlias

from shared.text_matching.notation import Part, Slot

States: TypeAlias = frozenset[int]

_Group: TypeAlias = frozenset[str]
_Symbol: TypeAlias = str | _Group
"""A word, or a group of words with the same transition."""


class PhraseAutomaton:
    """Nondeterministic automaton with the transitions of every chain.

    Alternative words are stored as one group, shared by all chains that use it, because families
    of words occur in hundreds of chains.
    """

    def __init__(self) -> None:
        self._moves: list[defaultdict[_Symbol, list[int]]] = []
        self._groups: dict[_Group, _Group] = {}
        self._groups_of: defaultdict[str, list[_Group]] = defaultdict(list)
        self._skips: dict[int, int] = {}
        self._starts: list[int] = []

    def add(self, part: Part) -> int:
        """Add a chain and return its accepting state."""
        state = self._new_state()
        self._starts.append(state)
        for slot in part:
            target = self._new_state()
            self._add_moves(state, slot, target)
            if slot.optional:
                self._skips[state] = target
            state = target
        return state

    def initial(self) -> dict[str, States]:
        """Return the states after each word with which a chain begins."""
        by_symbol: defaultdict[_Symbol, list[int]] = defaultdict(list)
        for state in self._closure(self._starts):
            for symbol, targets in self._moves[state].items():
                by_symbol[symbol] += targets
        known: dict[tuple[_Symbol, ...], States] = {}
        after_word = {}
        for word in self.words():
            symbols = tuple(symbol for symbol in self._symbols(word) if symbol in by_symbol)
            if symbols and symbols not in known:
                known[symbols] = self._closure(chain(*(by_symbol[symbol] for symbol in symbols)))
            if symbols:
                after_word[word] = known[symbols]
        return after_word

    def after(self, states: States, word: str) -> States:
        """Return the states after a word."""
        symbols = set(self._symbols(word))
        moves = (self._moves[state].items() for state in states)
        return self._closure(chain(*(to for symbol, to in chain(*moves) if symbol in symbols)))

    def words(self) -> frozenset[str]:
        """Return every word of the chains."""
        symbols = {symbol for moves in self._moves for symbol in moves}
        return frozenset(s for s in symbols if isinstance(s, str)).union(*self._groups)

    def _symbols(self, word: str) -> tuple[_Symbol, ...]:
        return (word, *self._groups_of.get(word, ()))

    def _new_state(self) -> int:
        self._moves.append(defaultdict(list))
        return len(self._moves) - 1

    def _add_moves(self, state: int, slot: Slot, target: int) -> None:
        if slot.words:
            self._moves[state][self._symbol(slot.words)].append(target)
        for phrase in slot.phrases:
            at = state
            for word in phrase[:-1]:
                between = self._new_state()
                self._moves[at][word].append(between)
                at = between
            self._moves[at][phrase[-1]].append(target)

    def _symbol(self, words: _Group) -> _Symbol:
        if len(words) == 1:
            return next(iter(words))
        if words not in self._groups:
            self._groups[words] = words
            for word in words:
                self._groups_of[word].append(words)
        return self._groups[words]

    def _closure(self, states: Iterable[int]) -> States:
        """Return the states with all states that optional steps let them skip to."""
        reached = set(states)
        for state in tuple(reached):
            at = state
            while at in self._skips:
                at = self._skips[at]
                reached.add(at)
        return frozenset(reached)
