"""Finite automaton of phrases without gaps: chains of states that the words of a text traverse."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import TypeAlias

from shared.text_matching.notation import Part, Slot

States: TypeAlias = frozenset[int]

_Group: TypeAlias = frozenset[str]
_Symbol: TypeAlias = str | _Group  # a word, or a group of words with the same transition


@dataclass(frozen=True, slots=True)
class PhraseAutomaton:
    """Nondeterministic automaton with the transitions of every chain.

    Alternative words are stored as one group, shared by all chains that use it, because families
    of words occur in hundreds of chains.

    Attributes:
        skips: By state, the target of an optional step that is skipped.
        initial: The states after each word with which a chain begins.
    """

    moves: tuple[Mapping[_Symbol, tuple[int, ...]], ...]
    groups: Mapping[str, tuple[_Group, ...]]
    skips: Mapping[int, int]
    initial: Mapping[str, States]

    def after(self, states: States, word: str) -> States:
        """Return the states after a word."""
        symbols = {word, *self.groups.get(word, ())}
        moves = (self.moves[state].items() for state in states)
        reached = chain(*(to for symbol, to in chain(*moves) if symbol in symbols))
        return _closure(reached, self.skips)


class AutomatonBuilder:
    """Builder of ``PhraseAutomaton``."""

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

    def build(self) -> PhraseAutomaton:
        """Return the automaton of all chains."""
        return PhraseAutomaton(
            tuple({symbol: tuple(to) for symbol, to in of.items()} for of in self._moves),
            {word: tuple(groups) for word, groups in self._groups_of.items()},
            self._skips,
            self._initial(),
        )

    def words(self) -> frozenset[str]:
        """Return every word of the chains."""
        symbols = {symbol for moves in self._moves for symbol in moves}
        return frozenset(s for s in symbols if isinstance(s, str)).union(*self._groups)

    def _initial(self) -> Mapping[str, States]:
        by_symbol: defaultdict[_Symbol, list[int]] = defaultdict(list)
        for state in _closure(self._starts, self._skips):
            for symbol, targets in self._moves[state].items():
                by_symbol[symbol] += targets
        known: dict[tuple[_Symbol, ...], States] = {}
        after_word = {}
        for word in self.words():
            all_symbols: tuple[_Symbol, ...] = (word, *self._groups_of.get(word, ()))
            symbols = tuple(symbol for symbol in all_symbols if symbol in by_symbol)
            if symbols and symbols not in known:
                first = chain(*(by_symbol[symbol] for symbol in symbols))
                known[symbols] = _closure(first, self._skips)
            if symbols:
                after_word[word] = known[symbols]
        return after_word

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


def _closure(states: Iterable[int], skips: Mapping[int, int]) -> States:
    """Return the states and all states that they reach by skipping optional steps."""
    reached = set(states)
    for state in tuple(reached):
        at = state
        while at in skips:
            at = skips[at]
            reached.add(at)
    return frozenset(reached)
