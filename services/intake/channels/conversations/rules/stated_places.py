"""Places in a text: the house, crossing or named place that a person wrote, as written."""

import re
from typing import NamedTuple

from shared.street_words import ABBREVIATIONS, STREET_TYPES
from shared.text_matching import fold

_TYPES = "|".join(
    sorted(
        {
            *STREET_TYPES,
            *(word for word, short in ABBREVIATIONS.items() if short in STREET_TYPES),
            *("court", "ct", "place", "pl", "circle", "cir", "way", "loop", "alley"),
        },
        key=len,
        reverse=True,
    )
)
_DIRECTION = r"(?:[ns]\.?\ ?[ew]\.?|north(?:east|west)?|south(?:east|west)?|[nsew]\.?|east|west)"
_NO_NAME = (
    r"(?!(?:it|its|is|the|there|this|that|we|my|a|an|they|i|you|people|nobody|no|not|please|has|was"
    r"|side|and|at|on|in|es|el|esta|hay|que|por|un|una|me|yo|lado)\b)"
)
_WORD = _NO_NAME + r"[^\W\d_][\w'\u2019.-]{0,30}"
_ORDINAL = r"\d{1,3}(?:st|nd|rd|th)(?!\ (?:time|day|week|month|year|floor|call|report))"
_TYPED = (
    rf"(?:\d{{1,3}}(?:st|nd|rd|th)?|{_WORD}(?:\ {_WORD}){{0,2}}?)"
    rf"\ (?:{_TYPES})\b\.?"
)
_SURE = (  # by itself recognizable as a street
    rf"(?:{_DIRECTION}\ (?:{_TYPED}|{_ORDINAL}|\d{{1,3}}|{_WORD})|{_TYPED}"
    rf"|(?:la|calle|avenida)\ (?:{_ORDINAL}|\d{{1,3}}|{_WORD})|{_ORDINAL})"
)
_JOINED = r"(?:\ ?[&@+/]\ ?|\ (?:and|y|con|x)\ )"
_CORNER = r"(?:corner|intersection|esquina)\ (?:of|de)\ "
_PATTERN = re.compile(
    rf"""
    \b\d{{1,5}}[a-z]?\ (?:block\ (?:of\ )?)?  # a house or block; then crossings
        (?:{_DIRECTION}\ (?:{_TYPED}|{_ORDINAL}|{_WORD})|{_TYPED})(?:\ {_DIRECTION}\b)?
    | \b(?:{_CORNER}{_WORD}|{_SURE}){_JOINED}(?:{_SURE}|{_WORD}(?:\ (?-i:[A-Z]){_WORD})?)
    | \b{_SURE}\ at\ {_SURE}
    | \b{_WORD}{_JOINED}{_SURE}
    """,
    re.IGNORECASE | re.VERBOSE,
)
_PREPOSITION = (
    r"(?:at|near|in|inside|by|outside|behind|opposite|across\ from|next\ to|in\ front\ of|on|under"
    r"|en|cerca\ del?|frente\ al?|enfrente\ del?|al\ lado\ del?|detr[aá]s\ del?|junto\ al?|sobre"
    r"|bajo|debajo\ del?)"
)
_NAMED = re.compile(
    rf"""
    \b{_PREPOSITION}\ (?:(?:the|el|la)\ )?
    ( {_WORD}(?:\ {_WORD}){{0,3}}?\ (?:park|bridge|school|library|station|plaza|hospital|cemetery
        |zoo|airport|market|mall|church|community\ center|transit\ center)\b
    | (?:parque|puente|escuela|biblioteca|estaci[oó]n|plaza|hospital|cementerio|mercado|iglesia)
        (?:\ del?)?\ {_WORD}(?:\ (?-i:[A-Z]){_WORD}){{0,3}} )
    """,
    re.IGNORECASE | re.VERBOSE,
)
_BLANKS = re.compile(r"\s+")
_PARAGRAPH = re.compile(r"\n[ \t]*\n")
_HINTS = re.compile(
    rf"\d|\b(?:{_TYPES})\b"
    r"|^(?:at|near|in|inside|by|outside|behind|opposite|across|next to|on|under|between|corner"
    r"|intersection|the|en|cerca|frente|enfrente|al lado|detras|junto|sobre|entre|esquina|el|la)\b"
    r"|\b(?:park|bridge|school|library|station|plaza|corner|parque|puente|escuela|biblioteca"
    r"|estacion|esquina)\b"
)
_INNER_CAPITAL = re.compile(r"\w\s+[A-Z][a-z]")
_MAX_HINT_WORDS = 15


# Most characters of an answer that is a place as a whole.
MAX_ANSWER = 200


class FoundPlace(NamedTuple):
    """A place in a text."""

    words: str
    rest: str


def find_place(text: str) -> FoundPlace | None:
    """Return the first house, crossing or named place of a text; None without one.

    A street alone is none: it is too long. What could be something else is none as well, for then
    the person is asked.
    """
    plain = _BLANKS.sub(" ", _PARAGRAPH.sub(" ¶ ", text))  # no place goes on in the next one
    if found := _PATTERN.search(plain) or _NAMED.search(plain):
        words = found[1] if found.lastindex else found[0]
        rest = f"{plain[: found.start()]} {plain[found.end() :]}"
        return FoundPlace(words.strip(" ."), rest)
    return None


def may_be_place(answer: str) -> bool:
    """Return True when the answer to "where?" is likely to say it, in whatever words."""
    folded = fold(answer)
    is_hint = _HINTS.search(folded) or _INNER_CAPITAL.search(answer)
    return folded.count(" ") < _MAX_HINT_WORDS and is_hint is not None
