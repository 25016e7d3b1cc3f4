"""Compiles patterns into the tables of ``PhraseIndex``."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from shared.text_matching.automaton import AutomatonBuilder, PhraseAutomaton
from shared.text_matching.gap_matcher import CLOSING, GapMatcher, GapMatcherBuilder
from shared.text_matching.notation import Part, parse_pattern
from shared.text_matching.spelling import words_by_deletion


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
