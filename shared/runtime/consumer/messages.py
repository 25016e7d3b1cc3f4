"""Forms of a Kafka record in a consumer: message, invalid record, deferred record, dead letter."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Generic, TypeVar, cast

from shared.contract.events import ContactErased, Decoder, Event, usable_trace
from shared.contract.topic import DEAD_LETTERS
from shared.errors import (
    PermanentError,
    Route311Error,
    SourceNotAllowedError,
    TooLargeError,
    TransientError,
)
from shared.runtime.kafka import Partition, Record, headers_by_name, written_at
from shared.runtime.outgoing import Outgoing

E_co = TypeVar("E_co", bound=Event, covariant=True)
E = TypeVar("E", bound=Event)

# The largest value that a consumer decodes; larger records become dead letters unread.
MAX_EVENT_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Message(Generic[E_co]):
    """A record whose value is an event of the consumer's topics."""

    record: Record
    event: E_co

    @property
    def identity(self) -> str:
        """``source`` and ``id``, which together identify a CloudEvent for ever."""
        return f"{self.event.source} {self.event.id}"


@dataclass(frozen=True, slots=True)
class InvalidRecord:
    """A poison message: a record that can never be handled, and the reason."""

    record: Record
    error: Route311Error


@dataclass(frozen=True, slots=True)
class Deferred:
    """A record to handle later: it failed with ``error``, or is behind another of its key."""

    record: Record
    error: TransientError | None = None


def parse_record(
    record: Record,
    decoder: Decoder[E],
    erasure: type[ContactErased] | None = None,
    allows: Callable[[str], bool] = lambda _: True,
) -> Message[E] | InvalidRecord:
    """Decode a record; return an ``InvalidRecord`` when it is not a valid event.

    Args:
        erasure: The event that a tombstone stands for, if the topic may have tombstones.
        allows: Returns True for sources that are accepted on its topic.
    """
    try:
        if record.value is None and erasure:
            return cast("Message[E]", Message(record, _erasure(record, erasure)))
        headers = headers_by_name(record)
        event = decode_event(record.value, headers, decoder, allows)
    except PermanentError as error:
        return InvalidRecord(record, error)
    if "traceparent" in headers:
        trace = usable_trace(headers["traceparent"].decode("latin-1"))
        if trace and trace != event.traceparent:
            event = event.model_copy(update={"traceparent": trace})
    return Message(record, event)


def decode_event(
    value: bytes | None,
    headers: Mapping[str, bytes],
    decoder: Decoder[E],
    allows: Callable[[str], bool],
) -> E:
    """Return the event in a record; PermanentError if invalid or of a source not allowed."""
    if len(value or b"") > MAX_EVENT_BYTES:
        raise TooLargeError(f"larger than {MAX_EVENT_BYTES} bytes")
    event = decoder.decode(value, headers)
    if not allows(event.source):
        raise SourceNotAllowedError("source: not allowed on this topic")
    return event


def _erasure(record: Record, erasure: type[ContactErased]) -> ContactErased:
    at = written_at(record)
    event = erasure.of_tombstone(record.key or b"", at)
    if round(at.timestamp() * 1000) == record.timestamp:
        return event
    # the moment was clamped: without the timestamp, two erasures would count as one
    return event.model_copy(update={"id": f"{event.data.request_id}@{record.timestamp}"})


def record_partition(record: Record) -> Partition:
    """Return the topic and partition of a record."""
    return _partition(record.topic, record.partition)


_partition = lru_cache(4096)(Partition)  # a look-up takes a third of the time of making one


def record_position(record: Record) -> str:
    """Return ``topic/partition/offset``, which identifies the record."""
    return f"{record.topic}/{record.partition}/{record.offset}"


def to_dead_letter(invalid: InvalidRecord, service: str) -> Outgoing:
    """Return the dead letter of an invalid record."""
    code, reason = invalid.error.code, str(invalid.error)
    return dead_letter_record(invalid.record, service, code=code, reason=reason)


def dead_letter_record(record: Record, service: str, *, code: str, reason: str) -> Outgoing:
    """Return the dead letter of a record: the original with the cause as headers."""
    position = record_position(record)
    return Outgoing(
        event_id=position,
        topic=f"{record.topic}{DEAD_LETTERS}",
        key=record.key or b"",
        value=record.value,
        headers=[
            *record.headers,
            ("service", service.encode()),
            ("code", code.encode()),
            ("reason", reason.encode()),
            ("source", position.encode()),
        ],
    )
