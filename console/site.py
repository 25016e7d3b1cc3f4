"""The pages' frame: templates in a language, style, script, and the headers of every page."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, partial
from pathlib import Path
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

import jinja2
from aiohttp import web
from babel import Locale
from babel.dates import format_datetime, format_timedelta
from markupsafe import Markup, escape

from console.live import LiveCases
from console.store import Person
from shared import map_library
from shared.contract.events import new_id
from shared.runtime.clock import utc_now
from shared.runtime.http.assets import Asset, load_assets
from shared.spoken_languages import SpokenLanguage, best_language, load_languages
from shared.staff_roles import Role

_HERE = Path(__file__).parent
_PART_OF_ROW = re.compile(r"<(tr|th|td)\b")
ASSETS = "/console/assets"
_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types "
)
# The map has a worker, whose address its own policy checks, and draws from blobs.
MAP_POLICY = _POLICY.replace("data:", "data: blob:") + "default; worker-src 'self'"
_HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "Content-Security-Policy": f"{_POLICY}'none'",
        "Referrer-Policy": "same-origin",
        "X-Frame-Options": "DENY",
        "Permissions-Policy": "geolocation=(), camera=(), microphone=()",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cache-Control": "no-store",
        "Vary": "Accept-Language, Cookie",
    }
)


@dataclass(frozen=True)
class Site:
    """Renders the console's pages."""

    city: str
    timezone: str
    live: LiveCases
    services: Collection[str]  # those that the settings name
    languages: Mapping[str, SpokenLanguage] = field(
        default_factory=lambda: load_languages(_HERE / "po")
    )

    @cached_property
    def assets(self) -> Mapping[str, Asset]:
        """Style sheet and script, by file name."""
        return load_assets(ASSETS, _HERE / "static", map_library.FOLDER, map_library.CITY_MAP)

    @cached_property
    def _environments(self) -> Mapping[str, jinja2.Environment]:
        return {tag: self._environment(language) for tag, language in self.languages.items()}

    def page(
        self,
        request: web.Request,
        template: str,
        person: Person | None = None,
        *,
        status: int = 200,
        **variables: Any,  # noqa: ANN401 - whatever the template shows
    ) -> web.Response:
        """Return a page in the browser's language."""
        accepted = request.headers.get("Accept-Language", "")
        tag = best_language(accepted, tuple(self.languages))
        text = (
            self._environments[tag]
            .get_template(f"{template}.html.j2")
            .render(
                path=request.path,
                path_qs=request.path_qs,
                person=person,
                alarms=self.live.alarms if person else (),
                connected=self.live.is_connected,
                now=utc_now(),
                **variables,
            )
        )
        headers = {**_HEADERS, "Content-Language": tag}
        return web.Response(text=text, status=status, content_type="text/html", headers=headers)

    def _environment(self, language: SpokenLanguage) -> jinja2.Environment:
        environment = jinja2.Environment(
            loader=jinja2.PackageLoader("console"),
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
            "timezone": self.timezone,
            "language": language,
            "assets": self.assets,
            "services": self.services,
            "language_name": partial(_language_name, language.tag),
            "new_id": new_id,
            "roles": Role,
        }
        zone = ZoneInfo(self.timezone)

        def moment(at: str | datetime) -> str:
            return format_datetime(_moment(at), "MMM d, HH:mm", tzinfo=zone, locale=language.tag)

        def ago(at: str | datetime, now: datetime) -> str:
            return format_timedelta(
                _moment(at) - now, add_direction=True, format="short", locale=language.tag
            )

        def field_moment(at: datetime) -> str:
            return f"{at.astimezone(zone):%Y-%m-%dT%H:%M}"

        environment.filters |= {
            "moment": moment,
            "field_moment": field_moment,
            "ago": ago,
            "marked": _marked,
            "under": _under,
            "is_after": _is_after,
        }
        return environment


def _marked(text: str, findings: Sequence[Mapping[str, str]]) -> Markup:
    """Return a text in which the words of findings are marked."""
    words = sorted({one["words"] for one in findings if one["words"]}, key=len, reverse=True)
    if not words:
        return escape(text)
    parts = re.split(f"({'|'.join(map(re.escape, words))})", text, flags=re.IGNORECASE)
    found = Markup("<mark>{}</mark>")  # every second part is one
    return Markup().join(found.format(p) if n % 2 else escape(p) for n, p in enumerate(parts))


def _under(rows: str, headings: Sequence[str]) -> Markup:
    """Return the rows of a table with the heading of each cell, for narrow screens.

    There rows and cells are blocks, which would end their roles if these were not stated.
    """
    left: Iterator[str] = iter(())

    def stated(tag: re.Match[str]) -> str:
        nonlocal left
        if tag[1] == "tr":
            left = iter(headings)
            return '<tr role="row"'
        role = "rowheader" if tag[1] == "th" else "cell"
        return f'<{tag[1]} role="{role}" data-heading="{escape(next(left, ""))}"'

    return Markup(_PART_OF_ROW.sub(stated, rows))  # noqa: S704 - what the template escaped


def _language_name(of_page: str, tag: str) -> str:
    return Locale.parse(tag).get_display_name(of_page) or tag


def _is_after(at: str, now: datetime) -> bool:
    return _moment(at) > now


def _moment(at: str | datetime) -> datetime:
    return at if isinstance(at, datetime) else datetime.fromisoformat(at)
