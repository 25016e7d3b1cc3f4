"""Records of submissions: the receipt of each one, and the stored form."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, TypeAlias

from services.intake.rules.idempotency import SubmissionKey
from shared.contract.events import Decoder, SubmissionAccepted, SubmissionRejected, encode

ReceiptEvent: TypeAlias = SubmissionAccepted | SubmissionRejected

_DECODER: Decoder[ReceiptEvent] = Decoder((SubmissionAccepted, SubmissionRejected))
_DATA = b',"data":'  # the last field of the envelope; inside a string its quotes are escaped


@dataclass(frozen=True, slots=True)
class Receipt:
    """The receipt of a submission: encoded once, and repeated byte by byte ever after.

    Attributes:
        event_id: Id of the receipt's event.
        value: The event as JSON.
    """

    event_id: str
    value: bytes
    _event: ReceiptEvent | None = field(default=None, repr=False, compare=False)

    @classmethod
    def of(cls, event: ReceiptEvent) -> "Receipt":
        """Return the receipt with this event."""
        return cls(event.id, encode(event), event)

    def decode(self) -> ReceiptEvent:
        """Return the event; only a receipt from the store is decoded."""
        return self._event or _DECODER.decode(self.value)

    @property
    def data(self) -> bytes:
        """The event's ``data`` as JSON, cut from ``value``."""
        return self.value[self.value.index(_DATA) + len(_DATA) : -1]


class StoredSubmission(NamedTuple):
    """A submission with its receipt.

    Attributes:
        key: Identity and payload hash.
        first: True for the first submission of its identity; a later one with other data is
            rejected.
        submission_id: Its id at the adapter.
        received_at: When the router received it.
        body: The bytes of a rejected submission; None for an accepted one.
        time_replaced: True when the time of its envelope was too far in the future.
    """

    key: SubmissionKey
    first: bool
    source: str
    submission_id: str
    received_at: datetime
    receipt: Receipt
    body: bytes | None
    time_replaced: bool
