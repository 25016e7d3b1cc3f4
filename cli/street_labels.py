"""Names of streets as signs have them."""

from shared.street_words import ABBREVIATIONS
from shared.text_matching import fold

_DIRECTIONS = frozenset({"n", "s", "e", "w", "ne", "nw", "se", "sw"})


def short_label(label: str) -> str:
    """Return a street's name in short: ``SW 4th Ave`` for ``Southwest 4th Avenue``."""
    words = label.replace(",", "").split()
    short = [ABBREVIATIONS.get(fold(word), fold(word)) for word in words]
    if len(words) > 1 and short[0] in _DIRECTIONS:
        words[0] = short[0].upper()
    if len(words) > 1 and fold(words[-1]) in ABBREVIATIONS:
        words[-1] = short[-1].upper() if short[-1] in _DIRECTIONS else short[-1].capitalize()
    return " ".join(words)
