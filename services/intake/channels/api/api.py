"""The HTTP route that accepts submissions."""

import asyncio

from aiohttp import web

from services.intake.acceptance.batching import SubmissionBatcher
from services.intake.channels.api.operations import SUBMIT
from services.intake.channels.api.paths import SUBMISSIONS
from services.intake.inbound.batch import RawSubmission, http_submission
from services.intake.records import Receipt
from shared.contract.events import (
    SubmissionAccepted,
)
from shared.runtime.http.admission import AdmissionControl
from shared.runtime.http.call_slots import NOT_ACCEPTABLE, CallSlot
from shared.runtime.http.callers import Callers
from shared.runtime.http.calls import answers_errors, body_of, idempotency_id, json_of
from shared.runtime.http.deadline import Deadline
from shared.runtime.http.openapi import documents
from shared.runtime.http.problem_details import problem_response


def submission_routes(
    callers: Callers, batcher: SubmissionBatcher, admission: AdmissionControl
) -> list[web.RouteDef]:
    """Return the route that accepts submissions."""

    @answers_errors("Hand it in again in a moment, with the same Idempotency-Key.")
    async def post(request: web.Request) -> web.Response:
        """Identify the caller, read the body, and only then take a slot."""
        with CallSlot(request) as slot:
            adapter = await callers.adapter(request, is_counted=slot.is_from_gate)
            body = await body_of(request)
            slot.take(admission, adapter)
            return _response(await accept(request, adapter, body))

    async def accept(request: web.Request, adapter: str, body: bytes) -> Receipt:
        submission = RawSubmission(
            http_submission(
                adapter,
                idempotency_id(request),
                json_of(body),
                request.headers.get("traceparent"),
            ),
            body,
        )
        async with asyncio.timeout_at(Deadline().until):
            return await batcher.submit(submission)

    return [web.post(SUBMISSIONS, documents(post, SUBMIT))]


def _response(receipt: Receipt) -> web.Response:
    event = receipt.decode()
    if isinstance(event, SubmissionAccepted):
        return web.Response(
            body=receipt.data,
            status=201,
            content_type="application/json",
            headers={"Location": event.data.status_url},
        )
    return problem_response(422, *NOT_ACCEPTABLE, errors=event.data.errors)
