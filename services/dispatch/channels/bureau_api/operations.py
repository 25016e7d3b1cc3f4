"""Descriptions of dispatch's routes for the OpenAPI document."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from services.dispatch.channels.bureau_api.schema import (
    CallLog,
    Feed,
    Replayed,
    ReplayedEvents,
    ReplayedSpan,
    SentUpdate,
    UploadedPicture,
    WebhookSetting,
    WebhookStatus,
    WebhookWithSecrets,
)
from shared.contract.events import UpdateReceipt, WorkOrder
from shared.runtime.http.calls import JSON
from shared.runtime.http.openapi import Content, Operation, Parameter, problem
from shared.runtime.http.operation_parts import IDEMPOTENT, JSON_REFUSALS, KEY_REFUSALS

DEFAULT_LIMIT = 100
MAX_LIMIT = 500
MAX_WAIT_S = 30
PAGE: Mapping[str, Parameter] = {
    "after": Parameter("The next of the answer before; without it the list begins anew."),
    "limit": Parameter(
        f"The most entries; {DEFAULT_LIMIT} by default.",
        Annotated[int, Field(ge=1, le=MAX_LIMIT)],
    ),
}
_PICTURES = ("image/jpeg", "image/png", "image/webp", "image/heic", "application/octet-stream")
BAD_CURSOR = {400: problem("The cursor is none of this list.")}
_BAD_QUERY = {422: problem("A parameter is out of bounds; it is named.")}

READ_FEED = Operation(
    "Read the events of a bureau's work orders, with its key.",
    {
        200: Content("The next events.", (JSON,), Feed),
        404: problem("There is no such bureau."),
        **BAD_CURSOR,
        **_BAD_QUERY,
        **KEY_REFUSALS,
    },
    query={
        **PAGE,
        "wait": Parameter(
            "Seconds to wait for an event where there is none; 0 by default.",
            Annotated[int, Field(ge=0, le=MAX_WAIT_S)],
        ),
    },
    security=("bureau",),
)
READ_WORK_ORDER = Operation(
    "Read the whole state of a work order, with its bureau's key.",
    {
        200: Content("The work order.", (JSON,), WorkOrder),
        404: problem("The bureau has no such work order."),
        **KEY_REFUSALS,
    },
    security=("bureau",),
)
UPDATE_WORK_ORDER = Operation(
    "Update a work order, with its bureau's key.",
    {
        200: Content("The receipt.", (JSON,), UpdateReceipt),
        404: problem("The bureau has no such work order: unknown_work_order, not_your_work_order."),
        409: problem("It cannot become so now: transition_not_allowed, version_conflict."),
        422: problem("The update is wrong; code and errors say how. Or the key had another body."),
        **JSON_REFUSALS,
        **KEY_REFUSALS,
    },
    body=Content("The update.", (JSON,), SentUpdate),
    headers=IDEMPOTENT,
    security=("bureau",),
)

UPLOAD = Operation(
    "Keep a picture of the work, with a bureau's key, for media of an update.",
    {
        201: Content("It is kept.", (JSON,), UploadedPicture),
        400: problem("The form cannot be read."),
        408: JSON_REFUSALS[408],
        413: problem("More than 10 MiB or 40 megapixels."),
        415: problem("It is no JPEG, PNG, WebP or HEIC, or it is damaged."),
        422: problem("The form has no field file."),
        **KEY_REFUSALS,
    },
    body=Content("The picture, of at most 10 MiB; the bytes decide.", _PICTURES, bytes),
    security=("bureau",),
)

_NO_WEBHOOK = {404: problem("There is no such bureau, or it has no webhook.")}
_WITH_SECRETS = Content("The webhook with its secrets.", (JSON,), WebhookWithSecrets)
SET_WEBHOOK = Operation(
    "Set a bureau's webhook, as an operator.",
    {
        200: _WITH_SECRETS,
        404: problem("There is no such bureau."),
        422: problem("The URL is not allowed, or a field is wrong."),
        **JSON_REFUSALS,
        **KEY_REFUSALS,
    },
    body=Content("The webhook.", (JSON,), WebhookSetting),
    security=("operator",),
)
SHOW_WEBHOOK = Operation(
    "Show how a bureau's webhook does, with its key or an operator's.",
    {200: Content("It does so.", (JSON,), WebhookStatus), **_NO_WEBHOOK, **KEY_REFUSALS},
    security=("bureau", "operator"),
)
ROTATE_SECRET = Operation(
    "Add a second secret; both sign.",
    {
        200: _WITH_SECRETS,
        409: problem("It has two secrets: retire one first."),
        **_NO_WEBHOOK,
        **KEY_REFUSALS,
    },
    security=("operator",),
)
RETIRE_SECRET = Operation(
    "Remove the older one of two secrets.",
    {
        200: _WITH_SECRETS,
        409: problem("It has one secret alone: rotate first."),
        **_NO_WEBHOOK,
        **KEY_REFUSALS,
    },
    security=("operator",),
)
LIST_CALLS = Operation(
    "List the calls of a bureau's webhook, with its key or an operator's.",
    {
        200: Content("The next calls.", (JSON,), CallLog),
        404: problem("There is no such bureau."),
        **BAD_CURSOR,
        **_BAD_QUERY,
        **KEY_REFUSALS,
    },
    query={**PAGE, "case_id": Parameter("Only those about this case.")},
    security=("bureau", "operator"),
)
REPLAY = Operation(
    "Send events to a bureau's webhook again, with its key or an operator's.",
    {
        202: Content("They are sent.", (JSON,), Replayed),
        422: problem("The body has neither event_ids nor from and to."),
        **_NO_WEBHOOK,
        **JSON_REFUSALS,
        **KEY_REFUSALS,
    },
    body=Content("Which ones.", (JSON,), ReplayedEvents | ReplayedSpan),
    security=("bureau", "operator"),
)
