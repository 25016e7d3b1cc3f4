"""The routes that read: discovery, kinds, requests, tokens and updates. None needs a key."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import chain

from aiohttp import web

from services.intake.channels.listing.query import Cursor, ListQuery, Span, public_codes
from services.intake.channels.listing.store import ListedRequest, PostgresListedRequests
from services.intake.channels.listing.views import w3c
from services.intake.channels.open311.form import Parameters, jurisdiction_of
from services.intake.channels.open311.query import read_name, read_names, read_query
from services.intake.channels.open311.request_views import (
    definition,
    digest_of,
    discovery,
    render_request,
    render_updates,
    service_list,
)
from services.intake.channels.open311.responses import Open311Document, Page, not_found
from services.intake.channels.open311.schema import RequestAccepted, RequestUpdate, ServiceRequest
from services.intake.ports import IntakePorts
from shared.catalogue import Jurisdiction
from shared.runtime.clock import utc_now
from shared.runtime.cooperative import in_turns
from shared.runtime.http.authentication import RefusedError, is_known
from shared.runtime.http.deadline import Deadline
from shared.vocabulary import END_OF_TIME, START_OF_TIME

_UNKNOWN = "service_request_id was not found: compare it with your receipt."
BASE = "/open311/v2"
_REQUESTS_PER_TOKEN = 100
_EVER = Span(START_OF_TIME, END_OF_TIME)
_AS_UPDATED = {"start_date": "updated_after", "end_date": "updated_before"}


@dataclass(frozen=True)
class Open311Reading:
    """Handlers of the routes that read."""

    core: IntakePorts

    @cached_property
    def requests(self) -> PostgresListedRequests:
        """Lists of requests."""
        return PostgresListedRequests(self.core.lookups, self.core.give_public_ids)

    async def discovery(self, request: web.Request) -> Page:
        """Describe the endpoint; the changeset is when the kinds last changed."""
        await self._admit(request)
        since = await Deadline().wait_for(self.requests.listed_since(self._digest))
        content = discovery(self.core.cities.values(), f"{self.core.public_url}{BASE}", w3c(since))
        return Page(Open311Document("discovery", content))

    async def services(self, request: web.Request) -> Page:
        """List the kinds of a city."""
        _, city = await self._called(request)
        return Page(Open311Document("services", service_list(city)))

    async def service(self, request: web.Request) -> Page:
        """List the questions of a kind."""
        _, city = await self._called(request)
        kind = city.services.get(request.match_info["service_code"])
        if kind is None:
            raise not_found("service_code was not found: take one of the service list.")
        return Page(Open311Document("service_definition", definition(kind)))

    async def list_requests(self, request: web.Request) -> Page:
        """List requests by name or by filters; a full page links to the next one."""
        parameters, city = await self._called(request)
        deadline = Deadline()
        found, query = await deadline.wait_for(self._found(parameters, city))
        self._charge(request, found)
        views = await self._rendered(found, parameters, city, deadline)
        return Page(Open311Document("service_requests", views), _next_link(request, query, found))

    async def one_request(self, request: web.Request) -> Page:
        """Show one request; it does not exist for anybody when its kind is private."""
        parameters, city = await self._called(request)
        deadline = Deadline()
        found = await deadline.wait_for(self._find(request.match_info["service_request_id"], city))
        views = await self._rendered([found], parameters, city, deadline)
        return Page(Open311Document("service_requests", views))

    async def token(self, request: web.Request) -> Page:
        """Return the id that a token stands for: every token is an id or a number already."""
        _, city = await self._called(request)
        found = await Deadline().wait_for(self._find(request.match_info["token"], city))
        token = request.match_info["token"]
        view = RequestAccepted(service_request_id=found.public_id, token=token)
        return Page(Open311Document("service_requests", [view]))

    async def updates(self, request: web.Request) -> Page:
        """List the updates of requests that changed in a time span, the latest request first."""
        parameters, city = await self._called(request)
        values = {_AS_UPDATED.get(name, name): v for name, v in parameters.values.items()}
        deadline = Deadline()
        found, query = await deadline.wait_for(self._found(Parameters(values), city))
        self._charge(request, found)
        cases = [one.case_id for one in found if one.case_id]
        changes = await deadline.wait_for(self.requests.changes(cases))
        span = (query and (query.updated or query.submitted)) or _EVER

        def render(one: ListedRequest) -> list[RequestUpdate]:
            return list(render_updates(one, changes.get(one.case_id or "", []), span))

        views = list(chain.from_iterable(await in_turns(render, found)))
        headers = _next_link(request, query, found)
        return Page(Open311Document("service_request_updates", views), headers)

    @cached_property
    def _digest(self) -> str:
        return digest_of(self.core.cities.values())

    async def _called(self, request: web.Request) -> tuple[Parameters, Jurisdiction]:
        await self._admit(request)
        parameters = Parameters.of(request.query.items())
        return parameters, jurisdiction_of(parameters, self.core.cities)

    async def _admit(self, request: web.Request) -> None:
        if refusal := await self.core.callers.look_up_refusal(request):
            raise RefusedError(refusal)

    def _charge(self, request: web.Request, found: Sequence[ListedRequest]) -> None:
        """Charge a stranger's address for a long list, or raise ``RefusedError``."""
        if not is_known(request):
            self.core.callers.charge(request, len(found) // _REQUESTS_PER_TOKEN)

    async def _found(
        self, parameters: Parameters, city: Jurisdiction
    ) -> tuple[Sequence[ListedRequest], ListQuery | None]:
        names = read_names(parameters)
        if names is not None:
            return await self.requests.by_names(city.id, public_codes(city), names), None
        query = read_query(parameters, city, utc_now())
        return await self.requests.page(query), query

    async def _find(self, text: str, city: Jurisdiction) -> ListedRequest:
        name = read_name(text)
        names = [name] if name else []
        for found in await self.requests.by_names(city.id, public_codes(city), names):
            return found
        raise not_found(_UNKNOWN)

    async def _rendered(
        self,
        found: Sequence[ListedRequest],
        parameters: Parameters,
        city: Jurisdiction,
        deadline: Deadline,
    ) -> list[ServiceRequest]:
        if parameters.text("extensions") != "true":
            render = partial(render_request, city=city, public_url=self.core.public_url)
            return await in_turns(render, found)
        cases = [one.case_id for one in found if one.case_id]
        changes = await deadline.wait_for(self.requests.changes(cases))

        def extended(one: ListedRequest) -> ServiceRequest:
            return render_request(
                one, city, self.core.public_url, changes.get(one.case_id or "", [])
            )

        return await in_turns(extended, found)


def _next_link(
    request: web.Request, query: ListQuery | None, found: Sequence[ListedRequest]
) -> dict[str, str]:
    if query is None or len(found) < query.limit:
        return {}
    last = found[-1]
    moment = last.submitted_at if query.submitted else last.updated_at
    cursor = Cursor(moment, last.request_id).encode()
    url = request.rel_url.without_query_params("page").update_query({"after": cursor})
    return {"Link": f'<{url}>; rel="next"'}
