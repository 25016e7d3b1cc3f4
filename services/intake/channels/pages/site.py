"""The site: renders pages in a language, with the headers that every page has."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, partial
from pathlib import Path
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

import jinja2
from aiohttp import web
from babel.dates import format_date, format_time
from markupsafe import Markup
from yarl import URL

from shared import map_library
from shared.catalogue import Jurisdiction
from shared.catalogue.advice import CRISIS_LINE
from shared.page_style import ICON, dial
from shared.page_style.colors import style_sheet
from shared.runtime.http.addresses import Network, is_encrypted
from shared.runtime.http.assets import Asset, load_assets
from shared.runtime.http.calls import cookie_of
from shared.spoken_languages import SpokenLanguage, best_language
from shared.vocabulary import primary_subtag

COOKIE = "lang"
PARAMETER = "lang"
_FOLDER = Path(__file__).with_name("static")

PATH, TILES = "/assets", "/tiles"


def assets_of(city: Jurisdiction) -> Mapping[str, Asset]:
    """Return the style sheet and the scripts of a city's pages, by file name."""
    sheets = style_sheet(city.pages.color), (map_library.CITY_MAP / "city_map.css").read_text()
    made = {"pages.css": "".join(sheets).encode(), ICON.name: ICON.read_bytes()}
    return load_assets(PATH, _FOLDER, map_library.FOLDER, map_library.CITY_MAP, made=made)


_POLICY, _UNFRAMED = "Content-Security-Policy", "frame-ancestors 'none'"
_HEADERS: Mapping[str, str] = MappingProxyType(
    {
        _POLICY: "default-src 'none'; style-src 'self'; script-src 'self'; "
        "worker-src 'self'; connect-src 'self'{tile_server}; img-src 'self' blob:; "
        "form-action 'self'; base-uri 'none'; " + _UNFRAMED,
        "Referrer-Policy": "same-origin",
        "X-Frame-Options": "DENY",
        "Permissions-Policy": "geolocation=(self), camera=(), microphone=()",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cache-Control": "no-store",  # typed data must not stay on a shared computer
        "Vary": "Accept-Language, Cookie",
    }
)
_COOKIE_S = 365 * 24 * 3_600
_RETRY_AFTER: Mapping[int, Mapping[str, str]] = {503: {"Retry-After": "2"}}


@dataclass(frozen=True)
class CitySite:
    """The pages of one city; the first language is the default."""

    city: Jurisdiction
    contacts_kept_days: int
    public_url: str
    languages: Mapping[str, SpokenLanguage]
    proxies: Sequence[Network] = ()

    @cached_property
    def assets(self) -> Mapping[str, Asset]:
        """Style sheet and scripts, by file name."""
        return assets_of(self.city)

    @cached_property
    def tiles(self) -> str | None:
        """URL of the base map; None for no map."""
        return f"{TILES}/{self.city.id}.pmtiles" if self.city.tiles else self.city.basemap

    @cached_property
    def _headers(self) -> Mapping[str, str]:
        server = f" {URL(self.tiles).origin()}" if self.tiles and "://" in self.tiles else ""
        return {name: value.format(tile_server=server) for name, value in _HEADERS.items()}

    def language_of(self, request: web.Request) -> SpokenLanguage:
        """Return the language of a page: of the URL, the cookie, or the browser."""
        for tag in (request.query.get(PARAMETER), cookie_of(request, COOKIE)):
            if tag and (language := self.languages.get(primary_subtag(tag))):
                return language
        accepted = request.headers.get("Accept-Language", "")
        return self.languages[best_language(accepted, tuple(self.languages))]

    def page(
        self,
        request: web.Request,
        template: str,
        *,
        status: int = 200,
        headers: Mapping[str, str] = MappingProxyType({}),
        framed_by: Sequence[str] = (),
        **variables: Any,  # noqa: ANN401 - whatever the template shows
    ) -> web.Response:
        """Return a page, which only the origins of ``framed_by`` may show in a frame."""
        language = self.language_of(request)
        text = (
            self._environments[language.tag]
            .get_template(f"{template}.html.j2")
            .render(path=request.path, **variables)
        )
        response = web.Response(
            text=text,
            status=status,
            content_type="text/html",
            headers={
                **(_framed(self._headers, framed_by) if framed_by else self._headers),
                "Content-Language": language.tag,
                **_RETRY_AFTER.get(status, {}),
                **headers,
            },
        )
        if request.query.get(PARAMETER):
            response.set_cookie(
                COOKIE,
                language.tag,
                max_age=_COOKIE_S,
                secure=self.public_url.startswith("https:") or is_encrypted(request, self.proxies),
                httponly=True,
                samesite="Lax",
            )
        return response

    @cached_property
    def _environments(self) -> Mapping[str, jinja2.Environment]:
        return {tag: self._environment(language) for tag, language in self.languages.items()}

    def _environment(self, language: SpokenLanguage) -> jinja2.Environment:
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
            "crisis_line": self.city.agencies.get(CRISIS_LINE),
            "contacts_kept_days": self.contacts_kept_days,
            "language": language,
            "languages": tuple(self.languages.values()),
            "assets": self.assets,
            "tiles": self.tiles,
        }
        environment.filters["translated"] = language.translated
        environment.filters["tag"] = language.tag_of
        environment.filters["dial"] = dial
        environment.filters["part"] = partial(_part, language=language)
        zone = ZoneInfo(self.city.timezone)
        environment.filters["moment"] = partial(_moment, zone=zone, language=language.tag)
        environment.filters["day"] = partial(_day, zone=zone, language=language.tag)
        return environment


def _framed(headers: Mapping[str, str], origins: Sequence[str]) -> Mapping[str, str]:
    """Return the headers of a page that some origins may show in a frame."""
    policy = headers[_POLICY].replace(_UNFRAMED, f"frame-ancestors {' '.join(origins)}")
    others = {name: value for name, value in headers.items() if name != "X-Frame-Options"}
    return {**others, _POLICY: policy}


def _part(text: str, language: SpokenLanguage) -> str:
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
