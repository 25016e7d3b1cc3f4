"""Rule: the text of a message, in plain words and in the language of who reads it.

The words are files in ``templates``: for each language one per message, whose first paragraph is
the subject. Both forms of a message, text and HTML, are made of the same paragraphs.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, get_args
from urllib.parse import quote
from zoneinfo import ZoneInfo

import jinja2
from babel.dates import format_datetime

from services.notify.rules.cities import City
from services.notify.rules.model import Agency, MessageData, Template
from services.notify.rules.plain_text import greeting_name, one_line, place
from shared.vocabulary import Language

LANGUAGES: tuple[Language, ...] = get_args(Language)
TEMPLATES: tuple[Template, ...] = get_args(Template)
_STATUS_PATH = "/v1/requests/"
_DAY: Mapping[Language, str] = {"en": "EEEE, MMMM d", "es": "EEEE d 'de' MMMM"}
_NAMES_AGENCY = frozenset({"received", "attached", "referred"})


class UnknownCityError(LookupError):
    """The request is of a city that the catalogue does not hold."""


@dataclass(frozen=True, slots=True)
class RenderedMessage:
    """What a message says, in both forms, in which language and under which city's name."""

    city: str
    language: Language
    subject: str
    text: str
    html: str


class MessageRenderer:
    """Writes messages; every template is read at the start, so that none is missed later."""

    def __init__(self, cities: Mapping[str, City], public_url: str) -> None:
        """Read the templates.

        Args:
            cities: By jurisdiction.
            public_url: Where residents reach the router's pages.
        """
        self._cities = cities
        self._status_page = public_url.rstrip("/") + _STATUS_PATH
        words = _environment()
        self._messages = {
            (language, name): words.get_template(f"{language}/{name}.j2")
            for language in LANGUAGES
            for name in TEMPLATES
        }
        self._frames = {
            language: words.get_template(f"{language}/frame.j2") for language in LANGUAGES
        }
        as_text, as_html = (
            _environment(trim_blocks=True),
            _environment(trim_blocks=True, autoescape=True),
        )
        self._as_text = as_text.get_template("layout.txt.j2")
        self._as_html = as_html.get_template("layout.html.j2")

    def render(self, about: MessageData) -> RenderedMessage:
        """Return the message about these particulars.

        Raises:
            UnknownCityError: Nothing is known of the request's jurisdiction.
        """
        city = self._cities.get(about.request.jurisdiction)
        if city is None:
            raise UnknownCityError("jurisdiction: not in the catalogue")
        words = _words(about, city)
        subject, *body = _paragraphs(self._messages[about.language, about.template], words)
        shown = {
            "language": about.language,
            "subject": subject,
            "body": body,
            "frame": self._frames[about.language].make_module(words),
            "tracking_number": words["tracking_number"],
            "agency_url": words["agency"] and words["agency"].url,
            "status_url": self._status_page + quote(about.request.tracking_number, safe=""),
        }
        return RenderedMessage(
            city.name,
            about.language,
            subject,
            self._as_text.render(shown),
            self._as_html.render(shown),
        )


def _environment(*, trim_blocks: bool = False, autoescape: bool = False) -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("services.notify"),
        autoescape=autoescape,  # noqa: S701 - plain text needs none; HTML is made with it
        undefined=jinja2.StrictUndefined,
        trim_blocks=trim_blocks,
        auto_reload=False,
    )


def _paragraphs(template: jinja2.Template, words: Mapping[str, Any]) -> Iterator[str]:
    for block in template.render(words).split("\n\n"):
        if paragraph := " ".join(block.split()):
            yield paragraph


def _words(about: MessageData, city: City) -> dict[str, Any]:
    request, case = about.request, about.case
    kind = city.kinds.get(request.service_code)
    return {
        "name": greeting_name(about.name),
        "tracking_number": one_line(request.tracking_number),
        "service": kind[about.language] if kind else None,
        "place": place(request.address),
        "emergency": request.emergency,
        "agency": _agency(request.agency) if about.template in _NAMES_AGENCY else None,
        "why": city.reasons.get(_reason_code(request.agency), {}).get(about.language),
        "answer": city.answers.get(request.answer or "", {}).get(about.language),
        "bureau": city.bureaus.get(case.bureau or ""),
        "note": one_line(case.note),
        "reason": one_line(case.reason),
        "day": _day(case.scheduled_for, city.timezone, about.language),
        "city": city.name,
        "phone": city.phone[about.language],
    }


def _reason_code(agency: Agency | None) -> str:
    return (agency.reason if agency else None) or ""


def _agency(agency: Agency | None) -> Agency | None:
    if agency is None:
        return None
    url = one_line(agency.url)
    return Agency(
        name=one_line(agency.name),
        phone=one_line(agency.phone) or None,
        url=url if url.startswith(("https://", "http://")) else None,
    )


def _day(moment: datetime | None, timezone: str, language: Language) -> str | None:
    if moment is None:
        return None
    return format_datetime(moment, _DAY[language], tzinfo=ZoneInfo(timezone), locale=language)
