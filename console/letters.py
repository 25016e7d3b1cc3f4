"""Single-letter keys: the usual ones, and those that a person gave to an action."""

from collections.abc import Mapping
from string import ascii_lowercase
from types import MappingProxyType

LETTERS: Mapping[str, str] = MappingProxyType(
    {
        "next": "j",
        "previous": "k",
        "search": "/",
        "new": "n",
        "acknowledge": "a",
        "raise": "e",
        "merge": "m",
        "split": "s",
        "close": "c",
        "undo": "u",
        "help": "?",
    }
)
FIELD = "letter_"  # with the action: name of a field
_ALLOWED = frozenset(ascii_lowercase) | {"/", "?", ""}  # with Alt, other keys have no fixed place


class BadLettersError(ValueError):
    """The letters cannot be used; the text is the action at fault."""


def letters_of(own: Mapping[str, str]) -> Mapping[str, str]:
    """Return the key of each action; an empty one is off."""
    return {action: own.get(action, usual) for action, usual in LETTERS.items()}


def own_letters(fields: Mapping[str, str]) -> dict[str, str]:
    """Return the keys of a form that differ from the usual ones.

    Raises:
        BadLettersError: A key is no single letter, or two actions have the same.
    """
    given = {
        action: fields.get(FIELD + action, usual).strip().lower()
        for action, usual in LETTERS.items()
    }
    taken: set[str] = set()
    for action, letter in given.items():
        if letter not in _ALLOWED or letter in taken:
            raise BadLettersError(action)
        taken |= {letter} - {""}
    return {action: letter for action, letter in given.items() if letter != LETTERS[action]}
