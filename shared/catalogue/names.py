"""Says which name is unknown, and which known one may have been meant."""

from collections.abc import Iterable
from difflib import get_close_matches


def unknown(what: str, name: str, known: Iterable[str], file: str) -> str:
    """Return the reason of a fault about a name that nothing declares."""
    near = get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]}? Else " if near else ""
    return f"no {what} has the name {name}: {hint}declare it in {file}"
