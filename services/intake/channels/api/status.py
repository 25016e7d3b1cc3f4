"""The HTTP route for the public status of a request; it needs no API key."""

import json
from collections.abc import Mapping

from aiohttp import web
from pydantic import AwareDatetime

from services.intake.channels.status_view import render_status
from services.intake.identifiers import read_tracking_number
from services.intake.ports import IntakePorts
from shared.contract.events import Data
from shared.errors import SystemicError
from shared.runtime.http.deadline import database_unavailable
from shared.runtime.http.openapi import (
    PUBLIC_REFUSALS,
    Content,
    Operation,
    Parameter,
    documents,
    problem,
)
from shared.runtime.http.problem_details import problem_response
from shared.spoken_languages import best_language
from shared.vocabulary import TextStatus


class PublicLocation(Data):
    """Location of the problem: an address, or else a point to about 100 m."""

    address: str | None = None
    """Address; of private kinds the block alone."""
    latitude: float | None = None
    """Degrees north, WGS 84."""
    longitude: float | None = None
    """Degrees east, WGS 84."""


class PublicReferral(Data):
    """An agency outside the city that must act."""

    name: str
    phone: str | None
    url: str | None
    reason: str | None


class PublicMedia(Data):
    """A picture that is public: an operator released it, or its bureau publishes its own."""

    url: str
    """Its address, relative to that of the status."""


class HistoryEntry(Data):
    """A change of the status."""

    at: AwareDatetime
    """Time of the change, UTC."""
    status: str
    """The status from then on."""
    text: str
    """The same in plain words."""
    bureau: str | None
    note: str | None
    """Its note for the public."""
    media: list[PublicMedia]
    """Its pictures of the work that are public, oldest first."""


class RequestStatus(Data):
    """The public status of a request."""

    tracking_number: str
    public_id: str | None
    """Id by which Open311 and open data name it; it opens no page and takes no note."""
    jurisdiction: str
    service_code: str
    service_name: str
    status: str
    status_text: str
    """The same in plain words."""
    submitted_at: AwareDatetime
    """Time of submission, UTC."""
    updated_at: AwareDatetime
    """Time of the last change, UTC."""
    location: PublicLocation | None
    description: str | None
    """The reporter's words, which the holder of the number reads whatever their status; null once
    erased."""
    text_status: TextStatus
    """Whether the public reads the words: ``held`` until an operator decides, then ``released`` or
    ``withheld``."""
    note: str | None
    """Finding of triage, such as a known problem."""
    answer: str | None
    bureau: str | None
    scheduled_for: AwareDatetime | None
    """Planned time of the work, UTC."""
    complete_by: AwareDatetime | None
    """Deadline of the work, UTC; null while its clock is paused and when closed."""
    referral: PublicReferral | None
    """The agency outside the city that must act."""
    media: list[PublicMedia]
    """Pictures of the reporter that an operator released, oldest first."""
    history: list[HistoryEntry]
    """The changes, oldest first."""


_MISTYPED = "The number is mistyped. Compare it with your receipt, symbol by symbol."
_UNKNOWN = "We have no request with this number. Compare it with your receipt, or call 311."

_LANGUAGE: Mapping[str, Parameter] = {
    "Content-Language": Parameter("Language of the texts.", required=True)
}
_LOOK_UP = Operation(
    "Look up the public status of a request.",
    {
        200: Content("The status.", ("application/json",), RequestStatus, _LANGUAGE),
        404: problem("Unknown tracking number."),
        **PUBLIC_REFUSALS,
    },
    headers={"Accept-Language": Parameter("Languages that the reader understands.")},
)


def status_routes(core: IntakePorts) -> list[web.RouteDef]:
    """Return the route that shows residents the status of a request."""

    async def get(request: web.Request) -> web.StreamResponse:
        if refused := await core.callers.look_up_refusal(request):
            return refused
        number = read_tracking_number(request.match_info["tracking_number"])
        if number is None:
            return problem_response(404, "No such number", _MISTYPED)
        try:
            status = await core.status(number)
        except SystemicError as error:
            return database_unavailable("Retry in a moment.", error)
        if status is None:
            return problem_response(404, "No such number", _UNKNOWN)
        accepted = request.headers.get("Accept-Language", "")
        language = core.languages[best_language(accepted, tuple(core.languages))]
        view = render_status(status, core.cities[status.request.jurisdiction], language)
        return web.json_response(
            view,
            dumps=lambda data: json.dumps(data, ensure_ascii=False),
            headers={"Content-Language": language.tag, "Vary": "Accept-Language"},
        )

    return [web.get("/v1/requests/{tracking_number}", documents(get, _LOOK_UP))]
