"""HTTP route: the lead bureau of a case reads the contacts of its reporters."""

import asyncio
import time
from typing import Annotated
from uuid import UUID

import pydantic_core
from aiohttp import web
from pydantic import Field

from services.notify.ports import NotifyPorts
from services.notify.records import DisclosedContact
from shared.contract.events import Data, FieldError
from shared.runtime.http.authentication import ADAPTER, BUREAU, OPERATOR, RefusedError
from shared.runtime.http.calls import JSON, answers_errors
from shared.runtime.http.deadline import Deadline
from shared.runtime.http.openapi import (
    KEY_REFUSALS,
    Content,
    Operation,
    Parameter,
    documents,
    problem,
)
from shared.runtime.http.problem_details import problem_response

PATH = "/v1/work-orders/{work_order_id}/contact"
_MAX_PURPOSE = 500
_NEW_S = 10.0
_WAITS_S = (0.1, 0.2, 0.4, 0.8)


class CaseContacts(Data):
    """Contacts of the reporters of a case."""

    contacts: list[DisclosedContact]
    """One per reporter with a contact, in the order of their requests."""


_READ = Operation(
    "Read the contacts of a case's reporters, with the lead bureau's key.",
    {
        200: Content(
            "The contacts; empty when all reporters are anonymous.", (JSON,), CaseContacts
        ),
        404: problem("The caller leads no case by a work order with this id."),
        422: problem("The Purpose header is missing, too long or not plain UTF-8 text."),
        **{status: refusal for status, refusal in KEY_REFUSALS.items() if status != 403},  # noqa: PLR2004 - 404 to any other key
    },
    headers={
        "Purpose": Parameter(
            "Why the bureau needs the contacts; it is logged.",
            Annotated[str, Field(min_length=1, max_length=_MAX_PURPOSE)],
            required=True,
        )
    },
    security=("bureau",),
)


def contact_routes(core: NotifyPorts) -> list[web.RouteDef]:
    """Return the route."""

    @answers_errors("Retry in a moment.")
    async def read(request: web.Request) -> web.Response:
        caller = await core.callers.caller(request, BUREAU, OPERATOR, ADAPTER)
        if caller.scope != BUREAU:
            raise _unknown()
        purpose, order_id = _purpose(request), _order_id(request)
        await _arrival(core, order_id)
        reporters = await Deadline().wait_for(core.disclose(order_id, caller.name, purpose))
        if reporters is None:
            raise _unknown()
        body = pydantic_core.to_json(CaseContacts(contacts=list(reporters)))
        headers = {"Cache-Control": "no-store"}
        return web.Response(body=body, content_type=JSON, headers=headers)

    return [web.get(PATH, documents(read, _READ))]


async def _arrival(core: NotifyPorts, work_order_id: str) -> None:
    """Wait a moment for a new work order, which may reach its bureau before notify."""
    for wait_s in _WAITS_S if _is_new(work_order_id) else ():
        if await Deadline().wait_for(core.has_lead(work_order_id)):
            return
        await asyncio.sleep(wait_s)


def _order_id(request: web.Request) -> str:
    order_id = request.match_info["work_order_id"]
    if not order_id.isprintable():  # such as a NUL, which PostgreSQL rejects
        raise _unknown()
    return order_id


def _is_new(work_order_id: str) -> bool:
    """Return True for a UUIDv7 of the last seconds; its first 48 bits are its time."""
    try:
        made_at_s = (UUID(work_order_id).int >> 80) / 1000
    except ValueError:
        return False
    return abs(time.time() - made_at_s) < _NEW_S


def _purpose(request: web.Request) -> str:
    purpose = request.headers.get("Purpose", "").strip()
    if 1 <= len(purpose) <= _MAX_PURPOSE and purpose.isprintable():
        return purpose
    error = FieldError(
        field="Purpose",
        code="bad_purpose" if purpose else "missing_purpose",
        message=f"State your reason in 1 to {_MAX_PURPOSE} characters of plain text.",
    )
    detail = "Send a Purpose header; it is logged."
    raise RefusedError(problem_response(422, "No purpose", detail, errors=[error]))


def _unknown() -> RefusedError:
    detail = "You lead no case by a work order with this id."
    response = problem_response(404, "No such work order", detail, code="unknown_work_order")
    return RefusedError(response)
