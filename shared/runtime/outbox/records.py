"""A Kafka record that is yet to be written."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self, TypeAlias

from shared.contract.events import CONTENT_TYPE, Event, encode
from shared.contract.routes import routes

Headers: TypeAlias = Sequence[tuple[str, bytes]]


def event_headers(traceparent: str | None = None) -> Headers:
    """Return the headers of a record whose value is an event, with its W3C trace if it has one."""
    content_type = ("content-type", CONTENT_TYPE)
    return [content_type, ("traceparent", traceparent.encode())] if traceparent else [content_type]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One Kafka record to be; a value of None is a tombstone."""

    event_id: str
    topic: str
    key: bytes
    value: bytes | None
    headers: Headers = ()

    @classmethod
    def for_event(cls, event: Event) -> list[Self]:
        """Return a record for each topic that the event goes to, all with the same bytes."""
        value, headers = encode(event), event_headers(event.traceparent)
        return [cls(event.id, topic, key.encode(), value, headers) for topic, key in routes(event)]

    @classmethod
    def to_topic(cls, topic: str, key: str, event: Event) -> Self:
        """Return the record that brings an event, such as one from outside, to this topic."""
        return cls(event.id, topic, key.encode(), encode(event), event_headers(event.traceparent))
