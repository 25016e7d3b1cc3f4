"""Surges over HTTP: their list, and closing their cases."""

from dataclasses import asdict

from aiohttp import web
from pydantic import ValidationError

from services.dispatch.channels.operator_api.command_operations import (
    CLOSE_SURGE,
    DEFAULT_LIMIT,
    LIST_SURGES,
    MAX_LIMIT,
    ClosingOrder,
    ListedSurge,
)
from services.dispatch.ports import DispatchPorts
from services.dispatch.records import SurgeClosing, SurgeWithCases, strip_control_chars
from shared.contract.events import FieldError
from shared.runtime.clock import utc_now
from shared.runtime.http.callers import RefusedError
from shared.runtime.http.calls import (
    answers_errors,
    body_of,
    field_errors,
    json_of,
    json_response,
    refuse_fields,
)
from shared.runtime.http.deadline import Deadline
from shared.runtime.http.list_queries import encode_cursor, number_in, position_in, refuse_faults
from shared.runtime.http.openapi import documents
from shared.runtime.http.problem_details import problem_response

_ALL = "all"
"""Stands for the bureau in the cursors of the list, which is about all of them."""
_NEWEST = 2**63 - 1


def surge_routes(core: DispatchPorts) -> list[web.RouteDef]:
    """Return the routes of surges."""

    @answers_errors("Look again in a moment.")
    async def read(request: web.Request) -> web.Response:
        """Answer with the next surges, the newest first."""
        await core.access.callers.operator(request)
        faults: list[FieldError] = []
        limit = number_in(request, "limit", DEFAULT_LIMIT, 1, MAX_LIMIT, faults)
        before = position_in(request, "surges", _ALL, faults, otherwise=_NEWEST)
        refuse_faults(faults)
        found = await Deadline().wait_for(core.surges(before, limit + 1))
        shown = found[:limit]
        return json_response(
            {
                "surges": [_listed(one) for one in shown],
                "next": encode_cursor("surges", _ALL, shown[-1].number if shown else before),
                "more": len(found) > limit,
            }
        )

    @answers_errors("Look first whether its cases are closed.")
    async def close(request: web.Request) -> web.Response:
        """Order the closing of the cases that are open now; answer with their number."""
        operator = await core.access.callers.operator(request)
        order = _order(await body_of(request))
        surge_id = request.match_info["surge_id"]
        closing = SurgeClosing(
            source=f"/http/{operator}",
            actor=order.actor,
            reason=order.reason,
            note=order.note,
            status=order.status,
            given_at=utc_now(),
        )
        count = await Deadline().wait_for(core.close_surge(surge_id, closing))
        if count is None:
            detail = "There is no surge with this id. GET /v1/surges lists them."
            raise RefusedError(problem_response(404, "No such surge", detail, code="unknown_surge"))
        return json_response({"surge_id": surge_id, "count": count})

    return [
        web.get("/v1/surges", documents(read, LIST_SURGES)),
        web.post("/v1/surges/{surge_id}/close", documents(close, CLOSE_SURGE)),
    ]


def _order(body: bytes) -> ClosingOrder:
    try:
        return ClosingOrder.model_validate(strip_control_chars(json_of(body)))
    except ValidationError as error:
        raise refuse_fields(*field_errors(error), code="invalid") from None


def _listed(found: SurgeWithCases) -> ListedSurge:
    return ListedSurge(
        **asdict(found.surge),
        status="ended" if found.surge.ended_at else "open",
        case_count=found.case_count,
        open_case_count=found.open_case_count,
        closing_count=found.closing_count,
    )
