"""Descriptions of the bureaus' routes for the OpenAPI document."""

from typing import Annotated

from pydantic import Field

from shared.contract.events import (
    Data,
    UpdateReceipt,
    WorkOrder,
    WorkOrderChanged,
    WorkOrderIssued,
    WorkOrderReminded,
    WorkOrderUpdate,
    WorkOrderWithdrawn,
)
from shared.runtime.http.calls import JSON
from shared.runtime.http.list_queries import BAD_CURSOR, BAD_QUERY, PAGE
from shared.runtime.http.openapi import (
    IDEMPOTENT,
    JSON_REFUSALS,
    KEY_REFUSALS,
    Content,
    Operation,
    Parameter,
    problem,
)


class Feed(Data):
    """A page of a bureau's events."""

    events: list[WorkOrderIssued | WorkOrderChanged | WorkOrderWithdrawn | WorkOrderReminded]
    """The events, oldest first, each with the bytes that its topic has."""
    next: str
    """The cursor for the next call."""
    more: bool
    """Whether there are more by now."""


class SentUpdate(WorkOrderUpdate):
    """An update as on Kafka; path and key say which work order it is and whose."""

    work_order_id: str = ""
    """Ignored."""
    bureau: str = ""
    """Ignored."""


class UploadedPicture(Data):
    """Answer to an upload: the picture as it is kept."""

    media_id: str
    """Its id."""
    url: str
    """Its address, for ``media`` of an update."""
    media_type: str
    """MIME type."""
    width: int
    """Pixels."""
    height: int
    """Pixels."""
    bytes: int
    """Size in bytes."""


MAX_WAIT_S = 30
_PICTURES = ("image/jpeg", "image/png", "image/webp", "image/heic", "application/octet-stream")

READ_FEED = Operation(
    "Read the events of a bureau's work orders, with its key.",
    {
        200: Content("The next events.", (JSON,), Feed),
        404: problem("There is no such bureau."),
        **BAD_CURSOR,
        **BAD_QUERY,
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
