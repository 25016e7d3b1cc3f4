"""The answers that adapters get."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.intake.rules.flaw import Flaw
from shared.events import (
    Decoder,
    Event,
    Fault,
    Rejection,
    SubmissionAccepted,
    SubmissionHandedIn,
    SubmissionRejected,
    encode,
)
from shared.runtime.records import Outgoing, event_headers
from shared.topics import INTAKE_RECEIPTS

_DECODER: Decoder[SubmissionAccepted | SubmissionRejected] = Decoder(
    (SubmissionAccepted, SubmissionRejected)
)


@dataclass(frozen=True, slots=True)
class Receipt:
    """The answer to a submission: the event's id, and its bytes for ever."""

    event_id: str
    value: bytes

    @classmethod
    def carrying(cls, answer: Event) -> "Receipt":
        """Return the receipt that says this."""
        return cls(answer.id, encode(answer))

    def read(self) -> SubmissionAccepted | SubmissionRejected:
        """Return what it says."""
        return _DECODER.decode(self.value)


def rejection(
    handed_in: SubmissionHandedIn, flaws: Sequence[Flaw], now: datetime
) -> SubmissionRejected:
    """Return the answer to a submission with these flaws."""
    data = Rejection(
        submission_id=handed_in.id,
        submission_source=handed_in.source,
        errors=tuple(Fault(field=f.field, code=f.code, message=f.message) for f in flaws),
    )
    return SubmissionRejected.of(data, now=now, cause=handed_in)


def answering(handed_in: SubmissionHandedIn, receipt: Receipt) -> Outgoing:
    """Return the record that brings the receipt to whoever handed in; always the same value."""
    return Outgoing(
        receipt.event_id,
        INTAKE_RECEIPTS.name,
        handed_in.source.encode(),
        receipt.value,
        event_headers(handed_in.traceparent),
    )
