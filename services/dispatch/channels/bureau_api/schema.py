"""Bodies of the bureaus' routes as models, which the OpenAPI document describes."""

from shared.contract.events import (
    Data,
    WorkOrderChanged,
    WorkOrderIssued,
    WorkOrderReminded,
    WorkOrderUpdate,
    WorkOrderWithdrawn,
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
