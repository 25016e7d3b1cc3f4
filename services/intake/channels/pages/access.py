"""Access to pages: limits by address, and no forms from other sites."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from types import MappingProxyType
from typing import TypeAlias

from aiohttp import web

from services.intake.channels.pages.site import CitySite
from shared.errors import SystemicError, TransientError
from shared.runtime.http.authentication import Callers, RefusedError
from shared.runtime.http.calls import refuse_cross_site
from shared.runtime.http.deadline import log_not_served
from shared.runtime.http.openapi import RETRY_AFTER, Content, Operation, Parameter
from shared.runtime.http.problem_details import log_crash
from shared.runtime.http.rate_limits import TokenBuckets
from shared.runtime.http.refusals import ADDRESS_RATE

HTML = ("text/html",)
_REFUSALS: Mapping[int, Content] = {
    429: Content("The address calls too often.", HTML, headers=RETRY_AFTER),
    503: Content(
        "Overloaded, or the database does not respond; retry later.", HTML, headers=RETRY_AFTER
    ),
}
PageHandler: TypeAlias = Callable[[web.Request], Awaitable[web.Response]]
_LANGUAGE = {"lang": Parameter("Language of the page; it is remembered in a cookie.")}
_HEADERS = {"Accept-Language": Parameter("Languages that the reader understands.")}


def page_operation(
    summary: str,
    responses: Mapping[int, Content],
    query: Mapping[str, Parameter] = MappingProxyType({}),
    body: Content | None = None,
) -> Operation:
    """Return the description of a page."""
    return Operation(
        summary,
        {**responses, **_REFUSALS},
        body=body,
        query={**_LANGUAGE, **query},
        headers=_HEADERS,
        unknown="ignored",
    )


@dataclass(frozen=True, slots=True)
class PageAccess:
    """Admits calls of pages, and answers refusals and failures with a page."""

    site: CitySite
    callers: Callers
    forms: TokenBuckets

    def guarded(self, handler: PageHandler, *, is_look: bool = False) -> PageHandler:
        """Return the handler behind the limits; a look counts as a page and not as a form."""

        @wraps(handler)
        async def answer(request: web.Request) -> web.Response:
            try:
                self._admit(request, is_look=is_look or request.method == "GET")
                return await handler(request)
            except RefusedError as refused:
                retry = refused.response.headers.get("Retry-After")
                return self._problem(request, refused.response.status, retry)
            except (web.HTTPNotFound, web.HTTPRequestEntityTooLarge) as error:
                return self._problem(request, error.status)
            except (SystemicError, TransientError, TimeoutError) as error:
                log_not_served(error)
                return self._problem(request, 503)
            except Exception as error:  # noqa: BLE001 - whatever it is, a browser gets a page
                log_crash(request, error)
                return self._problem(request, 500)

        return answer

    def _admit(self, request: web.Request, *, is_look: bool) -> None:
        address = self.callers.address(request)
        limit = self.callers.by_address if is_look else self.forms
        if not limit.try_take(address):
            raise RefusedError(ADDRESS_RATE.response())
        if request.method == "POST":
            refuse_cross_site(request, self.site.public_url)

    def _problem(
        self, request: web.Request, status: int, retry_after: str | None = None
    ) -> web.Response:
        headers = {"Retry-After": retry_after} if retry_after else {}
        return self.site.page(request, "problem", status=status, headers=headers, code=status)
