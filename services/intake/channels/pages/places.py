"""Routes of the residents' map: places by words, tiles, and open problems near by."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Annotated, TypeVar

from aiohttp import web
from pydantic import Field, StringConstraints, TypeAdapter, ValidationError

from services.intake.channels.pages.access import PageAccess
from services.intake.channels.pages.site import TILES
from services.intake.ports import IntakePorts
from services.intake.records.submissions import KnownPlace, MatchKind
from shared.contract.events import Data, FieldError
from shared.errors import SystemicError, TransientError
from shared.runtime.http.authentication import RefusedError
from shared.runtime.http.calls import JSON, answers_errors, json_response, refuse_fields
from shared.runtime.http.deadline import Deadline
from shared.runtime.http.openapi import (
    PUBLIC_REFUSALS,
    Content,
    Operation,
    Parameter,
    documents,
    problem,
)
from shared.runtime.http.problem_details import problem_response
from shared.runtime.http.rate_limits import TokenBuckets
from shared.runtime.http.refusals import ADDRESS_RATE
from shared.vocabulary import MAX_LATITUDE, MAX_LONGITUDE, GeoPoint

PATH, PINS = "/v1/places", "/report/pins"
PER_SECOND = 10
_MEDIA_TYPE = "application/vnd.pmtiles"
# Degrees that a map may be wide or high to show open problems.
_MAX_SPAN = 0.2

_Latitude = Annotated[float, Field(ge=-MAX_LATITUDE, le=MAX_LATITUDE)]
_Longitude = Annotated[float, Field(ge=-MAX_LONGITUDE, le=MAX_LONGITUDE)]
_Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
_Q = TypeAdapter[str](_Words)
_NEAR = TypeAdapter(tuple[_Latitude, _Longitude])
_BOUNDS = TypeAdapter(tuple[_Longitude, _Latitude, _Longitude, _Latitude])
_T = TypeVar("_T")


class PlacePoint(Data):
    """A point, WGS 84."""

    latitude: float
    longitude: float


class Place(Data):
    """A place that words mean or begin."""

    name: str
    match: MatchKind
    """A known house, one ``interpolated`` between known ones, and so on."""
    point: PlacePoint
    district: str | None
    """The city's district that it lies in."""


class Places(Data):
    """The places that words mean or begin, the likeliest first."""

    places: Annotated[list[Place], Field(max_length=8)]


_REFUSED = {422: problem("Parameters are wrong; each is listed."), **PUBLIC_REFUSALS}
FIND = Operation(
    "Find addresses, crossings, streets and named places.",
    {200: Content("At most 8 places.", (JSON,), Places), **_REFUSED},
    query={
        "q": Parameter("Words as typed so far. Without them the address at ``near``.", _Words),
        "jurisdiction": Parameter("Id of the city; that of the pages by default."),
        "near": Parameter("Latitude and longitude; of equal places the nearest come first."),
    },
)
TILE_FILE = Operation(
    "Return the base map of a city, whole or by a range of bytes.",
    {
        200: Content("The file, in PMTiles.", (_MEDIA_TYPE,), bytes),
        206: Content("A range of it.", (_MEDIA_TYPE,), bytes),
        404: problem("The city has no such file."),
    },
    unknown="ignored",
)
PIN_LIST = Operation(
    "Return the open problems of a part of the map, for a script.",
    {200: Content("At most 200 pins, part of a page.", ("text/html",)), **_REFUSED},
    query={"bounds": Parameter("West, south, east and north, in degrees.", required=True)},
    unknown="ignored",
)


async def place_near(core: IntakePorts, city: str, pin: GeoPoint | None) -> KnownPlace | None:
    """Return the address at a pin, if the database answers in time."""
    found: Sequence[KnownPlace] = ()
    with suppress(SystemicError, TransientError, TimeoutError):
        if pin:
            found = await Deadline().wait_for(core.find_places(city, "", pin))
    return found[0] if found else None


@dataclass(frozen=True)
class CityMap:
    """Handlers of the residents' map."""

    core: IntakePorts
    access: PageAccess
    rate: TokenBuckets = field(default_factory=lambda: TokenBuckets(PER_SECOND))

    @property
    def routes(self) -> list[web.RouteDef]:
        """The routes of the map."""
        answers = answers_errors("Retry in a moment.")
        return [
            web.get(PATH, documents(answers(self.find), FIND)),
            web.get(PINS, documents(answers(self.pins), PIN_LIST)),
            web.get(f"{TILES}/{{city}}.pmtiles", documents(self.tiles, TILE_FILE)),
        ]

    async def find(self, request: web.Request) -> web.Response:
        """Find places by words, or the address at a point."""
        self._admit(request)
        city = request.query.get("jurisdiction", self.access.site.city.id)
        if city not in self.core.cities:
            raise _refuse("jurisdiction", f"Write one of {', '.join(sorted(self.core.cities))}.")
        words = _read("q", _Q, request.query.get("q", ""), "at most 200 letters")
        degrees = _numbers(request, "near", _NEAR, "latitude and longitude, such as 45.51,-122.67")
        near = GeoPoint(*degrees) if degrees else None
        found = await Deadline().wait_for(self.core.find_places(city, words, near))
        return json_response({"places": [one._asdict() for one in found]})

    async def pins(self, request: web.Request) -> web.Response:
        """List the open problems of a part of the map, as part of a page."""
        self._admit(request)
        hint = f"west, south, east and north, at most {_MAX_SPAN} degrees apart"
        bounds = _numbers(request, "bounds", _BOUNDS, hint)
        if not bounds or max(bounds[2] - bounds[0], bounds[3] - bounds[1]) > _MAX_SPAN:
            raise _refuse("bounds", f"Write {hint}.")
        site = self.access.site
        found = await Deadline().wait_for(self.core.open_cases(site.city.id, bounds))
        return site.page(request, "pins", cases=found)

    async def tiles(self, request: web.Request) -> web.StreamResponse:
        """Return the base map of a city."""
        city = self.core.cities.get(request.match_info["city"])
        if city is None or city.tiles is None:
            return problem_response(404, "No such map", "The city has no map here.")
        headers = {"Content-Type": _MEDIA_TYPE, "Cache-Control": "public, max-age=3600"}
        return web.FileResponse(city.tiles, headers=headers)

    def _admit(self, request: web.Request) -> None:
        if not self.rate.try_take(self.core.callers.address(request)):
            raise RefusedError(ADDRESS_RATE.response())


def _numbers(request: web.Request, name: str, adapter: TypeAdapter[_T], hint: str) -> _T | None:
    text = request.query.get(name)
    return _read(name, adapter, text.split(","), hint) if text else None


def _read(name: str, adapter: TypeAdapter[_T], value: object, hint: str) -> _T:
    try:
        return adapter.validate_python(value)
    except ValidationError:
        raise _refuse(name, f"Write {hint}.") from None


def _refuse(name: str, message: str) -> RefusedError:
    return refuse_fields(FieldError(field=name, code="invalid", message=message))
