"""The operators' API: commands, cases, surges and the stream of changes."""

import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from hashlib import sha256
from typing import Any

from aiohttp import web
from pydantic import ValidationError

from services.dispatch.channels.operator_api.cases import case_routes
from services.dispatch.channels.operator_api.catalogue import catalogue_routes
from services.dispatch.channels.operator_api.stream import CaseStream, StreamLimit, stream_routes
from services.dispatch.channels.operator_api.surges import surge_routes
from services.dispatch.ports import DispatchPorts, IdReusedError
from shared.contract.events import (
    CaseClosed,
    CaseOpened,
    CasePriorityLowered,
    CasePriorityRaised,
    CaseReopened,
    CaseRequestAttached,
    CaseRequestSplit,
    CaseStatusChanged,
    Data,
    FieldError,
    OperatorCommand,
    OperatorCommanded,
    usable_trace,
)
from shared.runtime.clock import utc_now
from shared.runtime.http.calls import (
    JSON,
    answers_errors,
    field_errors,
    id_reused,
    idempotency_id,
)
from shared.runtime.http.deadline import Deadline
from shared.runtime.http.openapi import (
    IDEMPOTENT,
    JSON_REFUSALS,
    KEY_REFUSALS,
    Content,
    Operation,
    documents,
    problem,
)
from shared.runtime.http.problem_details import problem_response
from shared.runtime.http.unknown_fields import read_fields
from shared.runtime.postgres import attempt
from shared.runtime.service import ChannelParts


class SentCommand(OperatorCommand):
    """A command as on Kafka; its case is that of the path."""

    case_id: Any = None
    """Ignored."""


class CommandEvents(Data):
    """Events of an executed command."""

    events: list[
        CaseOpened
        | CaseRequestAttached
        | CaseStatusChanged
        | CasePriorityRaised
        | CasePriorityLowered
        | CaseRequestSplit
        | CaseClosed
        | CaseReopened
    ]
    """The events of all cases that it changed, in order, with the bytes of ``dispatch-cases``."""


COMMAND_CASE = Operation(
    "Submit a command about a case, as an operator.",
    {
        200: Content("Executed.", (JSON,), CommandEvents),
        404: problem("There is no such case: unknown_case."),
        409: problem(
            "Not possible now: case_closed, case_open, case_merged, cannot_raise, cannot_lower, "
            "same_bureau, same_case, other_group, only_request, request_not_in_case."
        ),
        422: problem(
            "Invalid command: missing_level, missing_bureau, unknown_bureau, invalid. Or the "
            "Idempotency-Key was used with another body: id_reused."
        ),
        **JSON_REFUSALS,
        **KEY_REFUSALS,
    },
    body=Content("The command.", (JSON,), SentCommand),
    headers=IDEMPOTENT,
    security=("operator",),
)
_STATUS: Mapping[str, int] = {"unknown_case": 404}
# The field at fault, by the code of a refusal with 422.
_FIELDS: Mapping[str, str] = {
    "missing_level": "level",
    "missing_bureau": "bureau",
    "unknown_bureau": "bureau",
}
# The field without which a command is `invalid`, by its name.
_NEEDED: Mapping[str, str] = {"split_request": "request_id", "merge_case": "into_case"}


def command_routes(core: DispatchPorts) -> list[web.RouteDef]:
    """Return the route of operators' commands."""

    @answers_errors("Retry in a moment with the same Idempotency-Key.")
    async def post(request: web.Request) -> web.Response:
        operator = await core.access.callers.operator(request)
        body = await read_fields(request)
        case_id = request.match_info["case_id"]
        command = OperatorCommanded(
            id=idempotency_id(request),
            source=f"/http/{operator}",
            time=utc_now().isoformat(),
            traceparent=usable_trace(request.headers.get("traceparent")),
            data=body | {"case_id": case_id} if isinstance(body, dict) else body,
        )
        digest = sha256(json.dumps([case_id, body], sort_keys=True).encode()).digest()
        try:
            answer = await Deadline().wait_for(attempt(partial(core.command, command, digest)))
        except IdReusedError:
            raise id_reused("command") from None
        if answer.refusal:
            return _refused(command, answer.refusal.code, answer.refusal.message)
        events = b'{"events": [%b]}' % b", ".join(answer.events)
        return web.Response(body=events, content_type=JSON)

    return [web.post("/v1/cases/{case_id}/commands", documents(post, COMMAND_CASE))]


def _refused(command: OperatorCommanded, code: str, message: str) -> web.Response:
    errors = _errors(command, code, message)
    status = 422 if errors or code == "invalid" else _STATUS.get(code, 409)
    return problem_response(status, "Refused", message, code=code, errors=errors)


def _errors(command: OperatorCommanded, code: str, message: str) -> Sequence[FieldError]:
    if field := _FIELDS.get(code):
        return [FieldError(field=field, code=code, message=message)]
    if code != "invalid":
        return []
    try:
        valid = OperatorCommand.model_validate(command.data)
    except ValidationError as error:
        return field_errors(error)
    needed = _NEEDED.get(valid.command)
    return [FieldError(field=needed, code="missing", message=message)] if needed else []


@asynccontextmanager
async def open_operator_api(core: DispatchPorts) -> AsyncGenerator[ChannelParts]:
    """Open the operators' API."""
    yield ChannelParts(
        routes=[
            *command_routes(core),
            *surge_routes(core),
            *stream_routes(core.access.callers, CaseStream(core), StreamLimit()),
            *case_routes(core),
            *catalogue_routes(core),
        ]
    )
