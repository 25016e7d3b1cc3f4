"""Pattern notation: short forms for many phrases.

``blocking|blocks the|a? right|left lane`` stands for twelve phrases: ``|`` separates alternatives
and ``?`` makes a word optional. A hyphen joins the words of one alternative: ``drop-off|cliff``.
``~`` is a gap of up to six other words between two steps, and ``@name`` stands for the words of a
family: ``@person ~ bleeding``.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import TypeAlias

from shared.text_matching.folding import fold

_GAP = "~"
_FAMILY = re.compile(r"@(\w+)")


@dataclass(frozen=True, slots=True)
class Slot:
    """One step of a pattern: alternatives of one or more words; shared by equal steps."""

    words: frozenset[str]
    phrases: tuple[tuple[str, ...], ...]
    optional: bool


Part: TypeAlias = tuple[Slot, ...]  # steps without a gap between them


@lru_cache(maxsize=8192)  # cities share most patterns, and each is validated before it is indexed
def parse_pattern(pattern: str) -> tuple[Part, ...]:
    """Parse a pattern into its parts, which are separated by gaps.

    Raises:
        ValueError: An alternative is empty, a gap lacks words on one side, or all words of a part
            are optional.
    """
    steps = pattern.split()
    parts = tuple(
        tuple(_slot(step) for step in part)
        for is_gap, part in groupby(steps, lambda step: step == _GAP)
        if not is_gap
    )
    if _GAP in (*steps[:1], *steps[-1:]):
        raise ValueError("a gap needs a word with a letter or digit before it and after it")
    if not parts or any(all(slot.optional for slot in part) for part in parts):
        raise ValueError("one word at least must not be optional")
    return parts


def families_named(pattern: str) -> list[str]:
    """Return the names of the families that a pattern uses."""
    return _FAMILY.findall(pattern)


def expand_families(pattern: str, families: Mapping[str, Sequence[str]]) -> str:
    """Replace the names of families in a pattern by their words."""
    return _FAMILY.sub(lambda name: "|".join(families[name.group(1)]), pattern)


@lru_cache(maxsize=16384)  # the words of a family are used in hundreds of patterns
def _slot(step: str) -> Slot:
    optional = step.endswith("?")
    alternatives = [_folded_words(a) for a in step.removesuffix("?").split("|")]
    if not all(alternatives):
        raise ValueError(
            "each alternative needs a letter or digit; write one|two, or word? if optional"
        )
    return Slot(
        words=frozenset(words[0] for words in alternatives if len(words) == 1),
        phrases=tuple(words for words in alternatives if len(words) > 1),
        optional=optional,
    )


@lru_cache(maxsize=16384)
def _folded_words(alternative: str) -> tuple[str, ...]:
    return tuple(fold(alternative).split())
