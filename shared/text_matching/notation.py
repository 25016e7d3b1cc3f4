"""Short notation for the many ways to say one thing.

``blocking|blocks the|a? right|left lane`` stands for twelve phrases: ``|`` parts alternatives and
``?`` makes a word optional. A hyphen joins the words of one alternative: ``drop-off|cliff``.
``~`` lets up to six other words stand between two steps, and ``@name`` stands for the words of a
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
    """One step of a wording: alternatives of one or more words each, or nothing if optional."""

    alternatives: tuple[tuple[str, ...], ...]
    optional: bool


Part: TypeAlias = tuple[Slot, ...]
"""Steps that follow each other at once."""


@lru_cache(maxsize=8192)  # cities share most wordings, and each is checked before it is indexed
def parse_pattern(wording: str) -> tuple[Part, ...]:
    """Return the parts of a wording, with a gap between each and the next.

    Raises:
        ValueError: An alternative is empty, a gap has no words on both sides, or a whole part may
            be left out.
    """
    steps = wording.split()
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


def families_named(wording: str) -> list[str]:
    """Return the names of the families of words that a wording uses."""
    return _FAMILY.findall(wording)


def expand_families(wording: str, families: Mapping[str, Sequence[str]]) -> str:
    """Return the wording with the words of each family in place of its name.

    Raises:
        KeyError: A family has no words.
    """
    return _FAMILY.sub(lambda name: "|".join(families[name.group(1)]), wording)


@lru_cache(maxsize=8192)  # families of words stand in hundreds of wordings
def _slot(step: str) -> Slot:
    optional = step.endswith("?")
    alternatives = tuple(tuple(fold(a).split()) for a in step.removesuffix("?").split("|"))
    if not all(alternatives):
        raise ValueError(
            "each alternative needs a letter or digit; write one|two, or word? if optional"
        )
    return Slot(alternatives, optional)
