"""Reading of messages by the catalogue of one city: what, where, danger, language, numbers."""

import re
from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple, TypeAlias

from services.intake.records.notes import StatedPlace
from services.intake.records.submissions import ScreenedText
from shared.catalogue import Attribute, DangerAdvice, Jurisdiction, ServiceType
from shared.catalogue.advice import CALL_CRISIS_LINE
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
_THANKS = "gracias|thanks|thank|thx|saludos|regards|cheers|atentamente|sincerely"
_NO_NAME = (
    rf"(?!(?:{_THANKS}|it|its|is|the|there|this|that|we|my|a|an|they|i|you|people|nobody|no|not|please|has|was"
    r"|side|and|at|on|in|es|el|esta|hay|que|por|un|una|me|yo|lado)\b)"
)
_WORD = _NO_NAME + r"[^\W\d_][\w'\u2019.-]{0,30}"
# A second word of a name; behind a full stop another sentence begins, often with a name.
_MORE_OF_NAME = rf"(?:(?<!\.)\ (?=(?-i:[A-Z])){_WORD})"
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
    | \b(?:{_CORNER}{_WORD}|{_SURE}){_JOINED}(?:{_SURE}|{_WORD}{_MORE_OF_NAME}?)
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
        (?:\ del?)?\ {_WORD}{_MORE_OF_NAME}{{0,3}} )
    """,
    re.IGNORECASE | re.VERBOSE,
)
_BLANKS = re.compile(r"\s+")
_PARAGRAPH = re.compile(r"\n[ \t]*\n")
# A last line of names alone, unless the line before has a crossing's first street.
_SIGNATURE = re.compile(
    r"(?<!\b[aA]nd)(?<!\b[aA]t)(?<!\by)(?<![&@+/,])[ \t]*\n"
    r"(?=[ \t]*(?:[A-Z][\w'\u2019.-]{0,30}[ \t]*){1,3}$)"
)
_HINTS = re.compile(
    rf"\d|\b(?:{_TYPES})\b"
    r"|^(?:at|near|in|inside|by|outside|behind|opposite|across|next to|on|under|between|corner"
    r"|intersection|the|en|cerca|frente|enfrente|al lado|detras|junto|sobre|entre|esquina|el|la)\b"
    r"|\b(?:park|bridge|school|library|station|plaza|corner|parque|puente|escuela|biblioteca"
    r"|estacion|esquina)\b"
)
_SAYS_THANKS = re.compile(rf"\b(?:{_THANKS})\b")
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
    apart = _SIGNATURE.sub(" ¶ ", _PARAGRAPH.sub(" ¶ ", text))  # no place goes on behind it
    plain = _BLANKS.sub(" ", apart)
    if found := _PATTERN.search(plain) or _NAMED.search(plain):
        words = found[1] if found.lastindex else found[0]
        rest = f"{plain[: found.start()]} {plain[found.end() :]}"
        return FoundPlace(words.strip(" ."), rest)
    return None


def may_be_place(answer: str) -> bool:
    """Return True when the answer to "where?" is likely to say it, in whatever words."""
    folded = fold(answer)
    has_name = _INNER_CAPITAL.search(answer) and not _SAYS_THANKS.search(folded)
    is_hint = _HINTS.search(folded) or has_name
    return folded.count(" ") < _MAX_HINT_WORDS and bool(is_hint)


# Classifies and screens a text with answers to the questions of its kind.
ScreenText: TypeAlias = Callable[[str, Mapping[str, object]], ScreenedText]

_FILLER_WORDS = """
    a about an and anybody anyone are around at by can complain corner could do good evening
    afternoon morning night day from have hello help hey hi i id im in is it just like make me my
    near need no not of ok okay on one please problem question report reporting sir someone
    something thank thanks the there this to today want wanna we with would you your 311
    hola buenas buenos dias tardes noches al ayuda ayudar con de del denunciar el ella en es esta
    este favor gracias hacer hay la las le los me mi necesito no oiga para poder por pregunta
    problema puede puedo que queja quiero quisiera reportar reporte reportes si tengo un una y yo
    cerca esquina frente
