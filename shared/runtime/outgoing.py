"""Kafka records to publish."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self, TypeAlias

from shared.contract.events import CONTENT_TYPE, Event, encode
from shared.contract.routes import routes

Headers: TypeAlias = Sequence[tuple[str, bytes | None]]

# Headers of an event's record without a trace.
UNTRACED: Headers = (("content-type", CONTENT_TYPE),)


def event_headers(traceparent: str | None = None) -> Headers:
    """Return the headers of an event's record, with its W3C trace context if it has one."""
    return (*UNTRACED, ("traceparent", traceparent.encode())) if traceparent else UNTRACED


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A record to publish; records with equal keys stay in order.

    Attributes:
        event_id: The event's id, or another name of the record.
        value: The record's value; None is a tombstone.
    """

    event_id: str
    topic: str
    key: bytes
    value: bytes | None
    headers: Headers = ()

    @property
    def size(self) -> int:
        """Bytes of key, value and the headers' values."""
        size = len(self.key) + len(self.value or b"")
        for _, value in self.headers:
            size += len(value or b"")
        return size

    @classmethod
    def for_event(cls, event: Event) -> list[Self]:
        """Return one record per topic that the event is routed to, all with the same bytes."""
        value, headers = encode(event), event_headers(event.traceparent)
        return [cls(event.id, topic, key.encode(), value, headers) for topic, key in routes(event)]

    @classmethod
    def to_topic(cls, topic: str, key: str, event: Event) -> Self:
        """Return a record of an event for this topic, such as an event from outside."""
        return cls(event.id, topic, key.encode(), encode(event), event_headers(event.traceparent))
