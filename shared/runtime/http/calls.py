"""HTTP calls: parsing of bodies and responses to errors."""

from collections.abc import Awaitable, Callable, Sequence
from functools import wraps
from typing import Any, TypeAlias

import pydantic_core
from aiohttp import web
from pydantic import TypeAdapter, ValidationError

from shared.contract.events import FieldError, Identity, new_id
from shared.errors import SystemicError, TransientError
from shared.runtime.http.body import read_body
from shared.runtime.http.callers import RefusedError
from shared.runtime.http.deadline import database_unavailable
from shared.runtime.http.headers import media_type_of
from shared.runtime.http.problem_details import problem_response

Handler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]

_IDENTITY: TypeAdapter[str] = TypeAdapter(Identity)
KIB = 1024
MIB = 1024 * KIB
JSON = "application/json"
URLENCODED = "application/x-www-form-urlencoded"

# Limit of percent-encoded forms of callers without a key: decoding 1 MiB takes 0.1 s.
MAX_FORM_BYTES = 128 * KIB


def answers_errors(advice: str) -> Callable[[Handler], Handler]:
    """Make a handler respond to refusals, and 503 with this advice while the database is down."""

    def decorate(handler: Handler) -> Handler:
        @wraps(handler)
        async def answer(request: web.Request) -> web.StreamResponse:
            try:
                return await handler(request)
            except RefusedError as refused:
                return refused.response
            except (SystemicError, TransientError, TimeoutError) as error:
                return database_unavailable(advice, error)

        return answer

    return decorate


async def body_of(request: web.Request, media_type: str = JSON, *, max_bytes: int = MIB) -> bytes:
    """Return the body of this media type; RefusedError for another, one too large, or no room."""
    if media_type_of(request) != media_type:
        detail = f"Send Content-Type: {media_type}."
        raise RefusedError(problem_response(415, "Unsupported media type", detail))
    try:
        return await read_body(request, max_bytes)
    except web.HTTPRequestEntityTooLarge:
        size = f"{max_bytes // MIB} MiB" if max_bytes >= MIB else f"{max_bytes // KIB} KiB"
        detail = f"Send at most {size}."
        raise RefusedError(problem_response(413, "Too large", detail)) from None


def json_of(body: bytes) -> Any:  # noqa: ANN401 - anything may come from outside
    """Return the JSON value of a body; RefusedError if it is no JSON."""
    try:
        return pydantic_core.from_json(body)
    except ValueError:
        detail = "Send one JSON object in UTF-8."
        raise RefusedError(problem_response(400, "Not JSON", detail)) from None


def idempotency_id(request: web.Request, otherwise: str | None = None) -> str:
    """Return the ``Idempotency-Key``, or ``otherwise``, or a new one; RefusedError if invalid."""
    given = request.headers.get("Idempotency-Key") or otherwise
    if not given:
        return new_id()
    try:
        return _IDENTITY.validate_python(given)
    except ValidationError:
        detail = "Send an Idempotency-Key of 1 to 500 characters without control characters."
        raise RefusedError(problem_response(400, "Bad Idempotency-Key", detail)) from None


def refuse_fields(*errors: FieldError, code: str | None = None) -> RefusedError:
    """Return the 422 for errors of a query or body; ``code`` is the kind of problem."""
    detail = "Fix the listed errors."
    return RefusedError(problem_response(422, "Not acceptable", detail, code=code, errors=errors))


def id_reused(what: str) -> RefusedError:
    """Return the 422 of another body, such as a ``command``, under a known idempotency key."""
    code = "id_reused"
    message = f"Another {what} was sent under this key; send this one under a new key."
    return refuse_fields(FieldError(field="Idempotency-Key", code=code, message=message), code=code)


def field_errors(error: ValidationError) -> Sequence[FieldError]:
    """Return the errors of a body, without any value."""
    return [
        FieldError(field=".".join(map(str, fault["loc"])), code=fault["type"], message=fault["msg"])
        for fault in error.errors(include_input=False, include_url=False, include_context=False)
    ]


def json_response(value: object, status: int = 200) -> web.Response:
    """Return a value as JSON."""
    return web.Response(body=pydantic_core.to_json(value), status=status, content_type=JSON)
