"""Tracking numbers in a text."""

import re
from collections.abc import Iterator

from services.intake.rules.tracking_number import read_tracking_number
from shared.redaction import REMOVED

_CANDIDATE = re.compile(r"(?<!\w)\d{2}[ -]?\w{4}[ -]?\w{2,16}(?!\w)", re.ASCII)
_MAX_CANDIDATES = 5
_AS_GIVEN = re.compile(r"(?<!\w)\d{2}(-?)\w{4}\1\w{6}(?!\w)", re.ASCII)


def numbers_in(text: str) -> Iterator[str]:
    """Yield the tracking numbers of a text in canonical form, with or without hyphens.

    A word may be one by chance, one in 29 of the right form: look it up.
    """
    for count, candidate in enumerate(_CANDIDATE.finditer(text)):
        if count == _MAX_CANDIDATES:
            return
        if number := read_tracking_number(candidate[0]):
            yield number


def without_numbers(text: str) -> str:
    """Return a text for everybody, without the tracking numbers that it quotes."""
    return _AS_GIVEN.sub(
        lambda found: REMOVED if read_tracking_number(found[0]) else found[0], text
    )
