"""Pages behind the links in messages: rendered on the server, complete without a script.

Each is one document: the style sheet stands in it, allowed by its hash, so that a page needs no
other address behind whatever proxy it is served.
"""

from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import wraps
from hashlib import sha256
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

from aiohttp import web
from markupsafe import Markup

from services.notify.policy import CityTexts
from services.notify.rendering.catalogues import PAGES, text_environment
from services.notify.rendering.renderer import phone_in
from services.notify.rules.languages import ENGLISH, LanguageRules
from shared.errors import SystemicError, TransientError
from shared.page_style.colors import style_sheet
from shared.runtime.http.callers import RefusedError
from shared.runtime.http.deadline import log_not_served
from shared.spoken_languages import SpokenLanguage
from shared.vocabulary import primary_subtag

PageHandler: TypeAlias = Callable[[web.Request], Awaitable[web.Response]]
PlainReason: TypeAlias = Literal["unknown", "ended", "busy", "unreadable"]
"""Why a page is shown that is no city's: a link of no message, an old one, too many calls, no
form."""

PARAMETER = "lang"
_COLOR = "#0b5a6b"
"""Colour of pages that are no city's."""
_NOT_NOW = 503
_BAD_LINK = {"unknown": 404, "ended": 410}
_HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "Referrer-Policy": "same-origin",
        "X-Frame-Options": "DENY",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cache-Control": "no-store",
        "X-Robots-Tag": "noindex",
    }
)


class BadLinkError(Exception):
    """A link opens nothing."""

    def __init__(self, reason: Literal["unknown", "ended"]) -> None:
        super().__init__(reason)
        self.reason = reason


class LinkPages:
    """Renders the pages of all cities; loads the texts at the start."""

    def __init__(
        self,
        cities: Mapping[str, CityTexts],
        home_url: str,
        languages: Mapping[str, SpokenLanguage],
        rules: LanguageRules,
    ) -> None:
        """Load the texts.

        Args:
            home_url: Base URL of the residents' pages.
            rules: Tells which of them may be shown and written in.
        """
        self._cities = cities
        self._home_url = home_url.rstrip("/")
        self._languages = languages
        self._rules = rules
        self._environment = text_environment(trim_blocks=True, autoescape=True)
        texts = self._environment.get_template("pages.j2")
        self._texts: Mapping[str, Any] = {
            tag: texts.make_module({"reader": languages[tag]}) for tag in rules.complete(PAGES)
        }

    def page(  # noqa: PLR0913 - what a page is made of
        self,
        template: str,
        *,
        jurisdiction: str,
        language: str,
        tracking_number: str,
        service_code: str,
        status: int = 200,
        **variables: Any,  # noqa: ANN401 - whatever the template shows
    ) -> web.Response:
        """Return a page about a request.

        Args:
            template: Its name, without endings.
            language: Language of the page, of ``chosen_language``.
            variables: More variables of the template.
        """
        city = self._cities.get(jurisdiction)
        if city is None:
            return self.plain("unknown", 404)
        service = city.service_names.get(service_code)
        shown = self._environment.get_template(f"pages/{template}.html.j2").render(
            city=city,
            title=city.title.in_language(language),
            phone=phone_in(city.phone, language),
            texts=self._texts[language],
            language=language,
            direction=self._languages[language].direction,
            page_languages=[self._languages[one] for one in self._texts],
            message_languages=[self._languages[one] for one in self.offered(jurisdiction)],
            home_url=f"{self._home_url}/",
            status_url=f"{self._home_url}/track/{tracking_number}",
            tracking_number=tracking_number,
            service=service and service.in_language(language),
            style=Markup(style_sheet(city.color)),  # noqa: S704 - our own
            **variables,
        )
        return _response(shown, status, city.color, {"Content-Language": language})

    def chosen_language(self, request: web.Request, otherwise: str) -> str:
        """Return the language that a page's URL names, else that of the message, else English."""
        named = primary_subtag(request.query.get(PARAMETER, ""))
        return next((tag for tag in (named, otherwise) if tag in self._texts), ENGLISH)

    def offered(self, jurisdiction: str) -> Sequence[str]:
        """Return the languages of messages that a city's residents can choose."""
        return self._rules.offered(jurisdiction)

    def plain(
        self, reason: PlainReason, status: int, headers: Mapping[str, str] = MappingProxyType({})
    ) -> web.Response:
        """Return a page that names no city and no request, in every language."""
        style = Markup(style_sheet(_COLOR))  # noqa: S704 - our own
        shown = self._environment.get_template("pages/plain.html.j2").render(
            texts_by_language=self._texts, languages=self._languages, reason=reason, style=style
        )
        return _response(shown, status, _COLOR, headers)

    def guarded(self, handler: PageHandler) -> PageHandler:
        """Return the handler; what it refuses and what fails is answered with a page."""

        @wraps(handler)
        async def answer(request: web.Request) -> web.Response:
            try:
                return await handler(request)
            except BadLinkError as bad:
                return self.plain(bad.reason, _BAD_LINK[bad.reason])
            except RefusedError as refused:
                status = refused.response.status
                retry = refused.response.headers.get("Retry-After")
                reason: PlainReason = "busy" if retry else "unreadable"
                return self.plain(reason, status, {"Retry-After": retry} if retry else {})
            except (SystemicError, TransientError, TimeoutError) as error:
                log_not_served(error)
                return self.plain("busy", _NOT_NOW, {"Retry-After": "2"})

        return answer


def _response(text: str, status: int, color: str, headers: Mapping[str, str]) -> web.Response:
    return web.Response(
        text=text,
        status=status,
        content_type="text/html",
        headers={**_HEADERS, "Content-Security-Policy": _policy(color), **headers},
    )


def _policy(color: str) -> str:
    """Return the policy that allows the style sheet in a page, a form to us, and nothing else."""
    digest = b64encode(sha256(style_sheet(color).encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    )
