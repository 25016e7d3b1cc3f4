"""Short notation for the many ways to say one thing.

``blocking|blocks the|a? right|left lane`` stands for twelve phrases: ``|`` parts alternatives and
``?`` makes a word optional. A hyphen joins the words of one alternative: ``drop-off|cliff``.
``~`` lets up to six other words stand between two steps, and ``@name`` stands for the words of a
family: ``@person ~ bleeding``.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from shared.phrases.folding import fold

ANY_WORD = "*"
"""Stands in a slot for every word that does not close a gap."""

_GAP = "~"
_WORDS_IN_A_GAP = 6
_FAMILY = re.compile(r"@(\w+)")


@dataclass(frozen=True, slots=True)
class Slot:
    """One step of a wording: alternatives of one or more words each, or nothing if optional."""

    alternatives: tuple[tuple[str, ...], ...]
    optional: bool


_ONE_OTHER_WORD = Slot(((ANY_WORD,),), optional=True)


@lru_cache(maxsize=4096)  # cities share most wordings, and each is checked before it is indexed
def read_wording(wording: str) -> tuple[Slot, ...]:
    """Return the steps of a wording.

    Raises:
        ValueError: An alternative is empty, a gap has no words on both sides, or the whole wording
            may be left out.
    """
    steps = wording.split()
    slots = tuple(slot for step in steps for slot in _slots(step))
    if all(slot.optional for slot in slots):
        raise ValueError("one word at least must not be optional")
    if _GAP in (steps[0], steps[-1]):
        raise ValueError("a gap needs a word with a letter or digit before it and after it")
    return slots


def families_in(wording: str) -> list[str]:
    """Return the names of the families of words that a wording uses."""
    return _FAMILY.findall(wording)


def with_families(wording: str, families: Mapping[str, Sequence[str]]) -> str:
    """Return the wording with the words of each family in place of its name.

    Raises:
        KeyError: A family has no words.
    """
    return _FAMILY.sub(lambda name: "|".join(families[name.group(1)]), wording)


def _slots(step: str) -> Iterator[Slot]:
    if step == _GAP:
        yield from (_ONE_OTHER_WORD for _ in range(_WORDS_IN_A_GAP))
    else:
        yield _slot(step)


@lru_cache(maxsize=4096)  # families of words stand in hundreds of wordings
def _slot(step: str) -> Slot:
    optional = step.endswith("?")
    alternatives = tuple(tuple(fold(a).split()) for a in step.removesuffix("?").split("|"))
    if not all(alternatives):
        raise ValueError(
            "each alternative needs a letter or digit; write one|two, or word? if optional"
        )
    return Slot(alternatives, optional)
