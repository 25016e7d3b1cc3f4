"""Phrase index: finds the phrases of thousands of patterns in one pass over a text."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from operator import itemgetter
from typing import NamedTuple, Self, TypeAlias

from shared.text_matching.automaton import AutomatonBuilder, PhraseAutomaton, States
from shared.text_matching.gap_matcher import (
    CLOSING,
    GapMatcher,
    GapMatcherBuilder,
    PartMasks,
    numbers_in,
)
from shared.text_matching.notation import Part, parse_pattern
from shared.text_matching.spelling import UNKNOWN, Spelling, words_by_deletion


@dataclass(frozen=True, slots=True)
class CompiledPhrases:
    """Tables of patterns, made of plain data alone, so that a file can hold them.

    Attributes:
        chains: Automaton of the patterns without gaps, and of parts of several words.
        codes: By accepting state, the code of the phrase.
        exceptions: By accepting state, the code of the exception.
        part_masks: By accepting state of a part, a mask of its patterns for each part index.
        gap_patterns: Code of each pattern with gaps, and whether it is an exception.
        known: Every word of the patterns.
        by_deletion: Known words by their forms without one letter, for ``Spelling``; None where
            misspelt words do not match.
    """

    chains: PhraseAutomaton
    gaps: GapMatcher
    codes: Mapping[int, str]
    exceptions: Mapping[int, str]
    part_masks: Mapping[int, Mapping[int, int]]
    gap_patterns: tuple[tuple[str, bool], ...]
    known: frozenset[str]
    by_deletion: Mapping[str, str] | None


def compile_phrases(
    phrases: Iterable[tuple[str, str]],
    exceptions: Iterable[tuple[str, str]],
    *,
    is_lenient: bool,
) -> CompiledPhrases:
    """Compile pairs of code and pattern; see ``PhraseIndex.of``."""
    compiler = _Compiler()
    for code, pattern in phrases:
        compiler.add(code, pattern, is_exception=False)
    for code, pattern in exceptions:
        compiler.add(code, pattern, is_exception=True)
    return compiler.result(is_lenient=is_lenient)


class _Compiler:
    def __init__(self) -> None:
        self._chains, self._gaps = AutomatonBuilder(), GapMatcherBuilder()
        self._codes: dict[int, str] = {}
        self._exceptions: dict[int, str] = {}
        self._part_masks: dict[int, defaultdict[int, int]] = {}
        self._states_of_parts: dict[Part, int] = {}
        self._gap_patterns: list[tuple[str, bool]] = []

    def add(self, code: str, pattern: str, *, is_exception: bool) -> None:
        parts = parse_pattern(pattern)
        if len(parts) == 1:
            codes = self._exceptions if is_exception else self._codes
            codes[self._chains.add(parts[0])] = code
            return
        self._gap_patterns.append((code, is_exception))
        bit, longer = self._gaps.add(parts)
        for number, part in longer:
            if part not in self._states_of_parts:
                self._states_of_parts[part] = self._chains.add(part)
            state = self._states_of_parts[part]
            self._part_masks.setdefault(state, defaultdict(int))[number] |= bit

    def result(self, *, is_lenient: bool) -> CompiledPhrases:
        gaps = self._gaps.build()
        known = self._chains.words() | gaps.masks.keys() | CLOSING
        return CompiledPhrases(
            self._chains.build(),
            gaps,
            self._codes,
            self._exceptions,
            {state: dict(masks) for state, masks in self._part_masks.items()},
            tuple(self._gap_patterns),
            frozenset(known),
            words_by_deletion(known) if is_lenient else None,
        )


_CACHED_MASKS = 20_000

# End of the longest phrase by first word and code.
_Ends: TypeAlias = dict[tuple[int, str], int]


class Hit(NamedTuple):
    """A phrase of the folded text, from word ``start_word`` to before ``end_word``."""

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

    Codes, exceptions and part masks are those that end here; ``is_end`` when there are any.
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
        if is_exception:
            self.exceptions.append(Hit(code, "", start, end))
        elif self.ends.get((start, code), 0) < end:
            self.ends[start, code] = end

    def add_node(self, node: _Node, start: int, end: int) -> None:
        for code in node.codes:
            self.ends[start, code] = end
        for code in node.exceptions:
            self.exceptions.append(Hit(code, "", start, end))
        for number, mask in node.part_masks.items():
            self.parts[number, start].append((end, mask))


class PhraseIndex:
    """An index of patterns with a code each."""

    def __init__(self, compiled: CompiledPhrases) -> None:
        self.compiled = compiled
        self._codes_of = lru_cache(_CACHED_MASKS)(self._look_up)
        self._read = _reader(compiled)
        self._nodes: dict[States, _Node] = {}
        self._start = _Transitions(self._after_first)

    @classmethod
    def of(
        cls,
        phrases: Iterable[tuple[str, str]],
        exceptions: Iterable[tuple[str, str]] = (),
        *,
        is_lenient: bool = False,
    ) -> Self:
        """Index pairs of code and pattern; ValueError for an invalid pattern.

        Args:
            exceptions: Patterns that only look like it: a phrase of the same code that overlaps
                one is not found.
            is_lenient: Whether misspelt words match.
        """
        return cls(compile_phrases(phrases, exceptions, is_lenient=is_lenient))

    def find(self, folded: str) -> list[Hit]:
        """Return every phrase in a folded text, in order.

        Of several phrases of one code that begin at the same word only the longest counts.
        """
        written = folded.split()
        words = self._read(written)
        matches = self._match_chains(words)
        for mask, start, end in self.compiled.gaps.find(words, matches.parts):
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

    def _look_up(self, mask: int) -> Collection[tuple[str, bool]]:
        """Return the codes of a mask's patterns in order, each with whether it is an exception."""
        patterns = self.compiled.gap_patterns
        return dict.fromkeys(patterns[number] for number in numbers_in(mask))

    def _after_first(self, word: str) -> _Node | None:
        after = self.compiled.chains.initial.get(word)
        return self._node(after) if after else None

    def _after(self, states: States, word: str) -> _Node | None:
        after = self.compiled.chains.after(states, word)
        return self._node(after) if after else None

    def _node(self, states: States) -> _Node:
        node = self._nodes.get(states)
        if node is None:
            codes = _codes_at(self.compiled.codes, states)
            exceptions = _codes_at(self.compiled.exceptions, states)
            masks = self._masks_at(states)
            transitions = _Transitions(partial(self._after, states))
            is_end = bool(codes or exceptions or masks)
            node = _Node(codes, exceptions, masks, is_end, transitions)
            self._nodes[states] = node
        return node

    def _masks_at(self, states: States) -> PartMasks:
        masks: defaultdict[int, int] = defaultdict(int)
        part_masks = self.compiled.part_masks
        for state in states & part_masks.keys():
            for number, mask in part_masks[state].items():
                masks[number] |= mask
        return dict(masks)


def _reader(compiled: CompiledPhrases) -> Callable[[list[str]], list[str]]:
    """Return the function that replaces the words of a text by known words or ``UNKNOWN``."""
    known = compiled.known
    if compiled.by_deletion is not None:
        return Spelling(known, compiled.by_deletion).read
    return lambda words: [word if word in known else UNKNOWN for word in words]


def _codes_at(codes: Mapping[int, str], states: States) -> tuple[str, ...]:
    return tuple(sorted({codes[state] for state in states if state in codes}))


def _without_overlapping(hits: Iterable[Hit], exceptions: Iterable[Hit]) -> list[Hit]:
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
