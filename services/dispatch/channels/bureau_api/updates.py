"""Bureaus' updates of their work orders over HTTP."""

import json
from collections.abc import Mapping, Sequence
from functools import partial
from hashlib import sha256

from aiohttp import web
from pydantic import ValidationError

from services.dispatch.ports import DispatchPorts, IdReusedError
from shared.contract.events import (
    FieldError,
    UpdateReceipt,
    WorkOrderUpdate,
    WorkOrderUpdated,
    usable_trace,
)
from shared.runtime.clock import utc_now
from shared.runtime.http.calls import (
    JSON,
    answers_errors,
    body_of,
    field_errors,
    id_reused,
    idempotency_id,
    json_of,
    json_response,
)
from shared.runtime.http.conflict_retry import attempt
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


class SentUpdate(WorkOrderUpdate):
    """An update as on Kafka; path and key name its work order and bureau."""

    work_order_id: str = ""
    """Ignored."""
    bureau: str = ""
    """Ignored."""


UPDATE_WORK_ORDER = Operation(
    "Update a work order, with its bureau's key.",
    {
        200: Content("The receipt.", (JSON,), UpdateReceipt),
        404: problem("The bureau has no such work order: unknown_work_order, not_your_work_order."),
        409: problem("Not possible now: transition_not_allowed, version_conflict."),
        422: problem("Invalid update; see code and errors. Or the key was used with another body."),
        **JSON_REFUSALS,
        **KEY_REFUSALS,
    },
    body=Content("The update.", (JSON,), SentUpdate),
    headers=IDEMPOTENT,
    security=("bureau",),
)
_STATUS: Mapping[str, int] = {
    "unknown_work_order": 404,
    "not_your_work_order": 404,
    "transition_not_allowed": 409,
    "version_conflict": 409,
}
# The field at fault, by the code of a refusal with 422.
_FIELDS: Mapping[str, str] = {
    "missing_reason": "reason",
    "missing_transfer_to": "transfer_to",
    "unknown_bureau": "transfer_to",
}


def update_routes(core: DispatchPorts) -> list[web.RouteDef]:
    """Return the route by which bureaus update their work orders."""

    @answers_errors("Retry in a moment with the same Idempotency-Key.")
    async def post(request: web.Request) -> web.Response:
        """Answer with the receipt; a repeat gets the same one."""
        bureau = await core.access.bureau(request)
        body, order_id = json_of(await body_of(request)), request.match_info["work_order_id"]
        named = {"work_order_id": order_id, "bureau": bureau}
        update = WorkOrderUpdated(
            id=idempotency_id(request),
            source=f"/http/{bureau}",
            time=utc_now(),
            traceparent=usable_trace(request.headers.get("traceparent")),
            data=body | named if isinstance(body, dict) else body,
        )
        digest = sha256(json.dumps([order_id, body], sort_keys=True).encode()).digest()
        work = attempt(partial(core.report_update, update, bureau, digest))
        try:
            return _response(await Deadline().wait_for(work), update)
        except IdReusedError:
            raise id_reused("update") from None

    path = "/v1/work-orders/{work_order_id}/updates"
    return [web.post(path, documents(post, UPDATE_WORK_ORDER))]


def _response(receipt: UpdateReceipt, update: WorkOrderUpdated) -> web.Response:
    if receipt.code is None:
        return json_response(receipt)
    status, message = _STATUS.get(receipt.code, 422), receipt.message or ""
    errors = list(_errors(update, receipt.code, message))
    return problem_response(status, "Refused", message, code=receipt.code, errors=errors)


def _errors(update: WorkOrderUpdated, code: str, message: str) -> Sequence[FieldError]:
    if field := _FIELDS.get(code):
        return [FieldError(field=field, code=code, message=message)]
    if code != "invalid":
        return []
    try:
        WorkOrderUpdate.model_validate(update.data)
    except ValidationError as error:
        return field_errors(error)
    return []
