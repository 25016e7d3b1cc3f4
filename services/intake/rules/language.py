"""Language tags and content negotiation."""

import re
from collections.abc import Sequence

from shared.vocabulary import primary_subtag

_TAG = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*", re.ASCII)
_MAX_RANGES = 20


def is_language_tag(text: str) -> bool:
    """Return True when a text has the form of a BCP 47 tag, such as ``es`` or ``zh-Hans``."""
    return _TAG.fullmatch(text) is not None


def best_language(accept_language: str, offered: Sequence[str]) -> str:
    """Return the offered language with the highest weight in an ``Accept-Language`` header.

    Args:
        accept_language: Value of the header (RFC 9110); empty without one. Only its first 20
            ranges count.
        offered: Primary subtags such as ``es``; the first is the default.
    """
    best, best_weight = offered[0], 0.0
    for language_range in accept_language.split(",")[:_MAX_RANGES]:
        tag, _, parameter = language_range.partition(";")
        language = primary_subtag(tag.strip())
        weight = _weight(parameter)
        if language in offered and weight > best_weight:
            best, best_weight = language, weight
    return best


def _weight(parameter: str) -> float:
    name, _, value = parameter.partition("=")
    if name.strip().lower() != "q":
        return 1.0
    try:
        return min(float(value), 1.0)
    except ValueError:
        return 0.0
