"""Languages: whether a tag is one, and which of ours a person reads best."""

import re
from collections.abc import Sequence

_TAG = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*", re.ASCII)
_MOST_WISHES = 20


def is_language_tag(text: str) -> bool:
    """Say whether a text has the form of a BCP 47 tag, such as ``es`` or ``zh-Hans``."""
    return _TAG.fullmatch(text) is not None


def best_language(wishes: str, offered: Sequence[str]) -> str:
    """Return the offered language that an ``Accept-Language`` header likes best.

    Args:
        wishes: The header's value; empty when there is none.
        offered: Primary subtags such as ``es``; the first is for who wishes none of them.
    """
    best, liking = offered[0], 0.0
    for wish in wishes.split(",")[:_MOST_WISHES]:
        tag, _, parameter = wish.partition(";")
        language = tag.strip().lower().partition("-")[0]
        quality = _quality(parameter)
        if language in offered and quality > liking:
            best, liking = language, quality
    return best


def _quality(parameter: str) -> float:
    name, _, value = parameter.partition("=")
    if name.strip().lower() != "q":
        return 1.0
    try:
        return min(float(value), 1.0)
    except ValueError:
        return 0.0
