"""Handing in a submission over HTTP."""

import asyncio
from typing import Any

import pydantic_core
from aiohttp import web
from pydantic import ValidationError

from services.intake.handlers import Arrival
from services.intake.http.admission import Door, turned_away
from services.intake.http.api_key_cache import KnownKeys
from services.intake.http.batching import Gathering
from services.intake.http.deadline import Patience
from services.intake.outbound import Receipt
from shared.contract.events import SubmissionAccepted, SubmissionHandedIn, new_id, usable_trace
from shared.errors import SystemicError, TransientError
from shared.runtime.clock import utc_now
from shared.runtime.http.load_shedding import Gate, takes_over_place
from shared.runtime.http.problem_details import problem

_PATH = "/v1/submissions"
_RETRY_AFTER_S = "2"


class _RefusedError(Exception):
    """The call is answered without a look at what it hands in."""

    def __init__(self, answer: web.Response) -> None:
        super().__init__(answer.status)
        self.answer = answer


def submission_routes(keys: KnownKeys, gathering: Gathering, door: Door) -> list[web.RouteDef]:
    """Return what takes submissions in."""

    async def post(request: web.Request) -> web.StreamResponse:
        with door.let_in(has_place=takes_over_place(request)) as reason:
            return await take(request) if reason is None else turned_away(reason)

    async def take(request: web.Request) -> web.StreamResponse:
        try:
            body = await _body(request)
            patience = Patience()
            name = await _adapter(request, keys, patience)
            arrival = Arrival(_handed_in(request, name, _json(body)), body)
            async with asyncio.timeout_at(patience.until):
                receipt = await gathering.hand_over(arrival)
        except _RefusedError as refused:
            return refused.answer
        except (SystemicError, TransientError, TimeoutError):
            return unavailable("Hand it in again in a moment, with the same Idempotency-Key.")
        return _answer(receipt)

    return [web.post(_PATH, post)]


def gate_of(door: Door) -> Gate:
    """Return what turns submissions away before they are read."""
    return Gate(f"POST {_PATH} ".encode(), door.enter_unread, door.leave)


def unavailable(advice: str) -> web.Response:
    """Return the answer of a service whose database does not answer."""
    return problem(503, "Not available", advice, headers={"Retry-After": _RETRY_AFTER_S})


async def _body(request: web.Request) -> bytes:
    if request.content_type != "application/json":
        raise _RefusedError(problem(415, "Not JSON", "Send Content-Type: application/json."))
    try:
        return await request.read()
    except web.HTTPRequestEntityTooLarge:
        raise _RefusedError(problem(413, "Too large", "Send at most 1 MiB.")) from None


async def _adapter(request: web.Request, keys: KnownKeys, patience: Patience) -> str:
    caller = await patience.wait_for(keys.holder(request.headers.get("Authorization", "")))
    if caller is None:
        advice = "Send the adapter's key: Authorization: Bearer <key>."
        headers = {"WWW-Authenticate": "Bearer"}
        raise _RefusedError(problem(401, "Unknown key", advice, headers=headers))
    if caller.scope != "adapter":
        raise _RefusedError(problem(403, "Not an adapter", "Use the key of an adapter."))
    return caller.name


def _json(body: bytes) -> Any:  # noqa: ANN401 - anything may come from outside
    try:
        return pydantic_core.from_json(body)
    except ValueError:
        advice = "Send the submission as one JSON object in UTF-8."
        raise _RefusedError(problem(400, "Not JSON", advice)) from None


def _handed_in(request: web.Request, name: str, data: Any) -> SubmissionHandedIn:  # noqa: ANN401
    try:
        return SubmissionHandedIn(
            id=request.headers.get("Idempotency-Key") or new_id(),
            source=f"/http/{name}",
            time=utc_now(),
            traceparent=usable_trace(request.headers.get("traceparent")),
            data=data,
        )
    except ValidationError:
        advice = "Send an Idempotency-Key of 1 to 500 characters without control characters."
        raise _RefusedError(problem(400, "Bad Idempotency-Key", advice)) from None


def _answer(receipt: Receipt) -> web.Response:
    answer = receipt.read()
    if isinstance(answer, SubmissionAccepted):
        accepted = answer.data
        return web.Response(
            body=accepted.__pydantic_serializer__.to_json(accepted),
            status=201,
            content_type="application/json",
            headers={"Location": accepted.status_url},
        )
    advice = "Mend what is named under errors and hand it in again under a new id."
    return problem(422, "Not acceptable", advice, errors=answer.data.errors)
