"""Four eyes over HTTP: commands that wait for a second person, and the decision about them."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Literal
from uuid import UUID

from aiohttp import web

from services.dispatch.channels.operator_api.commands import ResultOfCase, result_of
from services.dispatch.ports import DispatchPorts
from services.dispatch.records.answers import ApprovalProblem, Decision
from services.dispatch.records.changes import strip_control_chars
from services.dispatch.records.views import ListedApproval
from shared.contract.events import Data, FieldError
from shared.runtime.http import list_queries
from shared.runtime.http.authentication import RefusedError
from shared.runtime.http.calls import (
    JSON,
    answers_errors,
    json_response,
    validated,
)
from shared.runtime.http.deadline import Deadline
from shared.runtime.http.openapi import (
    JSON_REFUSALS,
    KEY_REFUSALS,
    Content,
    Operation,
    Parameter,
    documents,
    problem,
)
from shared.runtime.http.problem_details import problem_response
from shared.runtime.http.staff import ROLE_HEADER, Actor, require_console
from shared.runtime.http.unknown_fields import read_fields
from shared.staff_roles import Role


class ApprovalList(Data):
    """A page of approvals."""

    approvals: list[ListedApproval]
    """The approvals, newest first."""
    next: str
    """Cursor of the next page: the id of the last one."""
    more: bool
    """Whether there are older ones."""


class SecondPerson(Data):
    """The person who decides."""

    actor: Actor
    """Name of the supervisor for the audit, 1 to 200 characters."""


class Decided(Data):
    """A decision, and what became of each command."""

    approval_id: str
    """Id of the approval."""
    status: Decision
    """The decision."""
    results: list[ResultOfCase]
    """Result of each command, in the order given."""


_Status = Literal["waiting", "approved", "refused"]
LIST_APPROVALS = Operation(
    "List commands that wait for a second person, or waited, newest first, as an operator.",
    {
        200: Content("A page of approvals.", (JSON,), ApprovalList),
        **list_queries.BAD_CURSOR,
        **list_queries.BAD_QUERY,
        **KEY_REFUSALS,
    },
    query={
        **list_queries.PAGE,
        "status": Parameter("Only those of this status.", _Status),
    },
    security=("operator",),
)
_REFUSALS: Mapping[ApprovalProblem, tuple[int, str]] = {
    "unknown_approval": (404, "There is no approval with this id. GET /v1/approvals lists them."),
    "already_decided": (409, "A person has decided about it before. Look at it again."),
    "same_person": (403, "Another person must decide than the one who gave the command."),
}


def _decision(what: str) -> Operation:
    return Operation(
        f"{what} what waits for a second person, with the console's key.",
        {
            200: Content("Decided; results say what became of each command.", (JSON,), Decided),
            403: problem("Not a supervisor (not_supervisor), or the same_person."),
            404: problem("There is no such approval: unknown_approval."),
            409: problem("Decided before: already_decided."),
            422: problem("Invalid body; errors name the fields."),
            **JSON_REFUSALS,
            **KEY_REFUSALS,
        },
        body=Content("The person who decides.", (JSON,), SecondPerson),
        headers=ROLE_HEADER,
        security=("operator",),
    )


_NEWEST = UUID(int=2**128 - 1)
_ALL: tuple[_Status, ...] = ("waiting", "approved", "refused")
_DEADLINE_S = 30.0  # for a bulk closing


def approval_routes(core: DispatchPorts) -> list[web.RouteDef]:
    """Return the routes of approvals."""

    @answers_errors("Retry in a moment.")
    async def read(request: web.Request) -> web.Response:
        await core.access.callers.operator(request)
        faults: list[FieldError] = []
        limit = list_queries.number_in(
            request, "limit", list_queries.DEFAULT_LIMIT, 1, list_queries.MAX_LIMIT, faults
        )
        status, before = request.query.get("status"), request.query.get("after")
        if status is not None and status not in _ALL:
            message = f"Write {', '.join(_ALL)}."
            faults.append(FieldError(field="status", code="bad_status", message=message))
        last = _id(before) if before is not None else _NEWEST
        if last is None:
            message = "Send next of an earlier page, or omit it to start over."
            faults.append(FieldError(field="after", code="bad_cursor", message=message))
        list_queries.refuse_faults(faults)
        found = await Deadline().wait_for(core.approvals(last or _NEWEST, status, limit + 1))
        shown = found[:limit]
        following = shown[-1].approval_id if shown else str(last)
        more = len(found) > limit
        return json_response({"approvals": shown, "next": following, "more": more})

    def deciding(path: str, decision: Decision, operation: Operation) -> web.RouteDef:
        @answers_errors("Look first whether it is decided.")
        async def decide(request: web.Request) -> web.Response:
            operator = await core.access.callers.operator(request)
            fields = strip_control_chars(await read_fields(request))
            by = validated(SecondPerson, fields, code="invalid")
            require_console(request, operator, Role.SUPERVISOR)
            approval_id = _id(request.match_info["approval_id"])
            if approval_id is None:
                raise _refused("unknown_approval")
            decided = core.decide(approval_id, decision, by.actor)
            answer = await Deadline(_DEADLINE_S).wait_for(decided)
            if answer.problem:
                raise _refused(answer.problem)
            results = [result_of(case_id, found) for case_id, found in answer.outcomes]
            shown = {"approval_id": str(approval_id), "status": decision, "results": results}
            return json_response(shown)

        return web.post(f"/v1/approvals/{{approval_id}}/{path}", documents(decide, operation))

    return [
        web.get("/v1/approvals", documents(read, LIST_APPROVALS)),
        deciding("approve", "approved", _decision("Execute")),
        deciding("refuse", "refused", _decision("Refuse")),
    ]


def _id(text: str) -> UUID | None:
    with suppress(ValueError):
        return UUID(text)
    return None


def _refused(code: ApprovalProblem) -> RefusedError:
    status, detail = _REFUSALS[code]
    return RefusedError(problem_response(status, "Not decided", detail, code=code))
