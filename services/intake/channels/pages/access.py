"""Access to pages: limits by address, and no forms from other sites."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import wraps
from typing import TypeAlias
from urllib.parse import urlsplit

from aiohttp import web

from services.intake.channels.pages.site import CitySite
from shared.errors import SystemicError, TransientError
from shared.runtime.http.authentication import Callers, RefusedError
from shared.runtime.http.deadline import log_not_served
from shared.runtime.http.problem_details import problem_response
from shared.runtime.http.rate_limits import TokenBuckets
from shared.runtime.http.refusals import ADDRESS_RATE

PageHandler: TypeAlias = Callable[[web.Request], Awaitable[web.Response]]

_OWN = frozenset({"same-origin", "none"})


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
            except web.HTTPRequestEntityTooLarge:
                return self._problem(request, 413)
            except (SystemicError, TransientError, TimeoutError) as error:
                log_not_served(error)
                return self._problem(request, 503)

        return answer

    def _admit(self, request: web.Request, *, is_look: bool) -> None:
        address = self.callers.address(request)
        limit = self.callers.by_address if is_look else self.forms
        if not limit.try_take(address):
            raise RefusedError(ADDRESS_RATE.response())
        if request.method == "POST" and self._is_cross_site(request):
            detail = "Open the form on this site and send it from there."
            raise RefusedError(problem_response(403, "From another site", detail))

    def _is_cross_site(self, request: web.Request) -> bool:
        if site := request.headers.get("Sec-Fetch-Site"):
            return site not in _OWN
        origin = request.headers.get("Origin")
        ours = {request.host, urlsplit(self.site.public_url).netloc}
        try:
            return origin is not None and urlsplit(origin).netloc not in ours
        except ValueError:  # such as an address without its closing bracket
            return True

    def _problem(
        self, request: web.Request, status: int, retry_after: str | None = None
    ) -> web.Response:
        headers = {"Retry-After": retry_after} if retry_after else {}
        return self.site.page(request, "problem", status=status, headers=headers, code=status)
