"""Operators' commands over HTTP: about one case, or about many."""

import json
from collections.abc import Mapping, Sequence
from functools import partial
from hashlib import sha256
from http import HTTPStatus
from typing import Annotated, Any

import pydantic_core
from aiohttp import web
from pydantic import Field, ValidationError

from services.dispatch.ports import DispatchPorts, IdReusedError
from services.dispatch.records.answers import CommandAnswer
from services.dispatch.records.changes import strip_control_chars
from services.dispatch.records.views import CaseDetails
from shared.contract.events import (
    Data,
    Event,
    FieldError,
    OperatorCommand,
    OperatorCommanded,
)
from shared.runtime.clock import utc_now
from shared.runtime.http.calls import (
    JSON,
    answers_errors,
    field_errors,
    id_reused,
    idempotency_id,
    json_response,
    refuse_fields,
    validated,
)
from shared.runtime.http.deadline import DEADLINE_S, Deadline
from shared.runtime.http.openapi import (
    IDEMPOTENT,
    JSON_REFUSALS,
    KEY_REFUSALS,
    Content,
    Operation,
    documents,
    problem,
)
from shared.runtime.http.problem_details import NOSNIFF, PROBLEM, problem_response
from shared.runtime.http.problem_details import problem as problem_of
from shared.runtime.http.staff import ROLE_HEADER, require_role, staff_member
from shared.runtime.http.tracing import trace_of
from shared.runtime.http.unknown_fields import read_fields
from shared.runtime.postgres import attempt
from shared.staff_roles import Role, role_for
from shared.vocabulary import CommandName


class SentCommand(OperatorCommand):
    """A command as on Kafka; its case is that of the path."""

    case_id: Any = None
    """Ignored."""


class SentCommands(SentCommand):
    """A command about many cases."""

    case_ids: Annotated[list[str], Field(min_length=1, max_length=200)]
    """Ids of the cases, 1 to 200."""


class CommandEvents(Data):
    """Events of an executed command."""

    events: list[Event]
    """The events of all cases that it changed, in order, with the bytes of ``dispatch-cases``,
    whose description has their data."""


class WaitingEvents(Data):
    """Events of a command that waits for a second person."""

    events: list[Event]
    """The event of each case."""
    approval_id: str
    """Id of the approval; `POST /v1/approvals/{approval_id}/approve` executes the command."""


class ResultOfCase(Data):
    """Result of a command about one of many cases."""

    case_id: str
    """Id of the case."""
    status: int
    """HTTP status that the command alone would get."""
    events: list[Event]
    """The events as on ``dispatch-cases``; none for a refused one."""
    code: str | None = None
    """Why it was refused; null otherwise."""
    message: str | None = None
    """How to correct it; null unless it was refused."""


class CommandResults(Data):
    """Results of a command about many cases."""

    results: list[ResultOfCase]
    """Result of each case, in the order given."""


class WaitingResults(CommandResults, WaitingEvents):
    """A bulk closing that waits for a second person as a whole."""


_ROLE_REFUSALS = {
    **KEY_REFUSALS,
    403: problem("Not an operator's key, or the role is too low: role_too_low."),
}
COMMAND_CASE = Operation(
    "Submit a command about a case, as an operator.",
    {
        200: Content("Executed.", (JSON,), CommandEvents),
        202: Content("It waits for the approval of a second person.", (JSON,), WaitingEvents),
        404: problem("There is no such case: unknown_case."),
        409: problem(
            "Not possible now: version_conflict (case has the present state), case_closed, "
            "case_open, case_merged, not_acknowledged, cannot_raise, cannot_lower, same_bureau, "
            "same_kind, same_case, other_group, only_request, request_not_in_case."
        ),
        422: problem(
            "Invalid command: missing_level, missing_bureau, unknown_bureau, missing_text, "
            "missing_until, missing_service_code, unknown_kind, missing_location, invalid. Or the "
            "Idempotency-Key was used with another body: id_reused."
        ),
        **JSON_REFUSALS,
        **_ROLE_REFUSALS,
    },
    body=Content("The command.", (JSON,), SentCommand),
    headers={**IDEMPOTENT, **ROLE_HEADER},
    security=("operator",),
)
COMMAND_CASES = Operation(
    "Submit a command about up to 200 cases, as an operator.",
    {
        200: Content("Results say what became of each.", (JSON,), CommandResults),
        202: Content(
            "The closings wait for the approval of a second person.", (JSON,), WaitingResults
        ),
        422: problem("Invalid command, or id_reused; errors name the fields."),
        **JSON_REFUSALS,
        **_ROLE_REFUSALS,
    },
    body=Content("The command.", (JSON,), SentCommands),
    headers={**IDEMPOTENT, **ROLE_HEADER},
    security=("operator",),
)
_STATUS: Mapping[str, int] = {"unknown_case": 404}
# The field at fault, by the code of a refusal with 422.
_FIELDS: Mapping[str, str] = {
    "missing_level": "level",
    "missing_bureau": "bureau",
    "unknown_bureau": "bureau",
    "missing_text": "text",
    "missing_until": "until",
    "missing_service_code": "service_code",
    "unknown_kind": "service_code",
    "missing_location": "location",
}
# The field without which a command is `invalid`, by its name.
_NEEDED: Mapping[str, str] = {
    "split_request": "request_id",
    "merge_case": "into_case",
    "erase_contact": "request_id",
}
_CONFLICT = "version_conflict"
_PLACE: CommandName = "change_place"
_PLACE_DEADLINE_S = 5.0  # the first one loads the polygons of the city
_BULK_DEADLINE_S = 30.0
_MAX_BULK_KEY = 460  # the id of each command has that of its case behind it


