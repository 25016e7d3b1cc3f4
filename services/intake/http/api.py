"""Handing in a submission over HTTP."""

import asyncio
from typing import Any

import pydantic_core
from aiohttp import web
from pydantic import ValidationError

from services.intake.handlers import RawSubmission
from services.intake.http.admission import AdmissionControl, service_unavailable
from services.intake.http.api_key_cache import ApiKeyCache
from services.intake.http.batching import SubmissionBatcher
from services.intake.http.deadline import Deadline
from services.intake.outbound import Receipt
from shared.contract.events import SubmissionAccepted, SubmissionHandedIn, new_id, usable_trace
from shared.errors import SystemicError, TransientError
from shared.runtime.clock import utc_now
from shared.runtime.http.load_shedding import EarlyRejectGate, adopt_slot
from shared.runtime.http.problem_details import problem_response

_PATH = "/v1/submissions"
_RETRY_AFTER_S = "2"


class _RefusedError(Exception):
    """The call is answered without a look at what it hands in."""

    def __init__(self, answer: web.Response) -> None:
        super().__init__(answer.status)
        self.answer = answer


def submission_routes(
    keys: ApiKeyCache, gathering: SubmissionBatcher, door: AdmissionControl
) -> list[web.RouteDef]:
    """Return what takes submissions in."""

    async def post(request: web.Request) -> web.StreamResponse:
        with door.slot(has_place=adopt_slot(request)) as reason:
            return await take(request) if reason is None else service_unavailable(reason)

    async def take(request: web.Request) -> web.StreamResponse:
        try:
            body = await _body(request)
            patience = Deadline()
            name = await _adapter(request, keys, patience)
            arrival = RawSubmission(_handed_in(request, name, _json(body)), body)
            async with asyncio.timeout_at(patience.until):
                receipt = await gathering.submit(arrival)
        except _RefusedError as refused:
            return refused.answer
        except (SystemicError, TransientError, TimeoutError):
            return unavailable("Hand it in again in a moment, with the same Idempotency-Key.")
        return _answer(receipt)

    return [web.post(_PATH, post)]


def gate_of(door: AdmissionControl) -> EarlyRejectGate:
    """Return what turns submissions away before they are read."""
    return EarlyRejectGate(f"POST {_PATH} ".encode(), door.try_acquire_early, door.release)


def unavailable(advice: str) -> web.Response:
    """Return the answer of a service whose database does not answer."""
    return problem_response(503, "Not available", advice, headers={"Retry-After": _RETRY_AFTER_S})


async def _body(request: web.Request) -> bytes:
    if request.content_type != "application/json":
        raise _RefusedError(
            problem_response(415, "Not JSON", "Send Content-Type: application/json.")
        )
    try:
        return await request.read()
    except web.HTTPRequestEntityTooLarge:
        raise _RefusedError(problem_response(413, "Too large", "Send at most 1 MiB.")) from None


async def _adapter(request: web.Request, keys: ApiKeyCache, patience: Deadline) -> str:
    caller = await patience.wait_for(keys.principal(request.headers.get("Authorization", "")))
    if caller is None:
        advice = "Send the adapter's key: Authorization: Bearer <key>."
        headers = {"WWW-Authenticate": "Bearer"}
        raise _RefusedError(problem_response(401, "Unknown key", advice, headers=headers))
    if caller.scope != "adapter":
        raise _RefusedError(problem_response(403, "Not an adapter", "Use the key of an adapter."))
    return caller.name


def _json(body: bytes) -> Any:  # noqa: ANN401 - anything may come from outside
    try:
        return pydantic_core.from_json(body)
    except ValueError:
        advice = "Send the submission as one JSON object in UTF-8."
        raise _RefusedError(problem_response(400, "Not JSON", advice)) from None


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
        raise _RefusedError(problem_response(400, "Bad Idempotency-Key", advice)) from None


def _answer(receipt: Receipt) -> web.Response:
    answer = receipt.decode()
    if isinstance(answer, SubmissionAccepted):
        accepted = answer.data
        return web.Response(
            body=accepted.__pydantic_serializer__.to_json(accepted),
            status=201,
            content_type="application/json",
            headers={"Location": accepted.status_url},
        )
    advice = "Mend what is named under errors and hand it in again under a new id."
    return problem_response(422, "Not acceptable", advice, errors=answer.data.errors)
