"""Rule: renders a message as text and HTML, in plain words and the recipient's language.

``templates/messages`` holds one file per message, with blocks for the subject and paragraphs of
its e-mail and for its text message. Text and HTML have the same paragraphs. Text from outside is
sanitized before it enters a template.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, get_args
from unicodedata import category, normalize
from urllib.parse import quote
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime

from services.notify.policy import CityTexts
from services.notify.records import MessageData, RenderedMessage
from services.notify.rendering.catalogues import text_environment
from services.notify.rules.model import ASKS_IF_FIXED, ReferralAgency, TemplateName
from services.notify.rules.signed_links import SignedLinks
from shared.spoken_languages import SpokenLanguage
from shared.vocabulary import is_plausible

_JOINERS = {"\u200c", "\u200d"}  # they shape letters in many scripts and have no other effect
_INVISIBLE = {"Cc", "Cf", "Co", "Cn", "Cs"}  # Cf includes the bidi overrides
_LINK = re.compile(r"://|@|\bwww\.|[^\W_]\.[^\W\d_]{2}", re.IGNORECASE)
_NAME_MARKS = " '\u2019.-,"  # people type either apostrophe
_MAX_NAME = 60
_MAX_ADDRESS = 120
_MAX_WORDS = 300
_SPANISH: Mapping[bool, str] = {
    False: "EEEE d 'de' MMMM",  # no comma, for it follows "el"
    True: "d 'de' MMMM",  # without "sáb", whose á would lengthen a text message
}


def one_line(text: str | None) -> str:
    """Return the text as one line of visible characters, in NFC.

    Such a line cannot start a paragraph or a mail header, nor reverse the text beside it.
    """
    visible = (c for c in text or "" if c.isspace() or _is_visible(c))
    return " ".join(normalize("NFC", "".join(visible)).split())


def greeting_name(name: str | None) -> str | None:
    """Return the name for the greeting, or None when it is not a plain name.

    Anyone can file a report under any name. A name with a link, a number or the punctuation of an
    advertisement is left out, so that the city does not pass such text on.
    """
    line = one_line(name)
    is_plain = all(category(c)[0] in "LM" or c in _NAME_MARKS for c in line)
    has_letter = any(category(c)[0] == "L" for c in line)
    if not (is_plain and has_letter) or len(line) > _MAX_NAME or _LINK.search(line):
        return None
    return line


def safe_address(address: str | None) -> str | None:
    """Return the reporter's text for the address, or None when it is too long or has a link."""
    line = one_line(address)
    return line if line and len(line) <= _MAX_ADDRESS and not _LINK.search(line) else None


def own_words(words: str | None) -> str | None:
    """Return the reporter's words as a receipt repeats them, or None when they have a link."""
    line = one_line(words)
    if not line or _LINK.search(line):
        return None
    return line if len(line) <= _MAX_WORDS else f"{line[: _MAX_WORDS - 1].rstrip()}…"


def _is_visible(character: str) -> bool:
    return character in _JOINERS or category(character) not in _INVISIBLE


@dataclass(frozen=True, slots=True)
class DaysInWords:
    """Dates in one reader's language; None for an implausible moment."""

    zone: ZoneInfo
    language: str

    def coming(self, moment: datetime | None, *, short: bool = False) -> str | None:
        """Return the weekday and day without the year; ``short`` for a text message."""
        if moment is None or not is_plausible(moment):
            return None
        is_spanish = self.language == "es"
        pattern = _SPANISH[short] if is_spanish else _pattern(self.language, short=short)
        return format_datetime(moment, pattern, tzinfo=self.zone, locale=self.language)

    def past(self, moment: datetime | None, *, short: bool = False) -> str | None:
        """Return the day of a moment with its year; arguments as for ``coming``."""
        if moment is None or not is_plausible(moment):
            return None
        length = "medium" if short else "long"
        return format_date(moment.astimezone(self.zone), length, locale=self.language)


@cache
def _pattern(language: str, *, short: bool) -> str:
    """Return the language's pattern of weekday, day and month, with whole names unless short.

    CLDR has the short one; the longer names take its fields' places
    (https://unicode.org/reports/tr35/tr35-dates.html#Matching_Skeletons).
    """
    pattern: str = Locale.parse(language).datetime_skeletons["MMMEd"].pattern
    if short:
        return pattern
    return re.sub("MMM", "MMMM", re.sub(r"([Ec])\1*", "EEEE", pattern))


_WITH_AGENCY = frozenset({"received", "attached", "referred", "outside_city"})
_NOT_FIXED = "resident_says_not_fixed"


def template_variables(
    data: MessageData, city: CityTexts, reader: SpokenLanguage
) -> dict[str, Any]:
    """Return the variables of a message's template."""
    request, case = data.request, data.case
    outside = case.municipality
    agency = city.neighbours.get(outside) if outside else request.agency
    service = city.service_names.get(request.service_code)
    answer = city.answers.get(request.answer_code or "")
    days = DaysInWords(ZoneInfo(city.timezone), reader.tag)
    return {
        "reader": reader,
        "name": greeting_name(data.name),
        "tracking_number": one_line(request.tracking_number),
        "service": service and service.in_language(reader.tag),
        "place": safe_address(request.address),
        "words": own_words(request.words),
        "reported_on": days.coming(request.submitted_at),
        "emergency": request.emergency,
        "agency": _sanitized(agency) if agency and data.template in _WITH_AGENCY else None,
        "why": _reason(agency, city, reader),
        "answer": answer and answer.in_language(reader.tag),
        "bureau": city.bureau_names.get(case.bureau or ""),
        "bureau_phone": city.bureau_phones.get(case.bureau or ""),
        "note": one_line(case.note),
        "picture": case.has_picture and case.bureau in city.open_pictures,
        "reason": one_line(case.reason),
        "called_back": case.reason == _NOT_FIXED,
        "day": days.coming(case.scheduled_for),
        "date": days.coming(case.scheduled_for, short=True),
        "reports": case.request_count or 1,
        "first_day": days.past(case.first_reported_at),
        "first_date": days.past(case.first_reported_at, short=True),
        "followed": [one_line(number) for number in data.followed],
        "city": city.name,
        "phone": city.phone_in(reader.tag),
        "takes_replies": city.takes_replies,
    }


