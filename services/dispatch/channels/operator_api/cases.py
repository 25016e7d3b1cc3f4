"""Cases over HTTP: lists for operators, and one with its history."""

from uuid import UUID

from aiohttp import web
from pydantic import ValidationError

from services.dispatch.channels.operator_api.case_operations import (
    LIST_CASES,
    READ_CASE,
    CaseList,
)
from services.dispatch.channels.operator_api.case_query import CaseQuery, KnownCodes
from services.dispatch.ports import DispatchPorts
from shared.contract.events import FieldError
from shared.runtime.http.callers import BUREAU, OPERATOR, RefusedError
from shared.runtime.http.calls import answers_errors, field_errors, json_response
from shared.runtime.http.deadline import Deadline
from shared.runtime.http.list_queries import (
    DEFAULT_LIMIT,
    MAX_LIMIT,
    encode_cursor,
    number_in,
    position_in,
    refuse_faults,
)
from shared.runtime.http.openapi import documents
from shared.runtime.http.problem_details import problem_response

_ALL = "all"
"""Stands for the bureau in the cursors of the list, which is about all of them."""
_NEWEST = 2**128 - 1


def case_routes(core: DispatchPorts) -> list[web.RouteDef]:
    """Return the routes by which operators and bureaus read cases."""
    codes = KnownCodes(core.access.bureaus, core.policy.kind_codes)

    @answers_errors("Call again in a moment, with the same cursor.")
    async def read_list(request: web.Request) -> web.Response:
        """Answer with the next cases that the filter lets pass."""
        await core.access.callers.operator(request)
        faults: list[FieldError] = []
        limit = number_in(request, "limit", DEFAULT_LIMIT, 1, MAX_LIMIT, faults)
        last = position_in(request, "cases", _ALL, faults, otherwise=_NEWEST)
        wanted = _filter_in(request, codes, faults)
        refuse_faults(faults)
        cases, more = await Deadline().wait_for(core.cases(wanted, UUID(int=last), limit))
        cursor = encode_cursor("cases", _ALL, UUID(cases[-1].case_id).int if cases else last)
        return json_response(CaseList(cases=list(cases), next=cursor, more=more))

    @answers_errors("Look again in a moment.")
    async def read_one(request: web.Request) -> web.Response:
        """Answer with a case, as far as the caller may see it."""
        caller = await core.access.callers.caller(request, OPERATOR, BUREAU)
        bureau = caller.name if caller.scope == BUREAU else None
        found = await Deadline().wait_for(core.case(request.match_info["case_id"], bureau))
        if found is None:
            detail = "There is no case with this id that you have work on."
            raise RefusedError(problem_response(404, "No such case", detail, code="unknown_case"))
        return json_response(found)

    return [
        web.get("/v1/cases", documents(read_list, LIST_CASES)),
        web.get("/v1/cases/{case_id}", documents(read_one, READ_CASE)),
    ]


def _filter_in(request: web.Request, codes: KnownCodes, faults: list[FieldError]) -> CaseQuery:
    """Return the filter in a query; one without a condition when it has faults."""
    try:
        return CaseQuery.model_validate(dict(request.query), context=codes)
    except ValidationError as error:
        faults += field_errors(error)
        return CaseQuery()
