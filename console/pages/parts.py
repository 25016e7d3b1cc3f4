"""What every page of the console is built with."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import wraps

from aiohttp import web

from console.access import Access, ForbiddenError
from console.dispatch import DispatchApi, DispatchDownError
from console.live import LiveCases
from console.roles import Role
from console.site import Site
from console.store import ConsoleStore, Person
from shared.errors import SystemicError, TransientError
from shared.runtime.http.authentication import RefusedError

Page = Callable[[web.Request, Person], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Console:
    """The parts of the console that its pages share."""

    access: Access
    store: ConsoleStore
    dispatch: DispatchApi
    live: LiveCases
    site: Site

    def page(
        self, role: Role, handler: Page
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """Return a handler for people of a role, with a page for each failure."""
        return self.with_failures(self.access.guarded(role, handler))

    def with_failures(
        self, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """Return the handler, with a page for each failure."""

        @wraps(handler)
        async def answer(request: web.Request) -> web.StreamResponse:
            try:
                return await handler(request)
            except ForbiddenError:
                return self.site.page(request, "problem", status=403, problem="forbidden")
            except RefusedError as refused:
                status = refused.response.status
                return self.site.page(request, "problem", status=status, problem="refused")
            except (DispatchDownError, SystemicError, TransientError, TimeoutError):
                return self.site.page(request, "problem", status=503, problem="down")

        return answer

    async def form(self, request: web.Request, person: Person) -> Mapping[str, str]:
        """Return the fields of a form of the person's session."""
        return await self.access.form(request, person.form_token)

    async def record(self, person: Person, action: str, about: str = "") -> None:
        """Add what the person did to the audit."""
        await self.store.record(person.name, action, about)
