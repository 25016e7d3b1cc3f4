"""What every page of the console is built with."""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from aiohttp import web

from console.access import FORM_ID, Access, ForbiddenError
from console.api import ApiAnswer, ServiceApi, ServiceDownError
from console.dispatch import DispatchApi
from console.intake import IntakeApi
from console.live import LiveCases
from console.preferences import Preferences, Presence
from console.site import Site
from console.store import ConsoleStore, Person
from shared.errors import SystemicError, TransientError
from shared.runtime.http.authentication import RefusedError
from shared.runtime.http.rate_limits import LimitReachedError
from shared.staff_roles import Role

_POINT = re.compile(r"\s*(-?\d{1,2}(?:\.\d+)?)\s*,\s*(-?\d{1,3}(?:\.\d+)?)(?:\s+(\S.*))?\s*")
_MAX_PLACE = 200
_REPEATABLE = frozenset({FORM_ID, "contact_id"})  # ids that make a form count once
_SENT = "form"
_CHUNK_BYTES = 64 * 1024
_FILE_HEADERS = (
    "Content-Type",
    "Content-Length",
    "Content-Range",
    "Accept-Ranges",
    "ETag",
    "Cache-Control",
    "Content-Security-Policy",
    "X-Content-Type-Options",
)

Page = Callable[[web.Request, Person], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Console:
    """The parts of the console that its pages share; ``city`` is the id of the staff's own."""

    access: Access
    store: ConsoleStore
    dispatch: DispatchApi
    intake: IntakeApi | None
    notify: ServiceApi | None
    live: LiveCases
    site: Site
    city: str

    @property
    def preferences(self) -> Preferences:
        """What people chose for themselves."""
        return Preferences(self.store.pool)

    @property
    def presence(self) -> Presence:
        """Who has a case open."""
        return Presence(self.store.pool)

    def page(
        self, role: Role, handler: Page
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """Return a handler for people of a role, with a page for each failure."""
        return self.with_failures(self.access.guarded(role, handler))

    def file(
        self, role: Role, handler: Page
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """Return a handler of what a page loads, as often as it needs."""
        return self.with_failures(self.access.guarded(role, handler, is_page=False))

    def with_failures(
        self, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """Return the handler, with a page for each failure."""

        @wraps(handler)
        async def answer(request: web.Request) -> web.StreamResponse:
            try:
                return await handler(request)
            except LimitReachedError:
                return self.site.page(request, "problem", status=429, problem="too_many")
            except ForbiddenError as forbidden:
                self.access.log_refusal(request, str(forbidden) or "forbidden")
                return self.site.page(request, "problem", status=403, problem="forbidden")
            except RefusedError as refused:
                status = refused.response.status
                return self.site.page(request, "problem", status=status, problem="refused")
            except (ServiceDownError, SystemicError, TransientError, TimeoutError):
                again = request.get(_SENT, {})
                return self.site.page(request, "problem", status=503, problem="down", again=again)

        return answer

    async def form(self, request: web.Request, person: Person) -> Mapping[str, str]:
        """Return the fields of a form of the person's session."""
        fields = await self.access.form(request, person.form_token)
        if _REPEATABLE & fields.keys():
            request[_SENT] = fields
        return fields

    def refused(self, request: web.Request, person: Person, answer: ApiAnswer) -> web.Response:
        """Return the page of a service's refusal."""
        return self.site.page(
            request, "problem", person, status=answer.status, problem=answer.problem
        )

    async def no_page(self, request: web.Request, person: Person) -> web.Response:
        """Return the page of an address that has none."""
        return self.site.page(request, "problem", person, status=404, problem="no_page")

    async def record(self, person: Person, action: str, about: str = "") -> None:
        """Add what the person did to the audit."""
        await self.store.record(person.name, action, about)


def uuid_of(text: str) -> UUID | None:
    """Return the id that a text is; None for none."""
    try:
        return UUID(text)
    except ValueError:
        return None


def location_of(where: str) -> dict[str, Any] | None:
    """Return the location that words mean: a point as ``lat, lon``, an address, or both."""
    if found := _POINT.fullmatch(where):
        latitude, longitude, address = found.groups()
        point = {"latitude": float(latitude), "longitude": float(longitude)}
        return point | ({"address": address} if address else {})
    return {"address": where.strip()} if where.strip() else None


def moment_of(text: str, zone: ZoneInfo) -> str:
    """Return a moment with its offset, that of the city by default; the text where it is none."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).isoformat()


async def kinds_of(console: Console, city: str | None = None) -> Mapping[str, str]:
    """Return the names of a city's kinds by code, for the staff, in the order of its catalogue.

    Without a city those of all.
    """
    answer = await console.dispatch.get("/v1/kinds")
    kinds = answer.body["kinds"] if answer.is_done else ()
    cities = {one["jurisdiction"] for one in kinds} if city is None else {city}
    return {one["service_code"]: one["name"] for one in kinds if one["jurisdiction"] in cities}


async def bureaus_of(console: Console, city: str | None = None) -> Sequence[Mapping[str, Any]]:
    """Return a city's bureaus, or those of all; none while dispatch does not tell."""
    try:
        answer = await console.dispatch.get("/v1/bureaus")
    except ServiceDownError:
        return ()
    bureaus = answer.body["bureaus"] if answer.is_done else ()
    return [one for one in bureaus if city in {None, one["jurisdiction"]}]


async def places_for(console: Console, words: str) -> Sequence[Mapping[str, Any]]:
    """Return the places that words mean or begin, likeliest first; none without intake."""
    if console.intake is None or not words.strip():
        return ()
    query = {"q": words.strip()[:_MAX_PLACE], "jurisdiction": console.intake.city}
    try:
        answer = await console.intake.pages.call("GET", "/v1/places", params=query)
    except ServiceDownError:  # it limits calls, and what is typed will do
        return ()
    return answer.body["places"] if answer.is_done else ()


async def passed_on(
    request: web.Request, service: ServiceApi, path: str, headers: Mapping[str, str] | None = None
) -> web.StreamResponse:
    """Return a file of a service, whole or by a range, under the console's own origin."""
    wanted = dict(headers or {})
    if "Range" in request.headers:
        wanted["Range"] = request.headers["Range"]
    async with service.opened(path, wanted) as found:
        headers = {name: found.headers[name] for name in _FILE_HEADERS if name in found.headers}
        response = web.StreamResponse(status=found.status, headers=headers)
        await response.prepare(request)
        with suppress(ConnectionError):
            async for chunk in found.content.iter_chunked(_CHUNK_BYTES):
                await response.write(chunk)
            await response.write_eof()
    return response