"""
_FILLERS = frozenset(_FILLER_WORDS.split())
_UNSURE = re.compile(r"\b(?:dont know|do not know|not sure|no idea|idk|no se|no lo se|ni idea)\b")
_YES_NO = {"yes", "no"}


class TextReading(NamedTuple):
    """Content of one text by itself."""

    language: str | None  # `en` or `es`; None where it does not show
    says_what: bool  # True when it has words beside a place, greetings and the wish to report
    place: str | None
    may_be_place: bool
    is_unsure: bool

    @property
    def is_empty(self) -> bool:
        """True for a text without anything to keep: no words, a greeting, a thank-you."""
        return not self.says_what and self.place is None

    def stated_place(self, text: str, *, asked: bool) -> StatedPlace | None:
        """Return the place that the text states for a report without one."""
        if self.place:
            return StatedPlace(self.place, is_sure=True)
        if asked and self.may_be_place and not self.is_unsure and len(text) <= MAX_ANSWER:
            return StatedPlace(" ".join(text.split()), is_sure=False)
        return None


class ReportReading(NamedTuple):
    """Content of a report as a whole."""

    service_code: str
    is_other: bool
    advice: tuple[DangerAdvice, ...]  # for a danger to life
    # Conditions that make a danger to life; none where only the text model detects one.
    dangers: frozenset[str]
    needs_place: bool
    question: Attribute | None  # the question of the kind that could make it urgent

    @property
    def is_danger(self) -> bool:
        """True for a danger to life."""
        return bool(self.advice)

    @property
    def is_crisis(self) -> bool:
        """True where the crisis line is to be called."""
        return any(one.code == CALL_CRISIS_LINE for one in self.advice)


class TextReader:
    """Reads the texts of one city."""

    def __init__(self, city: Jurisdiction, screen: ScreenText) -> None:
        self._city, self._screen = city, screen

    def read(self, text: str) -> TextReading:
        """Read a normalized text by itself."""
        place = find_place(text)
        words = fold(place.rest if place else text).split()
        best = self._city.text_model.score(fold(text).split()).urgency if words else None
        return TextReading(
            language=best.language if best and best.known else None,
            says_what=not _FILLERS.issuperset(words),
            place=place.words if place else None,
            may_be_place=may_be_place(text),
            is_unsure=_UNSURE.search(fold(text)) is not None,
        )

    def assess(self, text: str, answers: Mapping[str, str] | None = None) -> ReportReading:
        """Classify and screen a report as a whole."""
        screening = self._screen(text, answers or {})
        kind = screening.service
        return ReportReading(
            kind.code,
            is_other=kind.code == self._city.other_code,
            advice=screening.advice,
            dangers=self._city.danger_conditions.intersection(screening.conditions),
            needs_place=kind.needs.location,
            question=None if answers else self._question(kind, screening.conditions),
        )

    def _question(self, kind: ServiceType, met: Collection[str]) -> Attribute | None:
        open_hazards = [
            self._city.conditions[code] for code in kind.hazard_conditions if code not in met
        ]
        for attribute in kind.attributes:
            is_yes_no = {key for key, _ in attribute.values} == _YES_NO
            if is_yes_no and any(one.answered_by({attribute.code: "yes"}) for one in open_hazards):
                return attribute
        return None


def is_another_danger(found: ReportReading, kind: str, dangers: Collection[str]) -> bool:
    """Return True for a text about another danger to life than the report before it.

    It is the same one where the text names the kind of the report, or a condition that made that
    report a danger: "the wire is still sparking". A text that names neither kind nor condition
    says nothing of its own and belongs to the report.
    """
    names_kind = not found.is_other
    is_same = (names_kind and found.service_code == kind) or not found.dangers.isdisjoint(dangers)
    return found.is_danger and not is_same and (names_kind or bool(found.dangers))
