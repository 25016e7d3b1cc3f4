"""Comparison of the danger in a text with the report before it."""

import re
from collections.abc import Collection, Iterator

from services.intake.channels.conversations.rules.text_reading import ReportReading
from services.intake.identifiers import read_tracking_number
from shared.redaction import REMOVED


def is_another_danger(found: ReportReading, kind: str, dangers: Collection[str]) -> bool:
    """Return True for a text about another danger to life than the report before it.

    It is the same one where the text names the kind of the report, or a condition that made that
    report a danger: "the wire is still sparking". A text that names neither kind nor condition
    says nothing of its own and belongs to the report.
    """
    names_kind = not found.is_other
    is_same = (names_kind and found.service_code == kind) or not found.dangers.isdisjoint(dangers)
    return found.is_danger and not is_same and (names_kind or bool(found.dangers))


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
    """Remove quoted tracking numbers from a text for the public."""
    return _AS_GIVEN.sub(
        lambda found: REMOVED if read_tracking_number(found[0]) else found[0], text
    )
