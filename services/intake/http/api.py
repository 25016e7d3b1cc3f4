"""The HTTP route that accepts submissions."""

import asyncio
from typing import Any

import pydantic_core
from aiohttp import web
from pydantic import ValidationError

from services.intake.http.admission import AdmissionControl, service_unavailable
from services.intake.http.api_key_cache import ApiKeyCache
from services.intake.http.batching import SubmissionBatcher
from services.intake.inbound.batch import RawSubmission
from services.intake.records import Receipt
from shared.contract.events import SubmissionAccepted, SubmissionReceived, new_id, usable_trace
from shared.errors import SystemicError, TransientError
from shared.runtime.clock import utc_now
from shared.runtime.http.deadline import Deadline, database_unavailable
from shared.runtime.http.load_shedding import EarlyRejectGate, adopt_slot
from shared.runtime.http.problem_details import problem_response
from shared.runtime.ops.audit import authentication_failed

_PATH = "/v1/submissions"


class _RefusedError(Exception):
    """The call gets an error response before its submission is validated."""

    def __init__(self, response: web.Response) -> None:
        super().__init__(response.status)
        self.response = response


def submission_routes(
    keys: ApiKeyCache, batcher: SubmissionBatcher, admission: AdmissionControl
) -> list[web.RouteDef]:
    """Return the route that accepts submissions.

    Args:
        keys: Authenticates adapters.
        batcher: Accepts submissions.
        admission: Sheds callers above the limits.
    """

    async def post(request: web.Request) -> web.StreamResponse:
        with admission.slot(is_acquired=adopt_slot(request)) as reason:
            return await accept(request) if reason is None else service_unavailable(reason)

    async def accept(request: web.Request) -> web.StreamResponse:
        try:
            body = await _body(request)
            deadline = Deadline()
            adapter = await _adapter(request, keys, deadline)
            submission = RawSubmission(_handed_in(request, adapter, _json(body)), body)
            async with asyncio.timeout_at(deadline.until):
                receipt = await batcher.submit(submission)
        except _RefusedError as refused:
            return refused.response
        except (SystemicError, TransientError, TimeoutError):
            advice = "Hand it in again in a moment, with the same Idempotency-Key."
            return database_unavailable(advice)
        return _response(receipt)

    return [web.post(_PATH, post)]


def early_reject_gate(admission: AdmissionControl) -> EarlyRejectGate:
    """Return the gate that sheds submissions at the socket."""
    request_line = f"POST {_PATH} ".encode()
    return EarlyRejectGate(request_line, admission.try_acquire_early, admission.release)


async def _body(request: web.Request) -> bytes:
    if request.content_type != "application/json":
        raise _RefusedError(
            problem_response(415, "Not JSON", "Send Content-Type: application/json.")
        )
    try:
        return await request.read()
    except web.HTTPRequestEntityTooLarge:
        raise _RefusedError(problem_response(413, "Too large", "Send at most 1 MiB.")) from None


async def _adapter(request: web.Request, keys: ApiKeyCache, deadline: Deadline) -> str:
    principal = await deadline.wait_for(keys.principal(request.headers.get("Authorization", "")))
    if principal is None:
        authentication_failed(request.remote, "unknown_key")
        advice = "Send the adapter's key: Authorization: Bearer <key>."
        headers = {"WWW-Authenticate": "Bearer"}
        raise _RefusedError(problem_response(401, "Unknown key", advice, headers=headers))
    if principal.scope != "adapter":
        authentication_failed(request.remote, f"scope_{principal.scope}")
        raise _RefusedError(problem_response(403, "Not an adapter", "Use the key of an adapter."))
    return principal.name


def _json(body: bytes) -> Any:  # noqa: ANN401 - anything may come from outside
    try:
        return pydantic_core.from_json(body)
    except ValueError:
        advice = "Send the submission as one JSON object in UTF-8."
        raise _RefusedError(problem_response(400, "Not JSON", advice)) from None


def _handed_in(request: web.Request, adapter: str, data: Any) -> SubmissionReceived:  # noqa: ANN401 - any JSON
    try:
        return SubmissionReceived(
            id=request.headers.get("Idempotency-Key") or new_id(),
            source=f"/http/{adapter}",
            time=utc_now(),
            traceparent=usable_trace(request.headers.get("traceparent")),
            data=data,
        )
    except ValidationError:
        advice = "Send an Idempotency-Key of 1 to 500 characters without control characters."
        raise _RefusedError(problem_response(400, "Bad Idempotency-Key", advice)) from None


def _response(receipt: Receipt) -> web.Response:
    event = receipt.decode()
    if isinstance(event, SubmissionAccepted):
        return web.Response(
            body=receipt.data,
            status=201,
            content_type="application/json",
            headers={"Location": event.data.status_url},
        )
    advice = "Mend what is named under errors and hand it in again under a new id."
    return problem_response(422, "Not acceptable", advice, errors=event.data.errors)
