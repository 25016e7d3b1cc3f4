"""Dead letters: records in a dead-letter topic, and their originals."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b

from shared.contract.topic import DEAD_LETTERS
from shared.runtime.consumer.messages import record_position
from shared.runtime.kafka import Record, headers_by_name, written_at
from shared.runtime.outgoing import Headers, Outgoing

# Headers that dead-lettering appends to a record, each once.
DLQ_HEADERS = ("service", "code", "reason", "source")

_DIGEST_BYTES = 16


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A record in a dead-letter topic.

    Attributes:
        position: ``topic/partition/offset`` in the dead-letter topic.
        source: ``topic/partition/offset`` of the original.
        content: Digest of the original; equal originals share it.
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
    """Parse a record of a dead-letter topic; missing headers give empty fields."""
    texts = {
        name: value.decode("utf-8", "replace") for name, value in headers_by_name(record).items()
    }
    source = texts.get("source", "")
    topic = record.topic.removesuffix(DEAD_LETTERS)
    headers = _original_headers(record.headers)
    original = Outgoing(source, topic, record.key or b"", record.value, headers)
    return DeadLetter(
        position=record_position(record),
        offset=record.offset,
        source=source,
        service=texts.get("service", ""),
        code=texts.get("code", ""),
        reason=texts.get("reason", ""),
        parked_at=written_at(record),
        original=original,
        content=content_hash(original),
    )


def content_hash(record: Outgoing) -> bytes:
    """Return a digest of topic, key, value and headers, independent of the record's offset."""
    digest = blake2b(digest_size=_DIGEST_BYTES)
    headers = (part for name, value in record.headers for part in (name.encode(), value))
    for part in (record.topic.encode(), record.key, record.value, *headers):
        digest.update(b"-" if part is None else b"%d:" % len(part) + part)
    return digest.digest()


def _original_headers(headers: Iterable[tuple[str, bytes | None]]) -> Headers:
    """Remove the last header of each name in ``DLQ_HEADERS``; an earlier one is the original's."""
    to_remove = set(DLQ_HEADERS)
    kept: list[tuple[str, bytes | None]] = []
    for name, value in reversed(list(headers)):
        if name in to_remove:
            to_remove.remove(name)
        else:
            kept.append((name, value))
    return kept[::-1]
