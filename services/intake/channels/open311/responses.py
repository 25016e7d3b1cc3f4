"""Responses in the format that a call asked for, errors included."""

import json
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import wraps
from http import HTTPStatus
from typing import Any, Literal, TypeAlias
from xml.etree import ElementTree as ET

import pydantic_core
from aiohttp import web
from pydantic import BaseModel

from services.intake.channels.listing.views import xml_text
from services.intake.channels.open311.schema import ErrorEntry
from shared.contract.events import FieldError
from shared.errors import SystemicError, TransientError
from shared.runtime.cooperative import in_turns
from shared.runtime.http.authentication import RefusedError
from shared.runtime.http.deadline import database_unavailable
from shared.runtime.http.problem_details import NOSNIFF

Format: TypeAlias = Literal["xml", "json"]

CONTENT_TYPE: Mapping[Format, str] = {
    "xml": "text/xml; charset=utf-8",
    "json": "application/json; charset=utf-8",
}
_ENTRY_NAME = {
    "services": "service",
    "service_requests": "request",
    "service_request_updates": "request_update",
    "endpoints": "endpoint",
    "formats": "format",
    "attributes": "attribute",
    "values": "value",
    "notes": "note",
    "errors": "error",
}
_DECLARATION = b'<?xml version="1.0" encoding="utf-8"?>\n'


@dataclass(frozen=True, slots=True)
class Open311Document:
    """A document of the API: one model or a list, and the name of its XML root."""

    name: str
    content: BaseModel | Sequence[BaseModel]


def encode_document(document: Open311Document, output: Format) -> bytes:
    """Return the document in UTF-8.

    In JSON a list is an array whatever its length, and what is missing is null; in XML that is an
    empty element.
    """
    content: Any = document.content
    if isinstance(content, BaseModel):
        content = content.model_dump(exclude_unset=True)
    else:
        content = [one.model_dump(exclude_unset=True) for one in content]
    if output == "json":
        return json.dumps(content, ensure_ascii=False).encode()
    root = ET.Element(document.name)
    _fill(root, content)
    encoded: bytes = ET.tostring(root, encoding="utf-8")
    return _DECLARATION + encoded


def _fill(element: ET.Element, value: object) -> None:
    if isinstance(value, Mapping):
        for name, part in value.items():
            _fill(ET.SubElement(element, name), part)
    elif isinstance(value, list):
        for entry in value:
            _fill(ET.SubElement(element, _ENTRY_NAME[element.tag]), entry)
    elif isinstance(value, bool):
        element.text = "true" if value else "false"
    elif value is not None:
        element.text = xml_text(str(value))


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
# Statuses that Open311 does not have, with their replacements.
_STATUS = {
    HTTPStatus.UNAUTHORIZED: HTTPStatus.FORBIDDEN,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: HTTPStatus.BAD_REQUEST,
    HTTPStatus.UNPROCESSABLE_ENTITY: HTTPStatus.BAD_REQUEST,
}


# Faults of the key, by status: callers know it by the name of its parameter.
_KEY_FAULTS: Mapping[int, str] = {
    HTTPStatus.UNAUTHORIZED: "api_key: send the key of an adapter, as this parameter or in "
    "Authorization: Bearer <key>.",
    HTTPStatus.FORBIDDEN: "api_key: this key is no adapter's. Send the key of an adapter.",
}


class Open311Error(Exception):
    """An error response; its status is also the code of each error."""

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
    """Translate problem details in JSON; keeps the headers ``Retry-After`` and ``Allow``."""
    try:
        problem = pydantic_core.from_json(body) if isinstance(body, bytes) else {}
    except ValueError:
        problem = {}
    fields = [
        f"{parameter_of(one['field'])}: {one['message']}" for one in problem.get("errors", ())
    ]
    detail = _KEY_FAULTS.get(status) or problem.get("detail", HTTPStatus(status).phrase)
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


# In XML some 2 ms.
_ENTRIES_AT_ONCE = 25
_UNAVAILABLE = "We cannot answer now. Retry in a moment with the same Idempotency-Key."


@dataclass(frozen=True, slots=True)
class Page:
    """A document and more headers of its response."""

    document: Open311Document
    headers: dict[str, str] = field(default_factory=dict)


Handler: TypeAlias = Callable[[web.Request], Awaitable[Page]]


def answered(handler: Handler) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Return the aiohttp handler that sends the page or the error of a handler."""

    @wraps(handler)
    async def answer(request: web.Request) -> web.Response:
        try:
            page = await handler(request)
        except Open311Error as error:
            return _error_response(format_of(request), error)
        except RefusedError as refused:
            problem = refused.response
        except (SystemicError, TransientError, TimeoutError) as error:
            problem = database_unavailable(_UNAVAILABLE, error)
        except web.HTTPError as unread:
            found = error_of_problem(unread.status, None, unread.headers)
            response = _error_response(format_of(request), found)
            if unread.keep_alive is not None:
                response.force_close()
            return response
        else:
            output = format_of(request)
            return _with_body(await _encoded(page.document, output), output, page.headers)
        return translated(problem, format_of(request))

    return answer


def translated(problem: web.Response, output: Format) -> web.Response:
    """Return problem details as an error of Open311."""
    return _error_response(output, error_of_problem(problem.status, problem.body, problem.headers))


def refused(allowed: str | None = None) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Return a handler for unknown paths, or for methods other than the allowed ones."""

    async def refuse(request: web.Request) -> web.Response:
        error = not_found("There is nothing at this address. Begin with /open311/v2/discovery.xml.")
        if allowed is not None:
            text, headers = f"Use {allowed} here.", {"Allow": allowed}
            error = Open311Error(HTTPStatus.METHOD_NOT_ALLOWED, [text], headers)
        return _error_response(format_of(request), error)

    return refuse


def format_of(request: web.Request) -> Format:
    """Return the format by the suffix; XML without one."""
    return "json" if request.path.endswith(".json") else "xml"


def _error_response(output: Format, error: Open311Error) -> web.Response:
    body = encode_document(error.document(), output)
    return _with_body(body, output, error.headers, error.status)


async def _encoded(document: Open311Document, output: Format) -> bytes:
    """Return the document in UTF-8; others have their turns while a long list is encoded."""
    content = document.content
    if isinstance(content, BaseModel) or len(content) <= _ENTRIES_AT_ONCE:
        return encode_document(document, output)

    def encode(first: int) -> bytes:
        entries = content[first : first + _ENTRIES_AT_ONCE]
        return encode_document(Open311Document(document.name, entries), output)

    parts = await in_turns(encode, range(0, len(content), _ENTRIES_AT_ONCE))
    name = document.name.encode()
    begin, end = (b"[", b"]") if output == "json" else (b"<%b>" % name, b"</%b>" % name)
    first, _, rest = parts[0].partition(begin)
    entries = [rest.removesuffix(end)]
    entries += [part.partition(begin)[2].removesuffix(end) for part in parts[1:]]
    return first + begin + (b", " if output == "json" else b"").join(entries) + end


def _with_body(
    body: bytes, output: Format, headers: Mapping[str, str], status: int = HTTPStatus.OK
) -> web.Response:
    sent = {"Content-Type": CONTENT_TYPE[output], **NOSNIFF, **headers}
    return web.Response(status=status, body=body, headers=sent)
