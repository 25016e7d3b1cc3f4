"""Routes of Open311 GeoReport v2 in XML and JSON, and their descriptions."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Annotated, Any, Literal, get_args

from aiohttp import web
from pydantic import AwareDatetime, Field

from services.intake.channels.open311 import responses, schema
from services.intake.channels.open311.form import MAX_COUNT
from services.intake.channels.open311.query import MAX_OFFSET, MAX_PAGE_SIZE
from services.intake.channels.open311.reading import BASE, Open311Reading
from services.intake.channels.open311.submitting import Open311Submitting
from services.intake.channels.status_view import ReporterLinks
from services.intake.ports import IntakePorts
from shared.runtime.http.admission import AdmissionControl
from shared.runtime.http.body import MULTIPART
from shared.runtime.http.calls import URLENCODED
from shared.runtime.http.key_gate import KeyedRoute
from shared.runtime.http.openapi import (
    IDEMPOTENT,
    RETRY_AFTER,
    Content,
    Operation,
    Parameter,
    documents,
)
from shared.runtime.service import ChannelParts

_TYPES = tuple(responses.CONTENT_TYPE.values())


def _optional(description: str, type_: Any = str) -> Parameter:  # noqa: ANN401 - a type
    return Parameter(description, type_, allows_empty=True)


_DATES = {
    "start_date": _optional("Earliest moment with its offset.", AwareDatetime),
    "end_date": _optional("Latest moment with its offset, at most 90 days later.", AwareDatetime),
}
_PAGES = {
    "page": _optional("Page by number, from 1 on.", Annotated[int, Field(ge=1, le=MAX_OFFSET + 1)]),
    "page_size": _optional(
        f"Requests a page; more than {MAX_PAGE_SIZE:,} count as that.",
        Annotated[int, Field(ge=1, le=MAX_COUNT)],
    ),
    "after": _optional("Where the page begins, from the link rel=next."),
}
_FILTERS = {
    "service_request_id": _optional("Ids or tracking numbers; they override all else.", list[str]),
    "service_code": _optional("Kinds.", list[str]),
    "status": _optional("open, closed, or both.", list[Literal["open", "closed"]]),
    "updated_after": _optional("Earliest moment of the last change.", AwareDatetime),
    "updated_before": _optional("Latest moment of the last change.", AwareDatetime),
    "bbox": _optional(
        "West, south, east and north side in degrees.",
        Annotated[list[float], Field(min_length=4, max_length=4)],
    ),
}
_REQUEST = {
    "jurisdiction_id": "portland.gov",
    "service_code": "ROW-POTHOLE",
    "lat": 45.5231,
    "long": -122.6765,
    "description": "Deep hole in the right lane",
    "email": "ana@example.org",
}
_EXTENSIONS = {"extensions": _optional("true for our own status and the history.")}
_NEXT = {"Link": Parameter("The next page, with rel=next; none after the last one.")}


def _read(
    summary: str,
    model: Any,  # noqa: ANN401 - a type
    query: Mapping[str, Parameter],
    headers: Mapping[str, Parameter] | None = None,
) -> Operation:
    found = Content("Found.", _TYPES, model, headers or {})
    return Operation(summary, {200: found} | _ERRORS, query=query, unknown="ignored")


def _error(description: str, headers: Mapping[str, Parameter] | None = None) -> Content:
    return Content(description, _TYPES, list[schema.ErrorEntry], headers or {})


_ERRORS = {
    400: _error("A parameter is missing or wrong."),
    404: _error("Not found."),
    429: _error("The key or the address calls too often.", RETRY_AFTER),
    503: _error("Overloaded, or the database does not respond; retry later.", RETRY_AFTER),
}


def _city(cities: Sequence[str]) -> dict[str, Parameter]:
    several = len(cities) > 1
    named = Annotated[str, Field(json_schema_extra={"enum": [*cities]})]
    city = Parameter("The city.", named, required=several, allows_empty=not several)
    return {"jurisdiction_id": city}


def _post(
    summary: str,
    taken: Any,  # noqa: ANN401 - a type
    form: Content,
    multipart: Any,  # noqa: ANN401 - a type
) -> Operation:
    return Operation(
        summary,
        {
            200: Content("Created.", _TYPES, taken),
            **_ERRORS,
            403: _error("The key is missing, or not the key of an adapter."),
            408: _error("The form did not arrive in time."),
            413: _error(
                "More than 1 MiB, with the key in the form alone 128 KiB, or with pictures 10 MiB "
                "or 40 megapixels."
            ),
        },
        body=form,
        form=Content("The form with pictures.", (MULTIPART,), multipart),
        query={"jurisdiction_id": _optional("The city, where the form does not name it.")},
        headers=IDEMPOTENT,
        security=("adapter", "api_key"),
        unknown="ignored",
    )


_POST_REQUEST = _post(
    "Submit a request.",
    list[schema.RequestAccepted],
    Content("The form.", (URLENCODED,), schema.SubmittedForm, example=_REQUEST),
    schema.SubmittedFormWithPictures,
)
_POST_UPDATE = _post(
    "Add an update's description to its request, as a note.",
    list[schema.UpdateTaken],
    Content("The form.", (URLENCODED,), schema.SubmittedUpdateForm),
    schema.SubmittedUpdateFormWithPictures,
)
_FORMAT = "{format:xml|json}"


@asynccontextmanager
async def open_open311(core: IntakePorts) -> AsyncGenerator[ChannelParts]:
    """Open the Open311 API."""
    limits, links = core.limits, ReporterLinks.of(core.reporter_key, core.public_url)
    yield ChannelParts(
        routes=_routes(Open311Reading(core), Open311Submitting(core, links)),
        keyed_routes=keyed_open311_routes(limits.submissions, limits.singly),
    )


def keyed_open311_routes(
    admission: AdmissionControl, of_updates: AdmissionControl
) -> list[KeyedRoute]:
    """Return the routes that accept submissions and updates, for the gate."""
    admissions = {"requests": admission, "servicerequestupdates": of_updates}
    return [
        KeyedRoute(
            f"{BASE}/{path}.{output}",
            {"adapter": of_path},
            reads_other_keys=True,
            translate=partial(responses.translated, output=output),
        )
        for path, of_path in admissions.items()
        for output in get_args(responses.Format)
    ]


def _routes(reading: Open311Reading, submitting: Open311Submitting) -> list[web.RouteDef]:
    city = _city(sorted(reading.core.cities))
    listed = city | _DATES | _FILTERS | _PAGES
    one, many = list[schema.ServiceRequest], listed | _EXTENSIONS
    getters: Mapping[str, tuple[responses.Handler, Operation]] = {
        "discovery": (reading.discovery, _read("Describe the endpoint.", schema.Discovery, {})),
        "services": (
            reading.services,
            _read("List the kinds of a city.", list[schema.Open311Service], city),
        ),
        "services/{service_code}": (
            reading.service,
            _read("List the questions of a kind.", schema.ServiceDefinition, city),
        ),
        "requests": (
            reading.list_requests,
            _read("List requests of public kinds, newest first.", one, many, _NEXT),
        ),
        "requests/{service_request_id}": (
            reading.one_request,
            _read("Show a request.", one, city | _EXTENSIONS),
        ),
        "tokens/{token}": (
            reading.token,
            _read("Return the id of a token.", list[schema.RequestAccepted], city),
        ),
        "servicerequestupdates": (
            reading.updates,
            _read("List updates of requests.", list[schema.RequestUpdate], listed, _NEXT),
        ),
    }
    posters: Mapping[str, tuple[responses.Handler, Operation]] = {
        "requests": (submitting.post, _POST_REQUEST),
        "servicerequestupdates": (submitting.post_update, _POST_UPDATE),
    }
    routes = []
    for path, (getter, read) in getters.items():
        url, allowed = f"{BASE}/{path}.{_FORMAT}", "GET"
        routes.append(web.get(url, documents(responses.answered(getter), read)))
        if path in posters:
            poster, post = posters[path]
            allowed = "GET, POST"
            routes.append(web.post(url, documents(responses.answered(poster), post)))
        routes.append(web.route("*", url, responses.refused(allowed)))
    return [*routes, web.route("*", "/open311{rest:(?s:.*)}", responses.refused())]
