"""Shared parts of adapters' calls: reading the body, holding a slot, responding to errors."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial, wraps
from typing import Any, Self, TypeAlias

import pydantic_core
from aiohttp import web
from pydantic import TypeAdapter, ValidationError

from services.intake.http.admission import AdmissionControl
from services.intake.http.callers import RefusedError
from shared.contract.events import Identity, new_id
from shared.errors import SystemicError, TransientError
from shared.runtime.http.body import read_body
from shared.runtime.http.deadline import database_unavailable
from shared.runtime.http.load_shedding import adopt_slot
from shared.runtime.http.problem_details import problem_response

Handler: TypeAlias = Callable[[web.Request], Awaitable[web.Response]]

_IDENTITY: TypeAdapter[str] = TypeAdapter(Identity)
MIB = 1024 * 1024
JSON = "application/json"
NDJSON = "application/x-ndjson"
NOT_ACCEPTABLE = (
    "Not acceptable",
    "Mend what is named under errors and hand it in again under a new id.",
)
"""Title and detail of the problem with wrong data."""


def answers_errors(advice: str) -> Callable[[Handler], Handler]:
    """Make a handler answer its own refusals, and 503 while the database does not respond.

    Args:
        advice: What the caller does after a 503.
    """

    def decorate(handler: Handler) -> Handler:
        @wraps(handler)
        async def answer(request: web.Request) -> web.Response:
            try:
                return await handler(request)
            except RefusedError as refused:
                return refused.response
            except (SystemicError, TransientError, TimeoutError):
                return database_unavailable(advice)

        return answer

    return decorate


async def body_of(
    request: web.Request, media_type: str = JSON, *, most_mib: int | None = None
) -> bytes:
    """Return the body of a request.

    Args:
        request: The request.
        media_type: The only ``Content-Type`` that is read.
        most_mib: The largest body in MiB; None for the server's 1 MiB.

    Raises:
        RefusedError: It is of another type, or larger.
    """
    if request.content_type != media_type:
        detail = f"Send Content-Type: {media_type}."
        raise RefusedError(problem_response(415, "Unsupported media type", detail))
    try:
        return await read_body(request, most_mib * MIB if most_mib else None)
    except web.HTTPRequestEntityTooLarge:
        detail = f"Send at most {most_mib or 1} MiB."
        raise RefusedError(problem_response(413, "Too large", detail)) from None


def json_of(body: bytes) -> Any:  # noqa: ANN401 - anything may come from outside
    """Return the JSON value of a body.

    Raises:
        RefusedError: It is no JSON.
    """
    try:
        return pydantic_core.from_json(body)
    except ValueError:
        detail = "Send one JSON object in UTF-8."
        raise RefusedError(problem_response(400, "Not JSON", detail)) from None


def idempotency_id(request: web.Request, otherwise: str | None = None) -> str:
    """Return the ``Idempotency-Key`` of a call, or a new one where it has none.

    Args:
        request: The call.
        otherwise: What stands for the header where it is missing.

    Raises:
        RefusedError: It is too long or holds control characters.
    """
    given = request.headers.get("Idempotency-Key") or otherwise
    if not given:
        return new_id()
    try:
        return _IDENTITY.validate_python(given)
    except ValidationError:
        detail = "Send an Idempotency-Key of 1 to 500 characters without control characters."
        raise RefusedError(problem_response(400, "Bad Idempotency-Key", detail)) from None


class CallSlot:
    """The slot of a call, from the gate or taken later; the end of a block gives it back."""

    def __init__(self, request: web.Request) -> None:
        """Take over the slot that the gate gave to a call, if it did.

        Args:
            request: The call.
        """
        self._release = adopt_slot(request)
        self.is_from_gate = self._release is not None

    def __enter__(self) -> Self:
        """Begin the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Give the slot back."""
        if self._release:
            self._release()

    def take(self, admission: AdmissionControl, caller: str) -> None:
        """Take a slot for this caller unless there is one from the gate.

        Raises:
            RefusedError: There is none.
        """
        if self._release:
            return
        if refusal := admission.try_acquire(caller):
            raise RefusedError(refusal.response())
        self._release = partial(admission.release, caller)


@contextmanager
def slot_of(admission: AdmissionControl, adapter: str) -> Iterator[None]:
    """Hold a slot for a call of this adapter.

    Raises:
        RefusedError: There is none.
    """
    if refusal := admission.try_acquire(adapter):
        raise RefusedError(refusal.response())
    try:
        yield
    finally:
        admission.release(adapter)
