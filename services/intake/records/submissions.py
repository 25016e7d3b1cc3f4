"""Submissions, their receipts and previews, and pictures."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, NamedTuple, Self, TypeAlias

import pydantic_core

from services.intake.identifiers import SubmissionKey
from shared.catalogue import DangerAdvice, ServiceType
from shared.contract.events import (
    Decoder,
    FieldError,
    SubmissionAccepted,
    SubmissionReceived,
    SubmissionRejected,
    encode,
    usable_trace,
)
from shared.runtime.clock import utc_now
from shared.runtime.ops.tracing import current_trace
from shared.vocabulary import GeoPoint, StatusChannel

# Kind of a place that was found: a known house, one between two known ones, and so on.
MatchKind: TypeAlias = Literal["address", "interpolated", "crossing", "street", "place"]
ReceiptEvent: TypeAlias = SubmissionAccepted | SubmissionRejected
_DECODER: Decoder[ReceiptEvent] = Decoder((SubmissionAccepted, SubmissionRejected))
_DATA = b',"data":'  # the last field of the envelope; inside a string its quotes are escaped


@dataclass(frozen=True, slots=True)
class Receipt:
    """The receipt of a submission as JSON: encoded once, and repeated byte by byte ever after."""

    event_id: str
    value: bytes
    _event: ReceiptEvent | None = field(default=None, repr=False, compare=False)

    @classmethod
    def of(cls, event: ReceiptEvent) -> Self:
        """Return the receipt with this event."""
        return cls(event.id, encode(event), event)

    def decode(self) -> ReceiptEvent:
        """Return the event; only a receipt from the store is decoded."""
        return self._event or _DECODER.decode(self.value)

    @property
    def data(self) -> bytes:
        """The event's ``data`` as JSON, cut from ``value``."""
        return self.value[self.value.index(_DATA) + len(_DATA) : -1]


@dataclass(frozen=True, slots=True)
class RawSubmission:
    """A submission in its envelope, not validated; its body is kept if it is rejected."""

    envelope: SubmissionReceived
    body: bytes

    @classmethod
    def of(  # noqa: PLR0913 - the fields of an envelope
        cls,
        source: str,
        id_: str,
        data: Any,  # noqa: ANN401 - any JSON
        *,
        time: datetime | str | None = None,
        trace: str | None = None,
        body: bytes | None = None,
    ) -> Self:
        """Return data in an envelope.

        Args:
            source: Namespace of the id, such as ``/http/<adapter>``.
            time: None for now.
            trace: ``traceparent`` (W3C) of the call; by default that of the span that runs.
            body: None to encode the data.
        """
        envelope = SubmissionReceived(
            id=id_,
            source=source,
            time=time or utc_now(),
            traceparent=usable_trace(trace) or current_trace(),
            data=data,
        )
        return cls(envelope, pydantic_core.to_json(data) if body is None else body)


class StoredSubmission(NamedTuple):
    """A submission with its receipt; the body is None for an accepted one.

    Attributes:
        first: False for other data under the id of an earlier submission; rejected.
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


class LateContact(NamedTuple):
    """Contact data that a reporter gives after the report: usable, and for updates."""

    name: str | None
    email: str | None
    phone: str | None  # E.164
    language: str

    @property
    def status_updates(self) -> tuple[StatusChannel, ...]:
        """The channels by which the reporter wants updates."""
        by_channel: Mapping[StatusChannel, str | None] = {"email": self.email, "sms": self.phone}
        return tuple(channel for channel, usable in by_channel.items() if usable)


class SubmissionPreview(NamedTuple):
    """The request that a submission would become.

    Attributes:
        view: The response of ``POST /v1/submissions/preview``.
        found: The place of its address, where it has no point of its own.
        is_lost: True for an address that no geocoder knows, without a point of its own.
        apart_m: Metres between its point and its address, when they disagree.
    """

    view: dict[str, Any]
    errors: Sequence[FieldError]
    found: "KnownPlace | None" = None
    is_lost: bool = False
    apart_m: float | None = None


class KnownPlace(NamedTuple):
    """A place of the gazetteer, with the city's district that it lies in."""

    name: str
    match: MatchKind
    point: GeoPoint
    district: str | None


class ScreenedText(NamedTuple):
    """A text with its kind, the codes of its conditions, and the advice for a danger to life."""

    service: ServiceType
    conditions: Collection[str]
    advice: tuple[DangerAdvice, ...]


@dataclass(frozen=True, slots=True)
class Uploader:
    """The caller that a picture counts for.

    Attributes:
        name: A caller with a key as ``<scope>:<name>``, or the channel of strangers.
        stranger: Address or the like; None for a caller with a key.
    """

    name: str
    stranger: str | None = None


@dataclass(frozen=True, slots=True)
class KeptMedia:
    """The facts of a kept picture; a withheld one was public once."""

    media_type: str
    erased: bool
    withheld: bool
