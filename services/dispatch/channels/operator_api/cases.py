"""Cases over HTTP: lists for operators, and one with its history."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from aiohttp import web
from pydantic import ValidationError

from services.dispatch.channels.operator_api.case_operations import (
    LIST_CASES,
    READ_CASE,
    CaseDetails,
    CaseEntry,
    CaseList,
    ListedCase,
    RequestOfCase,
    WorkOrderOfCase,
)
from services.dispatch.inbound.case_filter import CaseFilter, KnownCodes
from services.dispatch.outbound import case_state, wire_priority, work_order_fields
from services.dispatch.records import CaseHistoryEntry
from services.dispatch.rules.case import Case, CaseRequest, CaseWorkOrder
from services.dispatch.rules.clocks import overdue_at
from services.dispatch.rules.history import may_read_note
from services.dispatch.store.cases import PostgresCases, WholeCase
from shared.contract.events import FieldError
from shared.runtime.http.bureau_access import BureauAccess
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
_SHOWN = ("summary", "location", "attributes", "media")
"""What is shown of a request's problem."""


def case_routes(
    access: BureauAccess, cases: PostgresCases, codes: KnownCodes, clock: Callable[[], datetime]
) -> list[web.RouteDef]:
    """Return the routes by which operators and bureaus read cases.

    Args:
        codes: Codes that a filter may name.
    """

    @answers_errors("Call again in a moment, with the same cursor.")
    async def read_list(request: web.Request) -> web.Response:
        """Answer with the next cases that the filter lets pass."""
        await access.callers.operator(request)
        faults: list[FieldError] = []
        limit = number_in(request, "limit", DEFAULT_LIMIT, 1, MAX_LIMIT, faults)
        last = position_in(request, "cases", _ALL, faults, otherwise=_NEWEST)
        wanted = _filter_in(request, codes, faults)
        refuse_faults(faults)
        now = clock()
        page = await Deadline().wait_for(cases.page(wanted, UUID(int=last), limit, now))
        if page.cases:
            last = UUID(page.cases[-1][0].case_id).int
        listed = [ListedCase(**_listed(case, at, now)) for case, at in page.cases]
        cursor = encode_cursor("cases", _ALL, last)
        return json_response(CaseList(cases=listed, next=cursor, more=page.more))

    @answers_errors("Look again in a moment.")
    async def read_one(request: web.Request) -> web.Response:
        """Answer with a case, as far as the caller may see it."""
        caller = await access.callers.caller(request, OPERATOR, BUREAU)
        bureau = caller.name if caller.scope == BUREAU else None
        found = await Deadline().wait_for(cases.find(request.match_info["case_id"]))
        if found is None or (bureau and bureau not in found.case.bureaus):
            detail = "There is no case with this id that you have work on."
            raise RefusedError(problem_response(404, "No such case", detail, code="unknown_case"))
        return json_response(_details(found, bureau, clock()))

    return [
        web.get("/v1/cases", documents(read_list, LIST_CASES)),
        web.get("/v1/cases/{case_id}", documents(read_one, READ_CASE)),
    ]


def _filter_in(request: web.Request, codes: KnownCodes, faults: list[FieldError]) -> CaseFilter:
    """Return the filter in a query; one without a condition when it has faults."""
    try:
        return CaseFilter.model_validate(dict(request.query), context=codes)
    except ValidationError as error:
        faults += field_errors(error)
        return CaseFilter()


def _listed(case: Case, due_at: datetime | None, now: datetime) -> dict[str, Any]:
    """Return the fields of a case in a list."""
    return {
        **case_state(case),
        "service_name": case.problem.service_name,
        "summary": case.problem.summary,
        "location": case.problem.location,
        "first_reported_at": case.first_reported_at,
        "last_reported_at": case.last_reported_at,
        "closed_at": case.closed_at,
        "merged_into": case.merged_into,
        "overdue": due_at is not None and due_at <= now,
    }


def _details(found: WholeCase, bureau: str | None, now: datetime) -> CaseDetails:
    """Return a case with all that belongs to it.

    Args:
        bureau: Code of the bureau that reads it; None for an operator.
        now: Decides whether it is overdue.
    """
    case = found.case
    return CaseDetails(
        **_listed(case, overdue_at(case), now),
        linked_case=case.linked_case,
        requests=list(map(_request, found.requests)),
        work_orders=list(map(_work_order, case.orders)),
        history=[_entry(entry, bureau) for entry in found.history],
    )


def _request(request: CaseRequest) -> RequestOfCase:
    problem = {name: getattr(request.problem, name) for name in _SHOWN}
    return RequestOfCase(
        request_id=request.request_id,
        tracking_number=request.tracking_number,
        service_code=request.service_code,
        priority=wire_priority(request.priority),
        reported_at=request.reported_at,
        **problem,
    )


def _work_order(order: CaseWorkOrder) -> WorkOrderOfCase:
    return WorkOrderOfCase(
        **work_order_fields(order),
        scheduled_for=order.scheduled_for,
        external_id=order.external_id,
    )


def _entry(entry: CaseHistoryEntry, bureau: str | None) -> CaseEntry:
    note = entry.note if may_read_note(bureau, entry.by) else None
    text = f"{entry.text}\n{note}" if note else entry.text
    return CaseEntry(
        at=entry.at, by=entry.by, what=entry.what, text=text, event_id=entry.case_event
    )
