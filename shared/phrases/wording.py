"""Short notation for the many ways to say one thing.

``blocking|blocks the|a? right|left lane`` stands for twelve phrases: ``|`` parts alternatives and
``?`` makes a word optional. A hyphen joins the words of one alternative: ``drop-off|cliff``.
"""

from dataclasses import dataclass
from functools import lru_cache

from shared.phrases.folding import fold


@dataclass(frozen=True, slots=True)
class Slot:
    """One step of a wording: alternatives of one or more words each, or nothing if optional."""

    alternatives: tuple[tuple[str, ...], ...]
    optional: bool


@lru_cache(maxsize=4096)  # cities share most wordings, and each is checked before it is indexed
def read_wording(wording: str) -> tuple[Slot, ...]:
    """Return the steps of a wording.

    Raises:
        ValueError: An alternative is empty, or the whole wording may be left out.
    """
    slots = tuple(_slot(step) for step in wording.split())
    if all(slot.optional for slot in slots):
        raise ValueError("one word at least must not be optional")
    return slots


def _slot(step: str) -> Slot:
    optional = step.endswith("?")
    alternatives = tuple(tuple(fold(a).split()) for a in step.removesuffix("?").split("|"))
    if not all(alternatives):
        raise ValueError(
            "each alternative needs a letter or digit; write one|two, or word? if optional"
        )
    return Slot(alternatives, optional)
