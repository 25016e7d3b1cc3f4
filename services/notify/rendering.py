"""Rule: renders a message as text and HTML, in plain words and the recipient's language.

``templates`` holds one file per message and language; its first paragraph is the subject. Text and
HTML are laid out from the same paragraphs. All text messages of a language are in one file. Text
that others wrote is sanitized before it enters a template.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, get_args
from unicodedata import category, normalize
from urllib.parse import quote
from zoneinfo import ZoneInfo

import jinja2
from babel.dates import format_datetime

from services.notify.policy import CityTexts
from services.notify.rules.help_lines import HELP_LINES
from services.notify.rules.model import (
    ASKS_IF_FIXED,
    MessageData,
    ReferralAgency,
    TemplateName,
)
from services.notify.rules.signed_links import SignedLinks
from shared.vocabulary import Language, is_plausible

LANGUAGES: tuple[Language, ...] = get_args(Language)
TEMPLATES: tuple[TemplateName, ...] = get_args(TemplateName)
_STATUS_PATH = "/track/"
_DATE_FORMATS: Mapping[Language, str] = {"en": "EEEE, MMMM d", "es": "EEEE d 'de' MMMM"}
_SHORT_DATE_FORMATS: Mapping[Language, str] = {"en": "EEE, MMM d", "es": "d 'de' MMMM"}
_PAST_DATE_FORMATS: Mapping[Language, str] = {"en": "MMMM d, y", "es": "d 'de' MMMM 'de' y"}
_SHORT_PAST_DATE_FORMATS: Mapping[Language, str] = {"en": "MMM d, y", "es": "d MMM y"}
_WITH_AGENCY = frozenset({"received", "attached", "referred"})

_JOINERS = {"\u200c", "\u200d"}  # they shape letters in many scripts and have no other effect
_INVISIBLE = {"Cc", "Cf", "Co", "Cn", "Cs"}  # Cf includes the bidi overrides
_LINK = re.compile(r"://|@|\bwww\.|[^\W_]\.[^\W\d_]{2}", re.IGNORECASE)
_NAME_MARKS = " '\u2019.-,"  # people type either apostrophe
_MAX_NAME = 60
_MAX_ADDRESS = 120


class UnknownCityError(LookupError):
    """The request's jurisdiction is not in the catalogue."""


@dataclass(frozen=True, slots=True)
class RenderedMessage:
    """A message that is ready to send.

    Attributes:
        city: Name of the city, as the sender's name.
        language: Language of the message.
        subject: One line.
        text: Plain text form.
        html: HTML form of the same paragraphs.
        unsubscribe_url: Link that ends e-mails by one click.
    """

    city: str
    language: Language
    subject: str
    text: str
    html: str
    unsubscribe_url: str


class MessageRenderer:
    """Renders messages; loads every template at the start, so that a missing one shows at once."""

    def __init__(
        self, cities: Mapping[str, CityTexts], public_url: str, links: SignedLinks
    ) -> None:
        """Load the templates.

        Args:
            cities: By jurisdiction id.
            public_url: Base URL of the residents' pages.
            links: Makes the links that need no login.
        """
        self._links = links
        self._cities = cities
        self._status_page = public_url.rstrip("/") + _STATUS_PATH
        texts = _environment()
        self._messages = {
            (language, name): texts.get_template(f"{language}/{name}.j2")
            for language in LANGUAGES
            for name in TEMPLATES
        }
        self._frames = {
            language: texts.get_template(f"{language}/frame.j2") for language in LANGUAGES
        }
        self._dangers = {
            language: texts.get_template(f"{language}/danger.j2") for language in LANGUAGES
        }
        self._sms = {language: texts.get_template(f"{language}/sms.j2") for language in LANGUAGES}
        self._text_layout = _environment(trim_blocks=True).get_template("layout.txt.j2")
        self._html_layout = _environment(trim_blocks=True, autoescape=True).get_template(
            "layout.html.j2"
        )

    def render(self, data: MessageData) -> RenderedMessage:
        """Return the message.

        Raises:
            UnknownCityError: The request's jurisdiction is not in the catalogue.
        """
        city = self._city(data)
        variables = _variables(data, city)
        subject, *body = _paragraphs(self._messages[data.language, data.template], variables)
        unsubscribe_url = self._links.url("unsubscribe", data.notification_id)
        layout = {
            "language": data.language,
            "color": city.color,
            "danger": " ".join(self._dangers[data.language].render(variables).split()),
            "help_language": data.help_language,
            "help_line": _help_line(data, city),
            "subject": subject,
            "body": body,
            "frame": self._frames[data.language].make_module(variables),
            "tracking_number": variables["tracking_number"],
            "agency_url": variables["agency"] and variables["agency"].url,
            "feedback_url": self._feedback_url(data),
            "status_url": self._status_url(data),
            "preferences_url": self._links.url("preferences", data.notification_id),
            "unsubscribe_url": unsubscribe_url,
        }
        return RenderedMessage(
            city.name,
            data.language,
            subject,
            self._text_layout.render(layout),
            self._html_layout.render(layout),
            unsubscribe_url,
        )

    def render_sms(self, data: MessageData) -> str:
        """Return the message as a text message: one line with the status page at its end.

        A reader of another language finds the line about help in it behind that.

        Raises:
            UnknownCityError: The request's jurisdiction is not in the catalogue.
        """
        city = self._city(data)
        texts = self._sms[data.language].make_module(_variables(data, city))
        text = getattr(texts, data.template)
        help_line = _help_line(data, city)
        return " ".join(f"{city.name} 311: {text} {self._status_url(data)} {help_line}".split())

    def _city(self, data: MessageData) -> CityTexts:
        city = self._cities.get(data.request.jurisdiction)
        if city is None:
            raise UnknownCityError("jurisdiction: not in the catalogue")
        return city

    def _feedback_url(self, data: MessageData) -> str | None:
        if data.template not in ASKS_IF_FIXED:
            return None
        return self._links.url("feedback", data.notification_id)

    def _status_url(self, data: MessageData) -> str:
        return self._status_page + quote(data.request.tracking_number, safe="")


