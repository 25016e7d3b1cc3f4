"""The plain reading of a text: what a person reads, whatever characters it is written in."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import unescape
from typing import TypeAlias

Span: TypeAlias = tuple[int, int]
"""Start and end of a part of a text, in characters."""

_ENCODED = (
    r"&(?:amp;){0,3}(?:#\d{2,7};?|#?\w{2,8};)|%(?:25){0,3}[2-7][0-9A-Fa-f]"
    r"|\\u00[2-7][0-9A-Fa-f]|\\x[2-7][0-9A-Fa-f]"
)
_SPECIAL = re.compile(rf"{_ENCODED}|[^\x00-\x7f]")
_MAY_BE_ENCODED = frozenset("&%\\")
_DROPPED = ("Cf", "Mn", "Me")
_READ_AS = {
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
    **dict.fromkeys("\u3002\uff61\u00b7\u2022\u2219\u22c5", "."),
}


@dataclass(frozen=True, slots=True)
class Reading:
    """A text as it is read, and where each of its characters stands in the text as written.

    Attributes:
        text: The text as read.
        starts: Position in the written text of each character, and its length at the end; None
            where both texts are the same.
    """

    text: str
    starts: Sequence[int] | None = None

    def written(self, span: Span) -> Span:
        """Return the part of the written text that a part of the reading stands for."""
        if self.starts is None:
            return span
        return self.starts[span[0]], self.starts[span[1]]

    def replace(
        self, pattern: re.Pattern[str], replacement: Callable[[re.Match[str]], str]
    ) -> "Reading":
        """Return the reading with another text for each match.

        A replacement stands for its whole match, and its letters for equal shares of it.
        """
        pieces: list[str] = []
        starts: list[int] = []
        before = self.starts or range(len(self.text) + 1)
        copied_to = 0
        for match in pattern.finditer(self.text):
            new = replacement(match)
            if new == match.group():
                continue
            start, end = match.span()
            pieces += [self.text[copied_to:start], new]
            starts += before[copied_to:start]
            starts += [before[start + (end - start) * i // len(new)] for i in range(len(new))]
            copied_to = end
        if not copied_to:
            return self
        pieces.append(self.text[copied_to:])
        starts += before[copied_to:]
        return Reading("".join(pieces), starts)


def plain_reading(text: str) -> Reading:
    """Return a text with its characters in their plain forms.

    HTML entities and percent codes are decoded, wide and decorated letters and digits are plain
    ones, and invisible characters are left out.
    """
    if text.isascii() and not _MAY_BE_ENCODED.intersection(text):
        return Reading(text)
    return Reading(text).replace(_SPECIAL, lambda match: _plain(match.group()))


def merged(spans: Iterable[Span]) -> Iterator[Span]:
    """Yield the union of spans from the left, those that overlap or touch as one."""
    start, end = -1, -1
    for span in sorted(spans):
        if span[0] > end:
            if end > start:
                yield start, end
            start, end = span
        else:
            end = max(end, span[1])
    if end > start:
        yield start, end


@lru_cache(maxsize=4096)
def _plain(written: str) -> str:
    if len(written) == 1:
        return _plain_character(written)
    if written[0] != "&":
        return chr(int(written[-2:], 16))
    decoded = unescape(written.replace("amp;", ""))
    return _plain_character(decoded) if len(decoded) == 1 else written


def _plain_character(character: str) -> str:
    kind = unicodedata.category(character)
    if kind in _DROPPED:
        return ""
    if kind == "Zs":
        return " "
    if kind in ("Nd", "No"):
        digit = unicodedata.digit(character, None)
        return character if digit is None else str(digit)
    if read_as := _READ_AS.get(character):
        return read_as
    compatible = unicodedata.normalize("NFKC", character)
    return compatible if len(compatible) == 1 and compatible.isascii() else character