def command_routes(core: DispatchPorts) -> list[web.RouteDef]:
    """Return the routes of operators' commands."""
    callers = core.access.callers

    @answers_errors("Retry in a moment with the same Idempotency-Key.")
    async def post(request: web.Request) -> web.Response:
        operator = await staff_member(request, callers, Role.AGENT)
        body = await read_fields(request)
        require_role(request, operator, role_for(_command_in(body)))
        case_id = request.match_info["case_id"]
        id_, digest = idempotency_id(request), _digest([case_id, body])
        command = _command(request, operator, id_, case_id, body)
        deadline = Deadline(_PLACE_DEADLINE_S if _command_in(body) == _PLACE else DEADLINE_S)
        try:
            answer = await deadline.wait_for(attempt(partial(core.command, command, digest)))
        except IdReusedError:
            raise id_reused("command") from None
        if answer.refusal and answer.refusal.code == _CONFLICT:
            present = await Deadline().wait_for(core.case(case_id, None))
            return _conflict(answer.refusal.message, present)
        return _response(command, answer)

    @answers_errors("Retry in a moment with the same Idempotency-Key.")
    async def post_many(request: web.Request) -> web.Response:
        operator = await staff_member(request, callers, Role.SUPERVISOR)
        body = await read_fields(request)
        case_ids = _case_ids(body)
        id_, digest = _bulk_id(request), _digest(body)
        commands = [
            _command(request, operator, f"{id_}/{case_id}", case_id, body) for case_id in case_ids
        ]
        try:
            answers = await Deadline(_BULK_DEADLINE_S).wait_for(core.commands(commands, digest))
        except IdReusedError:
            raise id_reused("command") from None
        results = [result_of(*one) for one in zip(case_ids, answers, strict=True)]
        waiting = next((one.approval_id for one in answers if one.approval_id), None)
        if waiting is None:
            return json_response({"results": results})
        events = [event for result in results for event in result["events"]]
        shown = {"approval_id": waiting, "events": events, "results": results}
        return json_response(shown, HTTPStatus.ACCEPTED)

    return [
        web.post("/v1/cases/commands", documents(post_many, COMMAND_CASES)),
        web.post("/v1/cases/{case_id}/commands", documents(post, COMMAND_CASE)),
    ]


def _response(command: OperatorCommanded, answer: CommandAnswer) -> web.Response:
    """Return the response to a command; its events are spliced in."""
    if answer.refusal:
        return _refused(command, answer.refusal.code, answer.refusal.message)
    events = b", ".join(answer.events)
    if answer.approval_id is None:
        return web.Response(body=b'{"events": [%b]}' % events, content_type=JSON)
    waits = b'{"approval_id": "%b", "events": [%b]}' % (answer.approval_id.encode(), events)
    return web.Response(body=waits, status=HTTPStatus.ACCEPTED, content_type=JSON)


def result_of(case_id: str, answer: CommandAnswer) -> dict[str, Any]:
    """Return a ``ResultOfCase``."""
    shown = {
        "case_id": case_id,
        "status": 202 if answer.approval_id else 200,
        "events": list(map(pydantic_core.from_json, answer.events)),
    }
    if answer.refusal is None:
        return shown
    code, message = answer.refusal.code, answer.refusal.message
    return shown | {"status": _status_of(code), "code": code, "message": message}


def _command(
    request: web.Request,
    operator: str,
    id_: str,
    case_id: str,
    body: Any,  # noqa: ANN401 - any JSON
) -> OperatorCommanded:
    return OperatorCommanded(
        id=id_,
        source=f"/http/{operator}",
        time=utc_now().isoformat(),
        traceparent=trace_of(request),
        data=body | {"case_id": case_id} if isinstance(body, dict) else body,
    )


def _command_in(body: object) -> object:
    return body.get("command") if isinstance(body, dict) else None


def _digest(sent: object) -> bytes:
    return sha256(json.dumps(sent, sort_keys=True).encode()).digest()


def _case_ids(body: object) -> Sequence[str]:
    """Return the ids of a valid body, each once; RefusedError for an invalid one."""
    valid = validated(SentCommands, strip_control_chars(body), code="invalid")
    return list(dict.fromkeys(valid.case_ids))


def _bulk_id(request: web.Request) -> str:
    id_ = idempotency_id(request)
    if len(id_) > _MAX_BULK_KEY:
        message = f"Send an Idempotency-Key of at most {_MAX_BULK_KEY} characters."
        raise refuse_fields(FieldError(field="Idempotency-Key", code="too_long", message=message))
    return id_


def _conflict(message: str, present: CaseDetails | None) -> web.Response:
    """Return the 409 of a command that is based on another version, with the present state."""
    body = problem_of(409, "Refused", message, code=_CONFLICT)
    body["case"] = present and present.model_dump(mode="json")
    return web.json_response(body, status=409, content_type=PROBLEM, headers=NOSNIFF)


def _refused(command: OperatorCommanded, code: str, message: str) -> web.Response:
    errors = _errors(command, code, message)
    return problem_response(_status_of(code), "Refused", message, code=code, errors=errors)


def _status_of(code: str) -> int:
    return 422 if code == "invalid" or code in _FIELDS else _STATUS.get(code, 409)


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
