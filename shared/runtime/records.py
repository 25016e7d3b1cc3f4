"""A Kafka record that is yet to be written."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self, TypeAlias

from shared.events import CONTENT_TYPE, Event, encode
from shared.routes import routes

Headers: TypeAlias = Sequence[tuple[str, bytes]]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One Kafka record to be; a value of None is a tombstone."""

    event_id: str
    topic: str
    key: bytes
    value: bytes | None
    headers: Headers = ()

    @classmethod
    def carrying(cls, event: Event) -> list[Self]:
        """Return a record for each topic that the event goes to, all with the same bytes."""
        value = encode(event)
        headers: list[tuple[str, bytes]] = [("content-type", CONTENT_TYPE)]
        if event.traceparent:
            headers.append(("traceparent", event.traceparent.encode()))
        return [cls(event.id, topic, key.encode(), value, headers) for topic, key in routes(event)]
