"""HTTP calls: headers, bodies, the slot of a call, and responses to errors."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial, wraps
from typing import Any, Self, TypeAlias, TypeVar
from urllib.parse import urlsplit

import pydantic_core
from aiohttp import web
from pydantic import BaseModel, TypeAdapter, ValidationError

from shared.contract.events import FieldError, Identity, new_id
from shared.errors import SystemicError, TransientError
from shared.runtime.http.admission import AdmissionControl
from shared.runtime.http.authentication import RefusedError, forbidden
from shared.runtime.http.body import read_body
from shared.runtime.http.deadline import database_unavailable
from shared.runtime.http.load_shedding import Release, adopt_slot
from shared.runtime.http.problem_details import problem_response

Sent = TypeVar("Sent", bound=BaseModel)
Handler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]

_IDENTITY: TypeAdapter[str] = TypeAdapter(Identity)
KIB = 1024
MIB = 1024 * KIB
JSON = "application/json"
NDJSON = "application/x-ndjson"
URLENCODED = "application/x-www-form-urlencoded"

# Limit of percent-encoded forms of callers without a key: decoding 1 MiB takes 0.1 s.
MAX_FORM_BYTES = 128 * KIB
MAX_PREVIEW_BYTES = 64 * KIB


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


def refuse_cross_site(request: web.Request, public_url: str) -> None:
    """Raise ``RefusedError`` for a form that a browser sends from another site."""
    if site := request.headers.get("Sec-Fetch-Site"):
        is_ours = site in {"same-origin", "none"}
    else:
        origin = request.headers.get("Origin")
        try:
            netloc = request.host if origin is None else urlsplit(origin).netloc
        except ValueError:  # such as an address without its closing bracket
            netloc = ""
        is_ours = netloc in {request.host, urlsplit(public_url).netloc}
    if not is_ours:
        detail = "Open the form on this site and send it from there."
        answer = problem_response(403, "From another site", detail)
        raise forbidden(request, "", "cross_site", answer)


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


def validated(
    model: type[Sent], fields: object, *, code: str | None = None, context: object = None
) -> Sent:
    """Return a body or query as a model; RefusedError names its invalid fields.

    Args:
        code: As in ``refuse_fields``.
        context: What the model's validators know besides.
    """
    try:
        return model.model_validate(fields, context=context)
    except ValidationError as error:
        raise refuse_fields(*field_errors(error), code=code) from None


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


# aiohttp parses `Content-Type` as an e-mail header and each cookie into an object: 60 ms and 8 ms
# for a header of 8 kB. The functions below need linear time.
# Maximum characters of a `Content-Type`; a boundary has at most 70 (RFC 2046).
_MAX_MEDIA_TYPE = 256


def media_type_of(request: web.Request) -> str:
    """Return the lower-case media type without parameters; empty if missing or too long."""
    given = request.headers.get("Content-Type", "")
    return "" if len(given) > _MAX_MEDIA_TYPE else given.partition(";")[0].strip().lower()


def cookie_of(request: web.Request, name: str) -> str:
    """Return the value of a cookie as it was sent; empty without one."""
    for pair in request.headers.get("Cookie", "").split(";"):
        given, _, value = pair.partition("=")
        if given.strip() == name:
            return value.strip()
    return ""


# Title and detail of the 422 problem of a submission.
NOT_ACCEPTABLE = ("Not acceptable", "Fix the listed errors and resubmit with a new id.")


class CallSlot:
    """The slot of a call, from the gate or acquired later; released at the end of a block."""

    def __init__(self, request: web.Request) -> None:
        """Adopt the slot that the gate acquired for a call, if it did."""
        self._release = adopt_slot(request)
        self.is_from_gate = self._release is not None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._release:
            self._release()

    def take(self, admission: AdmissionControl, caller: str) -> None:
        """Acquire a slot for this caller unless there is one; RefusedError if there is none."""
        if self._release:
            return
        self._release = _acquire(admission, caller)


@contextmanager
def slot_of(admission: AdmissionControl, adapter: str) -> Iterator[None]:
    """Hold a slot for a call of this adapter; RefusedError if there is none."""
    release = _acquire(admission, adapter)
    try:
        yield
    finally:
        release()


def _acquire(admission: AdmissionControl, caller: str) -> Release:
    if refusal := admission.try_acquire(caller):
        raise RefusedError(refusal.response())
    return partial(admission.release, caller)
