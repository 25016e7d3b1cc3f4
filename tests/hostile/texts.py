"""Adversarial texts by family: each is made in any size, and anew for each variant.

A variant ends in letters of its own, attached to what stands before, so that no cache of words
knows it.
"""

from collections.abc import Callable, Mapping
from random import Random
from string import ascii_lowercase
from typing import Any, TypeAlias

SIZES = (250, 500, 1_000, 2_000, 4_000)
"""Characters of a description; the last is the most that intake takes."""
LIST_SIZES = (60_000, 120_000, 240_000, 480_000, 900_000)
"""Characters of all attributes together, in lists of texts of 500 characters."""
_PART = 500
_ATTRIBUTES = 100
_PICTURES = 20
_URL = 1_900

Family: TypeAlias = Callable[[int, int], str]


def _repeated(unit: str) -> Family:
    def make(size: int, variant: int) -> str:
        tail = "".join(Random(variant).choices(ascii_lowercase, k=4))
        return (unit * (size // len(unit) + 1))[: size - len(tail)] + tail

    return make


def _words(letters: str, shortest: int, longest: int, between: str = " ") -> Family:
    def make(size: int, variant: int) -> str:
        random, text = Random(variant), ""
        while len(text) < size:
            length = random.randint(shortest, longest)
            text += "".join(random.choices(letters, k=length)) + between
        return text[:size]

    return make


def _names(size: int, variant: int) -> str:
    return _words(ascii_lowercase, 3, 8)(size, variant).title()


FAMILIES: Mapping[str, Family] = {
    "phones with separators": _repeated("503-555.0142 / "),
    "phones in brackets": _repeated("((503) 555-0142) "),
    "phones with country codes": _repeated("+1 503 555 0142, +44 20 7946 0958; "),
    "digits one by one": _repeated("5 0 3-5.5 5 0/1 4 2 "),
    "digits in one piece": _words("0123456789", 400, 500),
    "dates and amounts": _repeated("12/12/2011 08:30, 1.234.567,89 ~ 10-20-30-40 "),
    "at signs": _repeated("@"),
    "half addresses": _repeated("a.b-c%+@a-b."),
    "one endless word": _words(ascii_lowercase, 4_000, 4_000, ""),
    "one endless verb": _repeated("arando"),
    "drawn-out letters": _repeated("heeeeelp fiiiiire "),
    "U+3316": _repeated("\u3316"),
    "U+FDFA": _repeated("\ufdfa"),
    "expanders with spaces": _repeated("\u3316 \ufdfa \u33c2 \ufb03 \u1e9e "),
    "combining marks": _repeated("\u0301\u0323\u0327"),
    "letters with marks": _repeated("e\u0301\u0323\u0308 n\u0303"),
    "phrases of the catalogue": _repeated(
        "tree fell on a power line and blocks the right lane, smell of gas, pothole, needles "
    ),
    "negations": _repeated("no not never without isn't there is no sin ni nunca "),
    "negated dangers": _repeated("no fire, not on fire, nobody hurt, no one is hurt but "),
    "many names": _names,
    "my name is": _repeated("my name is "),
    "nested brackets": _repeated("[({<"),
    "right to left": _repeated("\u202e\u2067abc\u2069\u202c \u05d0\u05d1 "),
    "zero width": _repeated("a\u200b\u200d\ufeff"),
    "apostrophes": _repeated("a'b\u2019c\u02bc"),
    "unknown words": _words("abcdefgilmnorstu", 6, 9),
    "line ends": _repeated("\r\n\r\t \x0b"),
}


def answers(family: str, variant: int) -> dict[str, Any]:
    """Return as many answers as there may be, each a text as long as it may be."""
    make = FAMILIES[family]
    return {f"a{i}": make(_PART, variant + i) for i in range(_ATTRIBUTES)}


def lists(family: str, size: int, variant: int = 0) -> dict[str, Any]:
    """Return answers that are lists of texts, ``size`` UTF-8 bytes together or little more."""
    text = FAMILIES[family](_PART, variant)
    per_attribute = max(1, size // len(text.encode()) // _ATTRIBUTES)
    return {f"a{i}": [text] * per_attribute for i in range(_ATTRIBUTES)}


def shapes(family: str, variant: int = 0) -> Mapping[str, dict[str, Any]]:
    """Return the ways in which a family comes: in five sizes of text, in answers, in lists."""
    texts = {
        f"{size:,} characters": {"description": FAMILIES[family](size, variant)} for size in SIZES
    }
    name = FAMILIES[family](_PART, variant)
    return {
        **texts,
        "every field": {
            "description": FAMILIES[family](SIZES[-1], variant),
            "attributes": {"a": name},
            "reporter": {"name": name, "email": name, "phone": name, "account_id": name},
        },
        "20 pictures": {
            "media": [
                {"url": f"https://cdn.example.org/?{FAMILIES[family](_URL, variant + i)}"}
                for i in range(_PICTURES)
            ]
        },
        "100 answers": {"attributes": answers(family, variant)},
        **{
            f"{size // 1000} kB of lists": {"attributes": lists(family, size, variant)}
            for size in LIST_SIZES
        },
    }
