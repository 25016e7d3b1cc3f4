"""Reading of messages by the catalogue of one city: what, where, danger, language, numbers."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import NamedTuple, TypeAlias

from services.intake.channels.conversations.rules.stated_places import (
    MAX_ANSWER,
    find_place,
    may_be_place,
)
from services.intake.identifiers import read_tracking_number
from services.intake.records import ScreenedText, StatedPlace
from shared.catalogue import Attribute, DangerAdvice, Jurisdiction, ServiceType
from shared.catalogue.advice import CALL_CRISIS_LINE
from shared.redaction import REMOVED
from shared.text_matching import fold

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
