"""Phrase index: finds the phrases of thousands of patterns in one pass over a text."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from operator import itemgetter
from typing import NamedTuple, TypeAlias

from shared.text_matching.automaton import PhraseAutomaton, States
from shared.text_matching.gap_matcher import CLOSING, GapMatcher, PartMasks, numbers_in
from shared.text_matching.notation import Part, parse_pattern
from shared.text_matching.spelling import UNKNOWN, Spelling

_CACHED_MASKS = 20_000

_Ends: TypeAlias = dict[tuple[int, str], int]
"""End of the longest phrase by first word and code."""


class Hit(NamedTuple):
    """A phrase found in a text.

    Attributes:
        code: Code of its pattern.
        phrase: The words of the folded text.
        start_word: Index of its first word.
        end_word: Index after its last word.
    """

    code: str
    phrase: str
    start_word: int
    end_word: int


class _Transitions(dict[str, "_Node | None"]):
    """Next node by word, computed on first use: texts use few of all possible combinations."""

    def __init__(self, after: Callable[[str], "_Node | None"]) -> None:
        super().__init__()
        self._after = after

    def __missing__(self, word: str) -> "_Node | None":
        node = self[word] = self._after(word)
        return node


@dataclass(slots=True)
class _Node:
    """A state of the deterministic automaton, made of states of ``PhraseAutomaton``.

    Attributes:
        codes: Codes of the phrases that end here.
        exceptions: Codes of the exceptions that end here.
        part_masks: Parts of patterns with gaps that end here.
        is_end: Whether any of the above is not empty.
        transitions: Next nodes.
    """

    codes: tuple[str, ...]
    exceptions: tuple[str, ...]
    part_masks: PartMasks
    is_end: bool
    transitions: _Transitions


class _Matches:
    """Matches in a text: the longest phrase of each code from each word, and all exceptions."""

    def __init__(self) -> None:
        self.ends: _Ends = {}
        self.exceptions: list[Hit] = []
        self.parts: defaultdict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)

    def add(self, code: str, start: int, end: int, *, is_exception: bool) -> None:
        """Add a phrase or an exception."""
        if is_exception:
            self.exceptions.append(Hit(code, "", start, end))
        elif self.ends.get((start, code), 0) < end:
            self.ends[start, code] = end

    def add_node(self, node: _Node, start: int, end: int) -> None:
        """Add everything that ends at a node."""
        for code in node.codes:
            self.ends[start, code] = end
        for code in node.exceptions:
            self.exceptions.append(Hit(code, "", start, end))
        for number, mask in node.part_masks.items():
            self.parts[number, start].append((end, mask))


class PhraseIndex:
    """An index of patterns with a code each."""

    def __init__(
        self,
        phrases: Iterable[tuple[str, str]],
        exceptions: Iterable[tuple[str, str]] = (),
        *,
        is_lenient: bool = False,
    ) -> None:
        """Index pairs of code and pattern.

        Args:
            phrases: Patterns to find.
            exceptions: Patterns that only look like it: a phrase of the same code that overlaps
                one is not found.
            is_lenient: Whether misspelt words match.

        Raises:
            ValueError: A pattern is invalid in the notation of ``shared.text_matching.notation``.
        """
        self._chains, self._gapped = PhraseAutomaton(), GapMatcher()
        self._codes: dict[int, str] = {}
        self._exceptions: dict[int, str] = {}
        self._part_masks: dict[int, defaultdict[int, int]] = {}
        self._states_of_parts: dict[Part, int] = {}
        self._gap_patterns: list[tuple[str, bool]] = []
        for code, pattern in phrases:
            self._add(code, pattern, is_exception=False)
        for code, pattern in exceptions:
            self._add(code, pattern, is_exception=True)
        self._gapped.close()
        self._codes_of = lru_cache(_CACHED_MASKS)(self._look_up)
        known = self._chains.words() | self._gapped.words() | CLOSING
        self._read = Spelling(known).read if is_lenient else _exact_reader(known)
        self._nodes: dict[States, _Node] = {}
        self._start: dict[str, _Node | None] = dict.fromkeys((*known, UNKNOWN))
        for word, states in self._chains.initial().items():
            self._start[word] = self._node(states)

    def find(self, folded: str) -> list[Hit]:
        """Return every phrase in a folded text, in order.

        Of several phrases of one code that begin at the same word only the longest counts.
        """
        written = folded.split()
        words = self._read(written)
        matches = self._match_chains(words)
        for mask, start, end in self._gapped.find(words, matches.parts):
            for code, is_exception in self._codes_of(mask):
                matches.add(code, start, end, is_exception=is_exception)
        hits = [
            Hit(code, " ".join(written[start:end]), start, end)
            for (start, code), end in matches.ends.items()
        ]
        if matches.exceptions:
            hits = _without_overlapping(hits, matches.exceptions)
        hits.sort(key=itemgetter(2))
        return hits

    def _match_chains(self, words: Sequence[str]) -> _Matches:
        """Match the patterns without gaps, and the parts of those with gaps."""
        matches = _Matches()
        count, initial = len(words), self._start
        for start in range(count):
            node = initial[words[start]]
            end = start + 1
            while node is not None:
                if node.is_end:
                    matches.add_node(node, start, end)
                if end == count:
                    break
                node = node.transitions[words[end]]
                end += 1
        return matches

    def _add(self, code: str, pattern: str, *, is_exception: bool) -> None:
        parts = parse_pattern(pattern)
        if len(parts) == 1:
            codes = self._exceptions if is_exception else self._codes
            codes[self._chains.add(parts[0])] = code
            return
        self._gap_patterns.append((code, is_exception))
        bit, longer = self._gapped.add(parts)
        for number, part in longer:
            if part not in self._states_of_parts:
                self._states_of_parts[part] = self._chains.add(part)
            state = self._states_of_parts[part]
            self._part_masks.setdefault(state, defaultdict(int))[number] |= bit

    def _look_up(self, mask: int) -> Collection[tuple[str, bool]]:
        """Return the codes of a mask's patterns, each with whether it is an exception."""
        return {self._gap_patterns[number] for number in numbers_in(mask)}

    def _after(self, states: States, word: str) -> _Node | None:
        after = self._chains.after(states, word)
        return self._node(after) if after else None

    def _node(self, states: States) -> _Node:
        node = self._nodes.get(states)
        if node is None:
            codes = _codes_at(self._codes, states)
            exceptions = _codes_at(self._exceptions, states)
            masks = self._masks_at(states)
            transitions = _Transitions(partial(self._after, states))
            is_end = bool(codes or exceptions or masks)
            node = _Node(codes, exceptions, masks, is_end, transitions)
            self._nodes[states] = node
        return node

    def _masks_at(self, states: States) -> PartMasks:
        masks: defaultdict[int, int] = defaultdict(int)
        for state in states & self._part_masks.keys():
            for number, mask in self._part_masks[state].items():
                masks[number] |= mask
        return dict(masks)


def _exact_reader(known: frozenset[str]) -> Callable[[list[str]], list[str]]:
    return lambda words: [word if word in known else UNKNOWN for word in words]


def _codes_at(codes: Mapping[int, str], states: States) -> tuple[str, ...]:
    return tuple(sorted({codes[state] for state in states if state in codes}))


def _without_overlapping(hits: Iterable[Hit], exceptions: Iterable[Hit]) -> list[Hit]:
    """Return the hits that overlap no exception of their code."""
    starts: defaultdict[str, list[int]] = defaultdict(list)
    largest_ends: defaultdict[str, list[int]] = defaultdict(list)  # up to each start
    for exception in sorted(exceptions, key=itemgetter(2)):
        ends = largest_ends[exception.code]
        starts[exception.code].append(exception.start_word)
        ends.append(max(exception.end_word, ends[-1] if ends else 0))

    def overlaps(hit: Hit) -> bool:
        before = bisect_left(starts[hit.code], hit.end_word)
        return before > 0 and largest_ends[hit.code][before - 1] > hit.start_word

    return [hit for hit in hits if not overlaps(hit)]