def _reason(agency: ReferralAgency | None, city: CityTexts, reader: SpokenLanguage) -> str | None:
    """Return why others must act; None when the reason is not in the reader's language."""
    reason = city.referral_reasons.get((agency and agency.reason_code) or "")
    if reason is None:
        return None
    known = reader.translated(reason.in_language(reader.tag))
    return known if reader.tag_of(known) == reader.tag else None


def _sanitized(agency: ReferralAgency) -> ReferralAgency:
    url = one_line(agency.url)
    return ReferralAgency(
        name=one_line(agency.name),
        phone=one_line(agency.phone if agency.phone != agency.name else None) or None,
        url=url if url.startswith(("https://", "http://")) else None,
    )


TEMPLATES: tuple[TemplateName, ...] = get_args(TemplateName)
_STATUS_PATH = "/track/"
# Mark that begins a line in Latin letters which is written from right to left as a whole.
_RIGHT_TO_LEFT = "\u200f"


class UnknownCityError(LookupError):
    """The request's jurisdiction is not in the catalogue."""


class MessageRenderer:
    """Renders messages; loads every template at the start, so that a missing one fails at once."""

    def __init__(
        self,
        cities: Mapping[str, CityTexts],
        public_url: str,
        links: SignedLinks,
        languages: Mapping[str, SpokenLanguage],
    ) -> None:
        """Load the templates; ``public_url`` is the base URL of the residents' pages."""
        self._links = links
        self._cities = cities
        self._languages = languages
        self._status_page = public_url.rstrip("/") + _STATUS_PATH
        texts = text_environment()
        self._messages = {name: texts.get_template(f"messages/{name}.j2") for name in TEMPLATES}
        self._frame = texts.get_template("parts/frame.j2")
        self._danger = texts.get_template("parts/danger.j2")
        self._help_line = texts.get_template("parts/help_line.j2")
        self._text_layout = text_environment(trim_blocks=True).get_template("layout.txt.j2")
        self._html_layout = text_environment(trim_blocks=True, autoescape=True).get_template(
            "layout.html.j2"
        )

    def render(self, data: MessageData) -> RenderedMessage:
        """Return the message; ``UnknownCityError`` for a city that is not in the catalogue."""
        city, reader = self._city(data), self._languages[data.language]
        variables = template_variables(data, city, reader)
        subject = " ".join(self._block("subject", data, variables).split())
        unsubscribe_url = self._links.url("unsubscribe", data.notification_id)
        layout = {
            "language": reader.tag,
            "direction": reader.direction,
            "color": city.color,
            "danger": " ".join(self._danger.render(variables).split()),
            "help_language": data.help_language,
            "help_line": self._help(data, city),
            "subject": subject,
            "body": list(_paragraphs(self._block("body", data, variables))),
            "frame": self._frame.make_module(variables),
            "tracking_number": variables["tracking_number"],
            "number": reader.isolated(variables["tracking_number"]),
            "agency_url": variables["agency"] and variables["agency"].url,
            "feedback_url": self._links.url("feedback", data.notification_id)
            if data.template in ASKS_IF_FIXED
            else None,
            "status_url": self._status_url(data),
            "preferences_url": self._links.url("preferences", data.notification_id),
            "unsubscribe_url": unsubscribe_url,
        }
        return RenderedMessage(
            city.name,
            reader.tag,
            subject,
            self._text_layout.render(layout),
            self._html_layout.render(layout),
            unsubscribe_url,
        )

    def render_sms(self, data: MessageData) -> str:
        """Return the text message: a line with the status page, then the help line."""
        city, reader = self._city(data), self._languages[data.language]
        variables = template_variables(data, city, reader)
        help_line = self._help(data, city)
        sender = city.title.in_language(reader.tag)
        text = self._block("sms", data, variables)
        line = f"{sender}: {text} {self._status_url(data)} {help_line}"
        mark = _RIGHT_TO_LEFT if reader.direction == "rtl" else ""
        return mark + " ".join(line.split())

    def _block(self, name: str, data: MessageData, variables: Mapping[str, Any]) -> str:
        message = self._messages[data.template]
        return "".join(message.blocks[name](message.new_context(dict(variables))))

    def _city(self, data: MessageData) -> CityTexts:
        city = self._cities.get(data.request.jurisdiction)
        if city is None:
            raise UnknownCityError("jurisdiction: not in the catalogue")
        return city

    def _help(self, data: MessageData, city: CityTexts) -> str:
        """Return the line about help in the reader's own language; empty when none is needed."""
        if data.help_language is None:
            return ""
        reader = self._languages[data.help_language]
        return self._help_line.render(reader=reader, phone=city.phone_in(reader.tag)).strip()

    def _status_url(self, data: MessageData) -> str:
        return self._status_page + quote(data.request.tracking_number, safe="")


def _paragraphs(text: str) -> Iterator[str]:
    for block in text.split("\n\n"):
        if paragraph := " ".join(block.split()):
            yield paragraph
