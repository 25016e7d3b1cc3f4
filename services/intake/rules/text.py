"""Normalization of free text."""

import re
import unicodedata
from collections.abc import Mapping, Sequence

from shared.redaction import Answer
from shared.text_matching import limit_marks
from shared.vocabulary import primary_subtag

_LINE_END = re.compile(r"\r\n?")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Control characters, and those that reorder the text around them on a screen."""


def normalize_text(text: str) -> str:
    """Return the text in NFC, without control characters and surrounding blanks; idempotent.

    Tabs stay, and every line ends with a newline. Bidirectional embeddings, overrides and isolates
    go, so that a text never changes how its neighbours look; letters of any script keep their
    direction. A letter has at most 30 combining marks.
    """
    text = text.strip()
    if text.isprintable():
        return text if text.isascii() else unicodedata.normalize("NFC", limit_marks(text))
    text = _CONTROL.sub("", _LINE_END.sub("\n", text))
    return unicodedata.normalize("NFC", limit_marks(text)).strip()


def normalize_or_none(text: str | None) -> str | None:
    """Return the normalized text, or None when nothing is left of it."""
    return (normalize_text(text) or None) if text else None


def normalize_attributes(attributes: Mapping[str, Answer]) -> dict[str, Answer]:
    """Return the answers with normalized names and texts, without those whose name is blank."""
    normalized = {normalize_text(name): _normalize(answer) for name, answer in attributes.items()}
    normalized.pop("", None)
    return normalized


def split_text(text: str, limit: int) -> list[str]:
    """Return a text in parts of at most ``limit`` characters, cut behind words where it can be."""
    parts = []
    while len(text) > limit:
        end = max(text.rfind(blank, 0, limit) for blank in " \n") + 1 or limit
        parts.append(text[:end].rstrip())
        text = text[end:]
    return [*parts, text]


def _normalize(answer: Answer) -> Answer:
    if isinstance(answer, str):
        return normalize_text(answer)
    return [normalize_text(part) for part in answer] if isinstance(answer, list) else answer


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