def _help_line(data: MessageData, city: CityTexts) -> str:
    """Return how to get help in the reader's own language; empty where none is needed."""
    line = HELP_LINES[data.help_language] if data.help_language else ""
    return line.replace("{phone}", city.phone["en"].replace(" or ", " / "))


def one_line(text: str | None) -> str:
    """Return the text as one line of visible characters, in NFC.

    Such a line cannot start a paragraph or a mail header, nor reverse the text beside it.
    """
    visible = (c for c in text or "" if c.isspace() or _is_visible(c))
    return " ".join(normalize("NFC", "".join(visible)).split())


def greeting_name(name: str | None) -> str | None:
    """Return the name for the greeting, or None when it is not a plain name.

    Anyone can file a report under any name. So a name with a link, a number or the punctuation of
    an advertisement is left out: the city must not pass such text on.
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


def _is_visible(character: str) -> bool:
    return character in _JOINERS or category(character) not in _INVISIBLE


def _environment(*, trim_blocks: bool = False, autoescape: bool = False) -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("services.notify"),
        autoescape=autoescape,  # noqa: S701 - plain text needs none; HTML is rendered with it
        undefined=jinja2.StrictUndefined,
        trim_blocks=trim_blocks,
        auto_reload=False,
    )


def _paragraphs(template: jinja2.Template, variables: Mapping[str, Any]) -> Iterator[str]:
    for block in template.render(variables).split("\n\n"):
        if paragraph := " ".join(block.split()):
            yield paragraph


def _variables(data: MessageData, city: CityTexts) -> dict[str, Any]:
    request, case, language = data.request, data.case, data.language
    agency = request.agency
    reason_code = (agency.reason_code if agency else None) or ""
    return {
        "name": greeting_name(data.name),
        "tracking_number": one_line(request.tracking_number),
        "service": city.service_names.get(request.service_code, {}).get(language),
        "place": safe_address(request.address),
        "emergency": request.emergency,
        "agency": _sanitized(agency) if agency and data.template in _WITH_AGENCY else None,
        "why": city.referral_reasons.get(reason_code, {}).get(language),
        "answer": city.answers.get(request.answer_code or "", {}).get(language),
        "bureau": city.bureau_names.get(case.bureau or ""),
        "bureau_phone": city.bureau_phones.get(case.bureau or ""),
        "note": one_line(case.note),
        "reason": one_line(case.reason),
        "day": _date_in_words(case.scheduled_for, city.timezone, language, _DATE_FORMATS),
        "date": _date_in_words(case.scheduled_for, city.timezone, language, _SHORT_DATE_FORMATS),
        "reports": case.request_count or 1,
        "first_day": _date_in_words(
            case.first_reported_at, city.timezone, language, _PAST_DATE_FORMATS
        ),
        "first_date": _date_in_words(
            case.first_reported_at, city.timezone, language, _SHORT_PAST_DATE_FORMATS
        ),
        "followed": [one_line(number) for number in data.followed],
        "city": city.name,
        "phone": city.phone[language],
    }


def _sanitized(agency: ReferralAgency) -> ReferralAgency:
    url = one_line(agency.url)
    return ReferralAgency(
        name=one_line(agency.name),
        phone=one_line(agency.phone) or None,
        url=url if url.startswith(("https://", "http://")) else None,
    )


def _date_in_words(
    moment: datetime | None, timezone: str, language: Language, formats: Mapping[Language, str]
) -> str | None:
    if moment is None or not is_plausible(moment):
        return None
    zone = ZoneInfo(timezone)
    return format_datetime(moment, formats[language], tzinfo=zone, locale=language)
