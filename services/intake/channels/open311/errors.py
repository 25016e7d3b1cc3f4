"""Errors in the form of Open311: a status, and a description of each thing that is wrong."""

from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus

import pydantic_core

from services.intake.channels.open311.representation import Open311Document
from services.intake.channels.open311.schema import ErrorEntry
from shared.contract.events import FieldError

_PARAMETER = {
    "jurisdiction": "jurisdiction_id",
    "location": "lat and long, address_string or address_id",
    "location.latitude": "lat",
    "location.longitude": "long",
    "location.address": "address_string",
    "location.details": "address_id",
    "reporter": "first_name, last_name, email or phone",
    "reporter.name": "first_name and last_name",
    "reporter.email": "email",
    "reporter.phone": "phone",
    "reporter.account_id": "account_id",
    "text": "description",
    "media": "media_url",
    "media.0.url": "media_url",
    "id": "Idempotency-Key",
}
_ATTRIBUTE = "attributes."
_STATUS = {
    HTTPStatus.UNAUTHORIZED: HTTPStatus.FORBIDDEN,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: HTTPStatus.BAD_REQUEST,
    HTTPStatus.UNPROCESSABLE_ENTITY: HTTPStatus.BAD_REQUEST,
}
"""Statuses that Open311 does not have, and what it has instead."""


class Open311Error(Exception):
    """The call gets an error response.

    Attributes:
        status: The HTTP status; also the code of each error.
        descriptions: What is wrong and what to do, in sentences for the end user.
        headers: More headers, such as ``Retry-After``.
    """

    def __init__(
        self, status: int, descriptions: Iterable[str], headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(status)
        self.status = int(_STATUS.get(HTTPStatus(status), status))
        self.descriptions = tuple(descriptions)
        self.headers = headers or {}

    def document(self) -> Open311Document:
        """Return the body of the response."""
        errors = [ErrorEntry(code=self.status, description=text) for text in self.descriptions]
        return Open311Document("errors", errors)


def bad_request(*descriptions: str) -> Open311Error:
    """Return the error of a call whose parameters are missing or wrong."""
    return Open311Error(HTTPStatus.BAD_REQUEST, descriptions)


def not_found(description: str) -> Open311Error:
    """Return the error of a call for something that does not exist."""
    return Open311Error(HTTPStatus.NOT_FOUND, [description])


def error_of_problem(status: int, body: object, headers: Mapping[str, str]) -> Open311Error:
    """Return the error that says the same as problem details.

    Args:
        status: Their HTTP status.
        body: Their JSON.
        headers: Their headers, of which ``Retry-After`` and ``Allow`` are kept.
    """
    try:
        problem = pydantic_core.from_json(body) if isinstance(body, bytes) else {}
    except ValueError:
        problem = {}
    fields = [
        f"{parameter_of(one['field'])}: {one['message']}" for one in problem.get("errors", ())
    ]
    detail = problem.get("detail", HTTPStatus(status).phrase)
    kept = {name: headers[name] for name in ("Retry-After", "Allow") if name in headers}
    return Open311Error(status, fields or [detail], kept)


def error_of_fields(errors: Sequence[FieldError]) -> Open311Error:
    """Return the error of a submission that was rejected, with the names that Open311 gives."""
    return bad_request(*(f"{parameter_of(one.field)}: {one.message}" for one in errors))


def parameter_of(field: str) -> str:
    """Return the name that Open311 gives to a field of a submission."""
    if field.startswith(_ATTRIBUTE):
        return f"attribute[{field.removeprefix(_ATTRIBUTE)}]"
    return _PARAMETER.get(field, field)
