"""The reporter's own name in free text, in many forms.

The words of the name are marked in the text first: each of their letters becomes a letter of a
dead script that stands for the word. So the patterns, which look for such letters,
are the same for all names of as many words, and are compiled once.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TypeAlias

from shared.redaction.reading import Span
from shared.redaction.word_lists import words

MAX_QUOTED = 100  # characters of a name that is searched for in any form
_MAX_NAME_WORDS = 12
_MIN_PART = 2
_MOST_OCCURRENCES = 40
_WORD = re.compile(r"\w+")
_INTRODUCTION = (
    r"(?<!\w)(?:my name is|name is|name:|this is|i am|i['\u2019]m"
    r"|soy|me llamo|mi nombre es|nombre:)\s+"
)
_TITLE = (
    r"(?:mrs?|ms|miss|mx|sra?|srta|se[\u00f1n]or(?:a|ita)?|do[\u00f1n]a|don|dr|dra|prof|mister"
    r"|missus)\b\.?\s{1,2}"
)
_SIGNED = r"(?:^|\n|\b(?:thanks|thank you|regards|sincerely|best|cheers|gracias|saludos)\b|--?)"
# Words of these three that may be a name, too, such as "Don" and "Best".
_CUES = words(
    """
    my name is this i am m soy me llamo mi nombre es mr mrs ms miss mx sr sra srta señor señora
    señorita senor senora senorita don doña dona dr dra prof mister missus thanks thank you regards
    sincerely best cheers gracias saludos
    """
)
_MARKS = [chr(0x10330 + number) for number in range(_MAX_NAME_WORDS)]  # Gothic letters
_NO_MARKS = dict.fromkeys(map(ord, _MARKS), "\u00aa")  # a letter as well
_ANY = _MARKS[0]
_CACHED_PATTERNS = 64
_MOST_CHARACTERS = 10_000

_Marks: TypeAlias = Mapping[str, str]  # the letter for each word that is marked


def own_names_in(text: str, name: str) -> Iterator[Span]:
    """Yield the parts of a text that are the reporter's name.

    The full name counts anywhere, in either order, and so do the surname after a title, the
    surname with the initial of the first name and the first name with the initial of the surname.
    A single part of it counts after words such as "my name is" and as a signature. Of a name that
    is too long to be a person's, or that the text is full of, every word counts.
    """
    words = [word for word in name.split() if _WORD.search(word)]
    if len(words) > _MAX_NAME_WORDS or len(name) > MAX_QUOTED:
        yield from _any_words_in(text, name)
        return
    folded = text.casefold()
    if not any(len(word) >= _MIN_PART and word.casefold() in folded for word in words):
        return
    separator = r"\W{1,3}" if len(words) == len(name.split()) else r"\W{1,9}"
    words = [word.translate(_CASELESS) for word in words]
    caseless = text.translate(_CASELESS)
    long = {word for word in words if len(word) >= _MIN_PART}
    if sum(map(caseless.count, long)) > _MOST_OCCURRENCES:
        yield from _any_words_in(text, name)
        return
    text = text.translate(_NO_MARKS)
    yield from _cued(text, caseless, long, len(words), separator)
    if len(words) > 1:
        yield from _bare(text, caseless, words, separator)


def _any_words_in(text: str, name: str) -> Iterator[Span]:
    words = frozenset(_WORD.findall(name.casefold()))
    for match in _WORD.finditer(text):
        if len(match.group()) > 1 and match.group().casefold() in words:
            yield match.span()


def _cued(text: str, caseless: str, words: set[str], count: int, separator: str) -> Iterator[Span]:
    """Yield words of the name after an introduction or a title, or as a signature."""
    cues = {word for word in words if not _CUES.isdisjoint(_WORD.findall(word))}
    marked = _mark(text, caseless, dict.fromkeys(words - cues, _ANY))
    if cues or marked != text:
        for pattern in _cued_patterns(count, tuple(sorted(cues)), separator):
            yield from (match.span("name") for match in pattern.finditer(marked))


@lru_cache(_CACHED_PATTERNS)
def _cued_patterns(count: int, cues: Sequence[str], separator: str) -> Sequence[re.Pattern[str]]:
    """Return the patterns of names with so many words, some of which may be cues."""
    word = "|".join([f"{_ANY}++", *(re.escape(cue) + r"(?!\w)" for cue in cues)])
    between = separator.replace(r"\W", r"[^\w,\n]")
    some = rf"(?:{word})(?>(?:{between}(?:{word})){{0,{count - 1}}})"
    forms = (
        rf"{_INTRODUCTION}(?P<name>{some})(?!\w)",
        rf"(?<!\w)(?P<name>{_TITLE}(?:\w\.?\s)?{some})(?!\w)",
        rf"{_SIGNED}[^\w\n]{{0,3}}\n?(?P<name>{some})[^\w\n]{{0,3}}$",
    )
    return [re.compile(form, re.IGNORECASE) for form in forms]


def _bare(text: str, caseless: str, words: Sequence[str], separator: str) -> Iterator[Span]:
    """Yield the full name, and forms with an initial."""
    marks = dict(zip(dict.fromkeys(words), _MARKS, strict=False))
    marked = _mark(text, caseless, marks)
    if marked == text:
        return
    of_words = "".join(map(marks.__getitem__, words))
    for pattern, initial_of in _bare_patterns(of_words, separator):
        initial = words[initial_of][0]
        for match in pattern.finditer(marked):
            if not match["initial"] or caseless[match.start("initial")] == initial:
                yield match.span("name")


@lru_cache(_CACHED_PATTERNS)
def _bare_patterns(words: str, separator: str) -> Sequence[tuple[re.Pattern[str], int]]:
    """Return the patterns of names with words of these marks, and whose initial each may have."""
    whole = separator.join(f"{word}++" for word in words)
    first, last = f"{words[0]}++", f"[{words[1:]}]++"
    surnames = rf"(?<![{words[1:]}]\s){last}(?>(?:\s{last})*)"
    initial = r"(?P<initial>\w)"
    forms = (
        (rf"{whole}(?P<initial>)", 0),
        (rf"{first}\s(?:\w\.?\s)?{last}(?:\s{last})*(?P<initial>)", 0),
        (rf"{surnames}\s?,\s?(?:{first}|{initial}\b\.?)", 0),
        (rf"{initial}\.\s?{last}", 0),
        (rf"{first}\s{initial}\.", -1),
    )
    return [
        (re.compile(rf"(?<!\w)(?P<name>{form})(?!\w)"), initial_of) for form, initial_of in forms
    ]


def _mark(text: str, caseless: str, marks: _Marks) -> str:
    """Return the text, as long as before, with each letter of a whole word of ``marks`` replaced.

    Of two words that overlap the first is marked, and of two that begin together the longer one.
    """
    found = sorted(
        (start, -len(word), mark)
        for word, mark in marks.items()
        for start in _places(caseless, word)
    )
    pieces, copied_to = [], 0
    for start, length, mark in found:
        if start >= copied_to:
            pieces += [text[copied_to:start], mark * -length]
            copied_to = start - length
    return "".join([*pieces, text[copied_to:]])


def _places(text: str, word: str) -> Iterator[int]:
    """Yield the positions at which a word stands by itself."""
    start = text.find(word)
    while start >= 0:
        end = start + len(word)
        if not (_is_letter(text[start - 1 : start]) or _is_letter(text[end : end + 1])):
            yield start
        start = text.find(word, start + 1)


def _is_letter(character: str) -> bool:
    return character.isalnum() or character == "_"


class _Caseless(dict[int, str]):
    """One character for all cases of a character by its code, as patterns see them."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        cases = (character.casefold(), character.lower(), character)
        one = next(case for case in cases if len(case) == 1)
        if len(self) < _MOST_CHARACTERS:
            self[code] = one
        return one


_CASELESS = _Caseless({ord("\u0130"): "i", ord("\u0131"): "i"})
