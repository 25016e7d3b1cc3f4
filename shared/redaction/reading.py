"""The plain reading of a text: its visible content, independent of characters and encodings."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import unescape
from typing import TypeAlias

Span: TypeAlias = tuple[int, int]  # start and end of a part of a text, in characters

_ENCODED = re.compile(
    r"&(?:amp;){0,3}(?:#\d{2,7};?|#?\w{2,8};)|%(?:25){0,3}[2-7][0-9A-Fa-f]"
    r"|\\u00[2-7][0-9A-Fa-f]|\\x[2-7][0-9A-Fa-f]"
)
_KEPT = "\n\t\u200c\u200d"
_DROPPED = ("Cf", "Mn", "Me")
_READ_AS = {
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
    **dict.fromkeys("\u3002\uff61\u00b7\u2022\u2219\u22c5", "."),
}


@dataclass(frozen=True, slots=True)
class Reading:
    """A plain text with the position of each of its characters in the text as written.

    Attributes:
        starts: Position in the written text of each character, and its length at the end; None
            where both texts are the same.
    """

    text: str
    starts: Sequence[int] | None = None

    def written(self, span: Span) -> Span:
        """Return the part of the written text that corresponds to a part of the reading."""
        if self.starts is None:
            return span
        return self.starts[span[0]], self.starts[span[1]]

    def replace(
        self, pattern: re.Pattern[str], replacement: Callable[[re.Match[str]], str]
    ) -> "Reading":
        """Return the reading with another text for each match.

        A replacement corresponds to its whole match, and its letters to equal shares of it.
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

    HTML entities and percent codes are decoded, wide and decorated letters and digits become plain
    ones, and invisible characters are removed.
    """
    reading = Reading(text)
    if "&" in text or "%" in text or "\\" in text:
        reading = reading.replace(_ENCODED, _decoded)
    if reading.text.isascii():
        return reading
    plain = reading.text.translate(_PLAIN)
    if plain == reading.text:
        return reading
    if len(plain) == len(reading.text):  # each character became one
        return Reading(plain, reading.starts)
    before = reading.starts or range(len(reading.text) + 1)
    starts = [
        start for start, written in zip(before, reading.text, strict=False) if _PLAIN[ord(written)]
    ]
    return Reading(plain, [*starts, before[-1]])


def visible(text: str) -> str:
    """Return the text without invisible characters; joiners and line ends stay.

    Messages leave them out, and a link that they broke would be one again.
    """
    if text.isprintable():
        return text
    return "".join(c for c in text if c in _KEPT or unicodedata.category(c)[0] != "C")


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


def _decoded(match: re.Match[str]) -> str:
    written = match.group()
    if written[0] != "&":
        return chr(int(written[-2:], 16))
    decoded = unescape(written.replace("amp;", ""))
    return decoded if len(decoded) == 1 else written


class _PlainForms(dict[int, str]):
    """The plain form of each character by its code, computed on first use."""

    def __missing__(self, code: int) -> str:
        if len(self) >= _MOST_FORMS:
            self.clear()
        self[code] = plain = _plain_character(chr(code))
        return plain


_MOST_FORMS = 10_000
_PLAIN = _PlainForms()


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
