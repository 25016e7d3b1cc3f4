"""A Kafka record on its way through a service."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, TypeVar, cast

from shared.contract.events import ContactErased, Decoder, Event, usable_trace
from shared.contract.topics import DEAD_LETTERS
from shared.errors import PermanentError, Route311Error, TooLargeError, TransientError
from shared.runtime.kafka import Partition, Record
from shared.runtime.outbox.records import Outgoing

E_co = TypeVar("E_co", bound=Event, covariant=True)
E = TypeVar("E", bound=Event)

MAX_EVENT_BYTES = 1024 * 1024
"""The largest value that a service reads; a larger record is parked unread."""


@dataclass(frozen=True, slots=True)
class Message(Generic[E_co]):
    """A record whose value is an event that this service knows."""

    record: Record
    event: E_co

    @property
    def topic(self) -> str:
        """The topic that it came by."""
        name: str = self.record.topic
        return name

    @property
    def identity(self) -> str:
        """``source`` and ``id`` of the event, which name it for ever."""
        return f"{self.event.source} {self.event.id}"


@dataclass(frozen=True, slots=True)
class InvalidRecord:
    """A record that cannot be handled, now or later, and why."""

    record: Record
    error: Route311Error


@dataclass(frozen=True, slots=True)
class Deferred:
    """A record that is set aside and handled later, or that waits behind one of its key.

    Attributes:
        error: What kept it from being handled; None when it waits behind another.
    """

    record: Record
    error: TransientError | None = None


def parse_record(
    record: Record, decoder: Decoder[E], erasure: type[ContactErased] | None = None
) -> Message[E] | InvalidRecord:
    """Return the record as a message, or say why it is none.

    Args:
        record: As it came.
        decoder: Knows the events of its topic.
        erasure: What a record without value says there, if it may have none.
    """
    try:
        if record.value is None and erasure:
            at = datetime.fromtimestamp(record.timestamp / 1000, UTC)
            return cast("Message[E]", Message(record, erasure.of_tombstone(record.key or b"", at)))
        if len(record.value or b"") > MAX_EVENT_BYTES:
            raise TooLargeError(f"larger than {MAX_EVENT_BYTES} bytes")
        headers = dict(record.headers)
        event = decoder.decode(record.value, headers)
    except PermanentError as error:
        return InvalidRecord(record, error)
    trace = usable_trace(headers.get("traceparent", b"").decode("latin-1"))
    if trace and trace != event.traceparent:
        event = event.model_copy(update={"traceparent": trace})
    return Message(record, event)


def record_partition(record: Record) -> Partition:
    """Return where the record came from."""
    return Partition(record.topic, record.partition)


def record_position(record: Record) -> str:
    """Return ``topic/partition/offset``, which finds the record again."""
    return f"{record.topic}/{record.partition}/{record.offset}"


def to_dead_letter(unfit: InvalidRecord, service: str) -> Outgoing:
    """Return the record as it was, for the dead-letter topic, with who parked it and why."""
    return dead_letter_record(unfit.record, service, code=unfit.error.code, reason=str(unfit.error))


def dead_letter_record(record: Record, service: str, *, code: str, reason: str) -> Outgoing:
    """Return the record as it was, for the dead-letter topic, with what a person looks for."""
    place = record_position(record)
    return Outgoing(
        event_id=place,
        topic=f"{record.topic}{DEAD_LETTERS}",
        key=record.key or b"",
        value=record.value,
        headers=[
            *record.headers,
            ("service", service.encode()),
            ("code", code.encode()),
            ("reason", reason.encode()),
            ("source", place.encode()),
        ],
    )
