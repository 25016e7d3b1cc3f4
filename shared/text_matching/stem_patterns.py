"""Patterns for languages that inflect words or write them without spaces.

A pattern is a sequence of steps. ``|`` separates alternatives, a hyphen joins the words of one,
``*`` stands for any ending, and ``?`` makes a step optional. ``~`` is a gap inside a sentence, and
``&`` joins two sequences in either order: ``дом* & горит|пылает``. Signs of scripts without spaces,
and Korean, match anywhere in a run of signs; Arabic words match with and without their prefixes.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import NamedTuple

import re2

from shared.text_matching.folding import fold, limit_marks

# Thai and Lao, and the scripts of China, Japan and Korea.
_UNSPACED = re.compile("[\u0e00-\u0eff\u1100-\u11ff\u2e80-\U0010ffff]")
_GAP = "[^.]{0,60}?"
_ANY_GAP = "[^.]*"  # RE2 would expand the number
_WORD_LIKE = re.compile(r"[\w\u0e80-\u0eff]+|\.")  # \w lacks the vowel signs of Lao
_SENTENCE_ENDS = re.compile(r"[.!?;\n。؟؛]+")
_APOSTROPHES = re.compile(r"(?<=\w)['\u2019\u02bc](?=\w)")
_ARABIC_MARKS = "\u0640\u064b\u064c\u064d\u064e\u064f\u0650\u0651\u0652"
# Romanian letters that many write without marks, and Russian yo.
_SAME = str.maketrans("ăâîșşțţ\u0451", "aaisstt\u0435", _ARABIC_MARKS)
_ARABIC_PREFIXES = "[وف]?(?:ال|بال|لل|كال|[بلك])?"
_ARABIC_LETTERS = str.maketrans(  # alef, heh and yeh in the forms that are mixed up
    {
        "\u0627": "[\u0627\u0623\u0625\u0622]",
        "\u0647": "[\u0647\u0629]",
        "\u0629": "[\u0647\u0629]",
        "\u064a": "[\u064a\u0649]",
    }
)
_MAX_MEMORY = 64 << 20  # bytes of the scan's automaton
_DENIED = " . "


class StemEntry(NamedTuple):
    """Patterns of one language for one code; exceptions only look like it, or deny it."""

    code: str
    phrases: tuple[str, ...]
    exceptions: tuple[str, ...]


class StemMatches(NamedTuple):
    """Codes with the words that state them, and the codes that a text denies."""

    stated: Mapping[str, str]
    denied: Collection[str]


_NOTHING = StemMatches({}, ())


class StemPatterns:
    """A set of patterns that are searched together, in one pass over a text that has none."""

    def __init__(self, entries: Iterable[StemEntry]) -> None:
        compiled = [_Compiled(entry) for entry in entries]
        self._spaced = _Scan([one for one in compiled if one.is_spaced])
        self._unspaced = _Scan([one for one in compiled if not one.is_spaced])

    def may_match(self, text: str, folded: str) -> bool:
        """Return True when a pattern may match a text, whose folded form is given."""
        return any(True for _ in self._possible(text, folded))

    def find(self, text: str, folded: str) -> StemMatches:
        """Return the codes whose patterns match, each with words of the folded text."""
        stated: dict[str, str] = {}
        denied = set[str]()
        for one, form in self._possible(text, folded):
            kept = one.exceptions.sub(_DENIED, form) if one.exceptions else form
            if match := one.phrases.search(kept):
                stated.setdefault(one.code, _evidence(match.group(), folded))
            elif kept != form:
                denied.add(one.code)
        return StemMatches(stated, denied - stated.keys()) if stated or denied else _NOTHING

    def _possible(self, text: str, folded: str) -> Iterator[tuple["_Compiled", str]]:
        """Yield the patterns that may match, each with the form of the text that it reads."""
        if text.isascii() and not self._spaced.possible(f" {folded} "):
            return
        form = _spaced_form(text)
        for one in self._spaced.possible(form):
            yield one, form
        if _UNSPACED.search(form):
            form = form.replace(" ", "")
            for one in self._unspaced.possible(form):
                yield one, form


@lru_cache(maxsize=4)
def stem_patterns(entries: tuple[StemEntry, ...]) -> StemPatterns:
    """Return the patterns of entries, which all cities share."""
    return StemPatterns(entries)


class _Compiled:
    """The patterns of one entry as regular expressions."""

    def __init__(self, entry: StemEntry) -> None:
        self.code, self._entry = entry.code, entry
        self.is_spaced = _is_spaced(entry.phrases[0])

    @cached_property
    def phrases(self) -> re.Pattern[str]:
        return re.compile("|".join(_regexes(self._entry.phrases, _GAP)))

    @cached_property
    def exceptions(self) -> re.Pattern[str] | None:
        found = "|".join(_regexes(self._entry.exceptions, _GAP))
        return re.compile(found) if found else None

    @property
    def scanned(self) -> str:
        """One expression of RE2 that finds all that the others find."""
        return "|".join(_regexes((*self._entry.phrases, *self._entry.exceptions), _ANY_GAP))


class _Scan:
    def __init__(self, compiled: Sequence[_Compiled]) -> None:
        options = re2.Options()
        options.max_mem = _MAX_MEMORY
        self._compiled, self._set = compiled, re2.Set.SearchSet(options)
        for one in compiled:
            self._set.Add(one.scanned)
        self._set.Compile()

    def possible(self, form: str) -> Sequence[_Compiled]:
        return [self._compiled[number] for number in self._set.Match(form) or ()]


def check_stems(pattern: str) -> str:
    """Return the pattern; ValueError for one that cannot be read."""
    steps = pattern.replace("&", "~").split()
    words = [word for step in steps for word in re.split(r"[|-]", step.removesuffix("?"))]
    if "~" in (*steps[:1], *steps[-1:]) or not all(word.strip("*") for word in words):
        raise ValueError("each step needs a word, and so does each side of | - ~ &")
    if len({_is_spaced(word) for word in words if word != "~"}) > 1:
        raise ValueError("write one pattern for scripts with spaces, another for those without")
    return pattern


def _regexes(patterns: Iterable[str], gap: str) -> Iterator[str]:
    for pattern in patterns:
        first, _, second = map(str.strip, pattern.partition("&"))
        orders = (f"{first} ~ {second}", f"{second} ~ {first}") if second else (first,)
        end = " " if _is_spaced(pattern) else ""
        yield from ("".join(_steps(order, gap)) + end for order in orders)


def _steps(pattern: str, gap: str) -> Iterator[str]:
    for step in pattern.split():
        if step == "~":
            yield gap
            continue
        words = "|".join(map(_word, step.removesuffix("?").split("|")))
        blank = " " if _is_spaced(step) else ""
        yield f"(?:{blank}(?:{words}))" + ("?" if step.endswith("?") else "")


def _word(alternative: str) -> str:
    plain = _plain(alternative)
    if not _is_spaced(plain):
        return plain.replace("-", "")
    if "\u0600" <= plain[0] <= "\u06ff":
        plain = _ARABIC_PREFIXES + plain.translate(_ARABIC_LETTERS)
    return plain.replace("-", " ").replace("*", "[^ ]*")


def _is_spaced(text: str) -> bool:
    return _UNSPACED.search(text) is None


def _evidence(found: str, folded: str) -> str:
    """Return the words of the folded text with the letters that were found in another form."""
    letters = fold(found).replace(" ", "")
    match = re.search(" ?".join(map(re.escape, letters)), folded)
    return match.group() if match else folded


def _spaced_form(text: str) -> str:
    """Return a text as words with single blanks around them; a point ends a sentence."""
    words = _WORD_LIKE.findall(_SENTENCE_ENDS.sub(_DENIED, _plain(limit_marks(text))))
    return f" {' '.join(words)} "


def _plain(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).casefold()
    return _APOSTROPHES.sub("", plain).translate(_SAME)
