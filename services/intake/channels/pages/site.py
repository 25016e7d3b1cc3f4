"""The site: renders pages in a language, with the headers that every page has."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, partial
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

import jinja2
from aiohttp import web
from babel.dates import format_date, format_time
from markupsafe import Markup

from services.intake.channels.pages.assets import Asset, load_assets
from services.intake.channels.pages.languages import (
    COOKIE,
    PARAMETER,
    chosen_language,
    page_languages,
)
from shared.catalogue import Jurisdiction
from shared.runtime.http.addresses import Network, is_encrypted
from shared.spoken_languages import SpokenLanguage

_HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; "
        "connect-src 'self'; img-src 'self' blob:; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'",
        "Referrer-Policy": "same-origin",
        "X-Frame-Options": "DENY",
        "Permissions-Policy": "geolocation=(self), camera=(), microphone=()",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cache-Control": "no-store",  # what a person typed does not stay on a shared computer
        "Vary": "Accept-Language, Cookie",
    }
)
_COOKIE_S = 365 * 24 * 3_600
_RETRY_AFTER: Mapping[int, Mapping[str, str]] = {503: {"Retry-After": "2"}}


@dataclass(frozen=True)
class CitySite:
    """The pages of one city.

    Attributes:
        city: The city that the pages report to.
        contacts_kept_days: Days that a contact is kept after its case closed.
        public_url: Base URL of the pages.
        proxies: Networks of trusted reverse proxies.
        languages: Those that are offered, the default first.
    """

    city: Jurisdiction
    contacts_kept_days: int
    public_url: str
    proxies: Sequence[Network] = ()
    languages: Mapping[str, SpokenLanguage] = field(default_factory=page_languages)
    _environments: dict[str, jinja2.Environment] = field(default_factory=dict)

    @cached_property
    def assets(self) -> Mapping[str, Asset]:
        """Style sheet, scripts and map, by file name."""
        return load_assets(self.city)

    def language_of(self, request: web.Request, pressed: str = "") -> SpokenLanguage:
        """Return the language of a page; the arguments are those of ``chosen_language``."""
        return chosen_language(request, self.languages, pressed)

    def page(
        self,
        request: web.Request,
        template: str,
        *,
        status: int = 200,
        pressed: str = "",
        headers: Mapping[str, str] = MappingProxyType({}),
        **variables: Any,  # noqa: ANN401 - whatever the template shows
    ) -> web.Response:
        """Return a page.

        Args:
            request: The call.
            template: Its name, without endings.
            status: The HTTP status.
            pressed: Tag of the language whose button was pressed; empty without one.
            headers: More headers.
            variables: Variables of the template.
        """
        language = self.language_of(request, pressed)
        text = (
            self._environment(language)
            .get_template(f"{template}.html.j2")
            .render(path=request.path, **variables)
        )
        response = web.Response(
            text=text,
            status=status,
            content_type="text/html",
            headers={
                **_HEADERS,
                "Content-Language": language.tag,
                **_RETRY_AFTER.get(status, {}),
                **headers,
            },
        )
        if pressed or request.query.get(PARAMETER):
            response.set_cookie(
                COOKIE,
                language.tag,
                max_age=_COOKIE_S,
                secure=self.public_url.startswith("https:") or is_encrypted(request, self.proxies),
                httponly=True,
                samesite="Lax",
            )
        return response

    def _environment(self, language: SpokenLanguage) -> jinja2.Environment:
        known = self._environments.get(language.tag)
        if known is None:
            known = self._environments[language.tag] = self._new_environment(language)
        return known

    def _new_environment(self, language: SpokenLanguage) -> jinja2.Environment:
        environment = jinja2.Environment(
            loader=jinja2.PackageLoader("services.intake.channels.pages"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            extensions=["jinja2.ext.i18n"],
        )
        environment.install_gettext_translations(  # type: ignore[attr-defined] # of the extension
            language.translations, newstyle=True
        )
        environment.globals |= {
            "city": self.city,
            "title": self.city.pages.title.in_language(language.tag),
            "phone": self.city.phone.replace(" or ", " / "),
            "contacts_kept_days": self.contacts_kept_days,
            "language": language,
            "languages": tuple(self.languages.values()),
            "assets": self.assets,
        }
        environment.filters["translated"] = language.translated
        environment.filters["tag"] = language.tag_of
        environment.filters["part"] = partial(_part, language=language)
        zone = ZoneInfo(self.city.timezone)
        environment.filters["moment"] = partial(_moment, zone=zone, language=language.tag)
        environment.filters["day"] = partial(_day, zone=zone, language=language.tag)
        return environment


def _part(text: str, language: SpokenLanguage) -> str:
    """Return a text in the page's language; else as it is, marked with its own."""
    known = language.translated(text)
    tag = language.tag_of(known)
    if tag == language.tag:
        return known
    return Markup('<span lang="{}" dir="auto">{}</span>').format(tag, known)


def _day(moment: str, zone: ZoneInfo, language: str) -> str:
    local = datetime.fromisoformat(moment).astimezone(zone)
    return format_date(local, "long", locale=language)


def _moment(moment: str, zone: ZoneInfo, language: str) -> str:
    local = datetime.fromisoformat(moment).astimezone(zone)
    return f"{_day(moment, zone, language)}, {format_time(local, 'short', locale=language)}"
