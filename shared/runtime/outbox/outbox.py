"""What is to be published, written in the transaction that made it true."""

import json
from collections.abc import Iterable, Sequence
from zlib import crc32

from shared.contract.events import CONTENT_TYPE, Event
from shared.runtime.outbox.records import Headers, Outgoing
from shared.runtime.postgres import Connection

BUCKETS = 8
"""How many relays can share the work: every key belongs to one bucket, every bucket to one."""


def bucket_of(key: bytes) -> int:
    """Return the bucket of a key; equal keys always share one, so one relay keeps their order."""
    return crc32(key) % BUCKETS


async def enqueue(db: Connection, outgoing: Iterable[Event | Outgoing]) -> None:
    """Put events and records in the outbox in the order given."""
    records = [record for item in outgoing for record in _records(item)]
    if records:
        await db.copy_records_to_table(
            "outbox",
            columns=("bucket", "event_id", "topic", "key", "value", "headers"),
            records=[
                (bucket_of(r.key), r.event_id, r.topic, r.key, r.value, pack_headers(r.headers))
                for r in records
            ],
        )


def _records(item: Event | Outgoing) -> Sequence[Outgoing]:
    return [item] if isinstance(item, Outgoing) else Outgoing.for_event(item)


_PLAIN: Headers = (("content-type", CONTENT_TYPE),)


def pack_headers(headers: Headers) -> str | None:
    """Return headers as text; None stands for those of an untraced event.

    Latin-1 maps each byte to one character and back, and JSON escapes what text columns refuse.
    """
    if tuple(headers) == _PLAIN:
        return None
    return json.dumps([(name, value.decode("latin-1")) for name, value in headers])


def unpack_headers(packed: str | None) -> Headers:
    """Return what ``pack`` was given."""
    if packed is None:
        return _PLAIN
    return [(name, value.encode("latin-1")) for name, value in json.loads(packed)]
