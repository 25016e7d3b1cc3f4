"""Pages behind the links in messages: rendered on the server, complete without a script.

Each page is one document. Its icon is inline, and so is its style sheet, which is allowed by its
hash: a page needs no other address, whatever proxy it is served behind.
"""

from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping
from functools import wraps
from hashlib import sha256
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

from aiohttp import web
from markupsafe import Markup

from services.notify.ports import LinkError, NotifyPorts
from services.notify.records import LinkedMessage
from shared.errors import SystemicError, TransientError
from shared.page_style import ICON, dial
from shared.page_style.colors import style_sheet
from shared.runtime.http.addresses import address_of
from shared.runtime.http.authentication import RefusedError
from shared.runtime.http.body import urlencoded_fields
from shared.runtime.http.calls import MAX_FORM_BYTES, URLENCODED, body_of
from shared.runtime.http.deadline import log_not_served
from shared.runtime.http.openapi import RETRY_AFTER, Content, Parameter
from shared.runtime.http.problem_details import log_crash, problem_response
from shared.runtime.http.rate_limits import TokenBuckets
from shared.runtime.http.refusals import ADDRESS_RATE
from shared.spoken_languages import SOURCE
from shared.vocabulary import primary_subtag

PageHandler: TypeAlias = Callable[[web.Request], Awaitable[web.Response]]
# Reason for a page without a city: bad link, expired link, too many calls, unreadable form.
PlainReason: TypeAlias = Literal["unknown", "ended", "busy", "unreadable"]

HTML = ("text/html",)
# Responses of every page behind a link, then those of a form.
LINK_REFUSALS: Mapping[int, Content] = {
    404: Content("The link is of no message.", HTML),
    410: Content("The link is too old, or was used too often.", HTML),
    429: Content("Too many calls from this address.", HTML),
    503: Content("Temporarily unavailable.", HTML, headers=RETRY_AFTER),
}
FORM_REFUSALS: Mapping[int, Content] = {
    400: Content("The body is not a form.", HTML),
    408: Content("The body did not arrive in time."),
    413: Content("The body is larger than 128 KiB.", HTML),
    415: Content("The body is of another type, or compressed.", HTML),
    422: Content("Fields are invalid; the page shows which ones and why.", HTML),
    **LINK_REFUSALS,
}
_PARAMETER = "lang"
LANGUAGE = {_PARAMETER: Parameter("Language of the page; defaults to that of messages.")}

_PER_SECOND = 20.0
_BURST_S = 5.0
_MAX_FIELDS = 20
_COLOR = "#0b5a6b"  # of pages without a city
_ICON = f"data:image/svg+xml;base64,{b64encode(ICON.read_bytes()).decode()}"
_NOT_NOW = 503
_BAD_LINK = {"unknown": 404, "ended": 410}
_HEADERS: Mapping[str, str] = {
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex",
}


async def form_of(request: web.Request) -> dict[str, str]:
    """Read and parse the form in a request's body, or raise ``RefusedError``."""
    body = await body_of(request, URLENCODED, max_bytes=MAX_FORM_BYTES)
    try:
        return dict(urlencoded_fields(body, _MAX_FIELDS))
    except ValueError:
        detail = "Send the form of the page."
        raise RefusedError(problem_response(400, "Not a form", detail)) from None


class LinkPages:
    """Renders the pages of all cities, and limits the rate of calls per address."""

    def __init__(self, core: NotifyPorts) -> None:
        self._core = core
        self._home_url = core.settings.residents_url
        self._by_address = TokenBuckets(_PER_SECOND, burst_s=_BURST_S)
        self._environment = core.page_environment()
        texts = self._environment.get_template("pages.j2")
        self._texts: Mapping[str, Any] = {
            tag: texts.make_module({"reader": core.languages[tag]}) for tag in core.page_languages()
        }

    def page(
        self,
        request: web.Request,
        template: str,
        message: LinkedMessage,
        status: int = 200,
        **variables: Any,  # noqa: ANN401 - variables of the template
    ) -> web.Response:
        """Return a page about the request of a message, by its template's name without endings.

        ``kept`` are the parameters of its URL without the language, with their ``&``.
        """
        city = self._core.cities.get(message.jurisdiction)
        if city is None:
            return self.plain("unknown", 404)
        language = self.language_of(request, message.language)
        service = city.service_names.get(message.service_code)
        languages = self._core.languages
        offered = self._core.message_languages(message.jurisdiction)
        shown = self._environment.get_template(f"pages/{template}.html.j2").render(
            city=city,
            title=city.title.in_language(language),
            phone=dial(city.phone_in(language)),
            texts=self._texts[language],
            language=language,
            direction=languages[language].direction,
            languages=languages,
            page_languages=[languages[one] for one in self._texts],
            message_languages=[languages[one] for one in offered],
            home_url=f"{self._home_url}/",
            status_url=f"{self._home_url}/track/{message.tracking_number}",
            tracking_number=message.tracking_number,
            service=service and service.in_language(language),
            style=Markup(style_sheet(city.color)),  # noqa: S704 - our own
            icon=_ICON,
            **{"kept": "", **variables},
        )
        return _response(shown, status, city.color, {"Content-Language": language})

    def language_of(self, request: web.Request, otherwise: str) -> str:
        """Return the language of a page: the one in the URL, else this one, else English."""
        named = primary_subtag(request.query.get(_PARAMETER, ""))
        return next((tag for tag in (named, otherwise) if tag in self._texts), SOURCE)

    def plain(
        self, reason: PlainReason, status: int, headers: Mapping[str, str] = MappingProxyType({})
    ) -> web.Response:
        """Return a page that names no city and no request, in every language."""
        shown = self._environment.get_template("pages/plain.html.j2").render(
            texts_by_language=self._texts,
            languages=self._core.languages,
            reason=reason,
            style=Markup(style_sheet(_COLOR)),  # noqa: S704 - our own
            icon=_ICON,
        )
        return _response(shown, status, _COLOR, headers)

    def guarded(self, handler: PageHandler) -> PageHandler:
        """Return the handler behind the rate limit, with a page for each refusal and failure."""

        @wraps(handler)
        async def answer(request: web.Request) -> web.Response:
            try:
                address = address_of(request, self._core.settings.trusted_proxies)
                if not self._by_address.try_take(address):
                    return self._refusal(ADDRESS_RATE.response())
                return await handler(request)
            except LinkError as bad:
                return self.plain(bad.reason, _BAD_LINK[bad.reason])
            except RefusedError as refused:
                return self._refusal(refused.response)
            except (SystemicError, TransientError, TimeoutError) as error:
                log_not_served(error)
                return self.plain("busy", _NOT_NOW, {"Retry-After": "2"})
            except Exception as error:  # noqa: BLE001 - whatever it is, a browser gets a page
                log_crash(request, error)
                return self.plain("busy", 500)

        return answer

    def _refusal(self, response: web.Response) -> web.Response:
        retry = response.headers.get("Retry-After")
        if retry:
            return self.plain("busy", response.status, {"Retry-After": retry})
        return self.plain("unreadable", response.status)


def _response(text: str, status: int, color: str, headers: Mapping[str, str]) -> web.Response:
    return web.Response(
        text=text,
        status=status,
        content_type="text/html",
        headers={**_HEADERS, "Content-Security-Policy": _security_policy(color), **headers},
    )


def _security_policy(color: str) -> str:
    """Content security policy: the inline style sheet and icon, forms to this host."""
    digest = b64encode(sha256(style_sheet(color).encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    )
