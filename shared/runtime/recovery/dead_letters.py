"""A record in a dead-letter topic, and the one that it was before."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b

from shared.contract.topics import DEAD_LETTERS
from shared.runtime.consumer.messages import record_position
from shared.runtime.kafka import Record
from shared.runtime.outbox.records import Headers, Outgoing

DLQ_HEADERS = ("service", "code", "reason", "source")
"""What parking adds to a record's headers, each once and at the end."""

_DIGEST_BYTES = 16


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A parked record.

    Attributes:
        place: ``topic/partition/offset`` in the dead-letter topic.
        source: The same of the record that was parked.
        at: When it was parked.
        original: The record as it was, for the topic that it came from.
        content: Names the original by what it says, wherever it lies.
    """

    position: str
    offset: int
    source: str
    service: str
    code: str
    reason: str
    parked_at: datetime
    original: Outgoing
    content: bytes

    @property
    def size(self) -> int:
        """Bytes of the value."""
        return len(self.original.value or b"")


def parse_dead_letter(record: Record) -> DeadLetter:
    """Return what a record of a dead-letter topic says; what it does not say is empty."""
    said = {name: value.decode("utf-8", "replace") for name, value in record.headers}
    source = said.get("source", "")
    topic = record.topic.removesuffix(DEAD_LETTERS)
    headers = _without_parking(record.headers)
    original = Outgoing(source, topic, record.key or b"", record.value, headers)
    return DeadLetter(
        position=record_position(record),
        offset=record.offset,
        source=source,
        service=said.get("service", ""),
        code=said.get("code", ""),
        reason=said.get("reason", ""),
        parked_at=datetime.fromtimestamp(record.timestamp / 1000, UTC),
        original=original,
        content=content_hash(original),
    )


def content_hash(record: Outgoing) -> bytes:
    """Return a digest of all that the record says; equal records share it, wherever they lie."""
    digest = blake2b(digest_size=_DIGEST_BYTES)
    headers = (part for name, value in record.headers for part in (name.encode(), value))
    for part in (record.topic.encode(), record.key, record.value, *headers):
        digest.update(b"-" if part is None else b"%d:" % len(part) + part)
    return digest.digest()


def _without_parking(headers: Iterable[tuple[str, bytes]]) -> Headers:
    """Leave out the last header of each parking name; an earlier one is the record's own."""
    remaining = set(DLQ_HEADERS)
    kept: list[tuple[str, bytes]] = []
    for name, value in reversed(list(headers)):
        if name in remaining:
            remaining.remove(name)
        else:
            kept.append((name, value))
    return kept[::-1]
