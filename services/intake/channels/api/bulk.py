"""The HTTP route that accepts many submissions in one call, one JSON object a line."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

import pydantic_core
from aiohttp import web
from pydantic import ValidationError

from services.intake.channels.api.operations import BULK, BULK_PATH, BulkLine
from services.intake.ports import IntakePorts
from services.intake.records.submissions import RawSubmission, Receipt
from shared.contract.events import (
    FieldError,
    SubmissionAccepted,
    SubmissionReceived,
    encode,
    type_of,
    usable_trace,
)
from shared.runtime.clock import utc_now
from shared.runtime.cooperative import CooperativeYield
from shared.runtime.http.authentication import RefusedError
from shared.runtime.http.calls import MIB, NDJSON, NOT_ACCEPTABLE, CallSlot, answers_errors, body_of
from shared.runtime.http.openapi import documents
from shared.runtime.http.problem_details import problem, problem_response
from shared.runtime.http.refusals import BUSY
from shared.runtime.http.tracing import trace_of
from shared.runtime.http.unknown_fields import is_lenient, unknown_in, with_warnings

MAX_LINES = 1_000
MAX_BULK_BYTES = 5 * MIB
# Fewer than half a transaction holds, so that single submissions never wait for a whole call.
_LINES_AT_ONCE = 100
_LINES_DEADLINE_S = 2.0
# Calls whose lines are in memory: 5 MiB each, and several times that once they are parsed.
_CALLS_AT_ONCE = 4
_TURN_WITHIN_S = 5.0
_ID = FieldError(
    field="id",
    code="missing_id",
    message="Write an id of 1 to 500 characters without control characters.",
)


@dataclass(frozen=True, slots=True)
class RefusedLine:
    """A line that is no submission, with its id if that is readable."""

    id: str | None
    problem: dict[str, Any]


# With errors for its unknown fields, which a lenient call ignores.
ParsedLine: TypeAlias = tuple[RawSubmission | RefusedLine, Sequence[FieldError]]


def bulk_routes(core: IntakePorts) -> list[web.RouteDef]:
    """Return the route that accepts the submissions of a call in order, 100 at a time.

    A call counts as one against the rates and holds one slot. When the database stops half-way,
    the response is a 503, and the caller repeats the call: the same ids get the same answers.
    """
    turns = asyncio.Semaphore(_CALLS_AT_ONCE)

    @answers_errors("Retry in a moment with the same ids.")
    async def post_bulk(request: web.Request) -> web.Response:
        with CallSlot(request) as slot:
            adapter = await core.callers.adapter(request, is_counted=slot.is_from_gate)
            slot.take(core.limits.submissions, adapter)
            async with _turn(turns):
                lines = _lines(await body_of(request, NDJSON, max_bytes=MAX_BULK_BYTES))
                answers = await _answers(core, lines, request, adapter)
        return web.Response(body=b"".join(answers), content_type=NDJSON)

    return [web.post(BULK_PATH, documents(post_bulk, BULK))]


async def _answers(
    core: IntakePorts, lines: Sequence[bytes], request: web.Request, adapter: str
) -> list[bytes]:
    trace = trace_of(request)
    read = parse_line if is_lenient(request) else partial(_parse_strictly, core)
    cooperative = CooperativeYield()
    answers: list[bytes] = []
    for first in range(0, len(lines), _LINES_AT_ONCE):
        parsed = []
        for line in lines[first : first + _LINES_AT_ONCE]:
            parsed.append(read(line, f"/http/{adapter}", trace))
            await cooperative.maybe_yield()
        submissions = [one for one, _ in parsed if isinstance(one, RawSubmission)]
        receipts = iter(await core.submit(*submissions, within_s=_LINES_DEADLINE_S))
        for one, unknown in parsed:
            if isinstance(one, RawSubmission):
                answer = _answer(one, next(receipts))
            else:
                answer = _refusal(one)
            answers.append(with_warnings(answer, unknown) + b"\n")
    return answers


def _parse_strictly(core: IntakePorts, line: bytes, source: str, trace: str | None) -> ParsedLine:
    submission, unknown = parse_line(line, source, trace)
    if isinstance(submission, RefusedLine) or not unknown:
        return submission, ()
    errors = (*unknown, *core.errors_of(submission))
    return _refused(submission.envelope.id, 422, *NOT_ACCEPTABLE, errors=errors), ()


def parse_line(line: bytes, source: str, trace: str | None) -> ParsedLine:
    """Return the submission in a line ``{"id", "time"?, "data"}``, or the problem with it."""
    if len(line) > MIB:
        return _refused(None, 413, "Too large", "Send at most 1 MiB in a line."), ()
    try:
        value = pydantic_core.from_json(line)
    except ValueError:
        return _refused(None, 400, "Not JSON", "Write each line as one JSON object in UTF-8."), ()
    fields = value if isinstance(value, dict) else {}
    id_, time, data = fields.get("id"), fields.get("time"), fields.get("data")
    if isinstance(data, dict):
        data = {"entered_by": "batch"} | data
    try:
        envelope = SubmissionReceived.model_validate(
            {
                "id": id_,
                "source": source,
                "type": type_of(SubmissionReceived),
                "time": utc_now() if time is None else time,
                "traceparent": usable_trace(trace),
                "data": data,
            }
        )
    except ValidationError:
        readable = id_ if isinstance(id_, str) and id_ else None
        return _refused(readable, 422, *NOT_ACCEPTABLE, errors=(_ID,)), ()
    unknown = [
        error.model_copy(update={"field": error.field.removeprefix("data.")})
        for error in unknown_in(value, BulkLine)
    ]
    return RawSubmission(envelope, encode(envelope)), unknown


@asynccontextmanager
async def _turn(turns: asyncio.Semaphore) -> AsyncGenerator[None]:
    """Wait for a turn before the body is read, so that waiting calls hold no memory."""
    try:
        async with asyncio.timeout(_TURN_WITHIN_S):
            await turns.acquire()
    except TimeoutError:
        raise RefusedError(BUSY.response()) from None
    try:
        yield
    finally:
        turns.release()


def _lines(body: bytes) -> list[bytes]:
    lines = [line for line in body.split(b"\n") if line.strip(b" \t\r")]
    if len(lines) > MAX_LINES:
        detail = f"Send at most {MAX_LINES:,} lines in a call; nothing was accepted."
        raise RefusedError(problem_response(413, "Too large", detail))
    return lines


def _refused(
    id_: str | None, status: int, title: str, detail: str, errors: Sequence[FieldError] = ()
) -> RefusedLine:
    return RefusedLine(id_, problem(status, title, detail, errors=errors))


def _answer(submission: RawSubmission, receipt: Receipt) -> bytes:
    event, id_ = receipt.decode(), submission.envelope.id
    if isinstance(event, SubmissionAccepted):
        quoted = pydantic_core.to_json(id_)
        return b'{"id":%b,"status":201,"data":%b}' % (quoted, receipt.data)
    return _refusal(_refused(id_, 422, *NOT_ACCEPTABLE, errors=event.data.errors))


def _refusal(line: RefusedLine) -> bytes:
    answer = {"id": line.id, "status": line.problem["status"], "problem": line.problem}
    return pydantic_core.to_json(answer)
