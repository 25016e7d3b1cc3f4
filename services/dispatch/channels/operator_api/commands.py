"""Operators' commands over HTTP."""

import json
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from functools import partial
from hashlib import sha256
from typing import Any, TypeAlias

from aiohttp import web
from pydantic import ValidationError

from services.dispatch.channels.operator_api.command_operations import COMMAND_CASE
from services.dispatch.command_calls import run_commands
from services.dispatch.handlers.operators import operator_audit
from services.dispatch.policy import DispatchPolicy
from services.dispatch.records import MessageKey
from services.dispatch.rules.operator_commands import CommandRefusal
from services.dispatch.store.command_answers import (
    CommandAnswer,
    find_command_answer,
    keep_command_answer,
)
from shared.contract.events import FieldError, OperatorCommand, OperatorCommanded, usable_trace
from shared.runtime.clock import utc_now
from shared.runtime.http.callers import Callers
from shared.runtime.http.calls import (
    JSON,
    answers_errors,
    body_of,
    field_errors,
    id_reused,
    idempotency_id,
    json_of,
)
from shared.runtime.http.conflict_retry import attempt
from shared.runtime.http.deadline import Deadline
from shared.runtime.http.openapi import documents
from shared.runtime.http.problem_details import problem_response
from shared.runtime.ops.audit import audit
from shared.runtime.outbox.outbox import HandOver
from shared.runtime.postgres import Pool, transaction

TakeCommand: TypeAlias = Callable[[OperatorCommanded, bytes], Coroutine[Any, Any, CommandAnswer]]
"""Processes a command with the digest of its body; returns the answer."""

_FIELDS: Mapping[str, str] = {
    "missing_level": "level",
    "missing_bureau": "bureau",
    "unknown_bureau": "bureau",
}
"""The field at fault, by the code of a refusal with 422."""
_NEEDED: Mapping[str, str] = {"split_request": "request_id", "merge_case": "into_case"}
"""The field without which a command is ``invalid``, by its name."""


def command_routes(callers: Callers, take: TakeCommand) -> list[web.RouteDef]:
    """Return the route by which operators command."""

    @answers_errors("Send it again in a moment, with the same Idempotency-Key.")
    async def post(request: web.Request) -> web.Response:
        """Answer with the events of the cases; a repeat gets the same answer."""
        operator = await callers.operator(request)
        body = json_of(await body_of(request))
        case_id = request.match_info["case_id"]
        command = OperatorCommanded(
            id=idempotency_id(request),
            source=f"/http/{operator}",
            time=utc_now().isoformat(),
            traceparent=usable_trace(request.headers.get("traceparent")),
            data=body | {"case_id": case_id} if isinstance(body, dict) else body,
        )
        digest = sha256(json.dumps([case_id, body], sort_keys=True).encode()).digest()
        answer = await Deadline().wait_for(take(command, digest))
        if answer.refusal:
            return _refused(command, answer.refusal)
        events = b'{"events": [%b]}' % b", ".join(answer.events)
        return web.Response(body=events, content_type=JSON)

    return [web.post("/v1/cases/{case_id}/commands", documents(post, COMMAND_CASE))]


def command_taker(pool: Pool, policy: DispatchPolicy, on_commit: HandOver) -> TakeCommand:
    """Return the function that processes commands."""

    async def take(command: OperatorCommanded, digest: bytes) -> CommandAnswer:
        return await attempt(partial(take_once, command, digest))

    async def take_once(command: OperatorCommanded, digest: bytes) -> CommandAnswer:
        key = MessageKey(command.source, command.id)
        async with transaction(pool) as db:
            if known := await find_command_answer(db, key):
                if known.body_digest != digest:
                    raise id_reused("command")
                _audit(command, "repeated")
                return known
            [answer], batches = await run_commands(db, [command], policy, utc_now())
            await keep_command_answer(db, key, replace(answer, body_digest=digest))
        on_commit(batches)
        _audit(command, answer.refusal.code if answer.refusal else "executed")
        return answer

    return take


def _audit(command: OperatorCommanded, outcome: str) -> None:
    audit("operator_command", **operator_audit(command, outcome))


def _refused(command: OperatorCommanded, refusal: CommandRefusal) -> web.Response:
    errors = list(_errors(command, refusal))
    if refusal.code == "unknown_case":
        status = 404
    else:
        status = 422 if errors or refusal.code == "invalid" else 409
    return problem_response(status, "Refused", refusal.message, code=refusal.code, errors=errors)


def _errors(command: OperatorCommanded, refusal: CommandRefusal) -> list[FieldError]:
    """Return the fields at fault."""
    if field := _FIELDS.get(refusal.code):
        return [FieldError(field=field, code=refusal.code, message=refusal.message)]
    if refusal.code != "invalid":
        return []
    try:
        valid = OperatorCommand.model_validate(command.data)
    except ValidationError as error:
        return list(field_errors(error))
    needed = _NEEDED.get(valid.command)
    return [FieldError(field=needed, code="missing", message=refusal.message)] if needed else []
