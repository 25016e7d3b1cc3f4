"""Descriptions of Open311's routes for the OpenAPI document."""

from collections.abc import Mapping
from typing import Any

from services.intake.http.multipart_form import MULTIPART
from services.intake.open311.form import URLENCODED
from services.intake.open311.representation import CONTENT_TYPE
from services.intake.open311.schema import (
    Discovery,
    ErrorEntry,
    Open311Service,
    RequestAccepted,
    RequestUpdate,
    ServiceDefinition,
    ServiceRequest,
    SubmittedForm,
    SubmittedFormWithPictures,
    SubmittedUpdateForm,
    SubmittedUpdateFormWithPictures,
    UpdateTaken,
)
from shared.runtime.http.openapi import Content, Operation

_TYPES = tuple(CONTENT_TYPE.values())
_CITY = {"jurisdiction_id": "The city, such as portland.gov; required, as there are several."}
_DATES = {
    "start_date": "Earliest moment with its offset.",
    "end_date": "Latest moment with its offset, at most 90 days later.",
}
_PAGES = {
    "page": "Page by number, from 1 on.",
    "page_size": "Requests a page, at most 1,000.",
    "after": "Where the page begins, from the link rel=next.",
}
_FILTERS = {
    "service_request_id": "Numbers with commas; they override all else.",
    "service_code": "Kinds with commas.",
    "status": "open, closed, or both with a comma.",
    "updated_after": "Earliest moment of the last change.",
    "updated_before": "Latest moment of the last change.",
    "bbox": "West, south, east and north side in degrees.",
}
_EXTENSIONS = {"extensions": "true for our own status and the history."}


def _read(summary: str, model: Any, query: Mapping[str, str]) -> Operation:  # noqa: ANN401 - a type
    return Operation(summary, {200: Content("Found.", _TYPES, model)} | _ERRORS, query=query)


def _error(description: str) -> Content:
    return Content(description, _TYPES, list[ErrorEntry])


_ERRORS = {
    400: _error("A parameter is missing or wrong."),
    404: _error("It does not exist."),
    429: _error("The key or the address calls too often."),
    503: _error("It cannot be answered at the moment."),
}

READ: Mapping[str, Operation] = {
    "discovery": _read("Describe the endpoint.", Discovery, {}),
    "services": _read("List the kinds of a city.", list[Open311Service], _CITY),
    "services/{code}": _read("List the questions of a kind.", ServiceDefinition, _CITY),
    "requests": _read(
        "List requests of public kinds, newest first.",
        list[ServiceRequest],
        _CITY | _DATES | _FILTERS | _PAGES | _EXTENSIONS,
    ),
    "requests/{id}": _read("Show a request.", list[ServiceRequest], _CITY | _EXTENSIONS),
    "tokens/{token}": _read("Return the number of a token.", list[RequestAccepted], _CITY),
    "servicerequestupdates": _read(
        "List updates of requests.", list[RequestUpdate], _CITY | _DATES | _FILTERS | _PAGES
    ),
}


def _post(
    summary: str,
    taken: Content,
    form: Any,  # noqa: ANN401 - a type
    multipart: Any,  # noqa: ANN401 - a type
) -> Operation:
    return Operation(
        summary,
        {
            200: taken,
            **_ERRORS,
            403: _error("The key is missing, or no adapter's."),
            408: _error("The body did not arrive in time."),
            413: _error("More than 1 MiB, or with pictures 10 MiB or 40 megapixels."),
        },
        body=Content("The form.", (URLENCODED,), form),
        form=Content("The form with pictures.", (MULTIPART,), multipart),
        query=_CITY
        | {"api_key": "The adapter's key; it may come in the form or as a bearer token."},
        headers={"Idempotency-Key": "Id of the call: a repeat gets the same answer."},
    )


POST: Mapping[str, Operation] = {
    "requests": _post(
        "Hand in one request.",
        Content("It is a request now.", _TYPES, list[RequestAccepted]),
        SubmittedForm,
        SubmittedFormWithPictures,
    ),
    "servicerequestupdates": _post(
        "Add an update's description to its request, as a note.",
        Content("It is kept.", _TYPES, list[UpdateTaken]),
        SubmittedUpdateForm,
        SubmittedUpdateFormWithPictures,
    ),
}
