"""The transactional outbox: records to publish, inserted in the transaction of their cause."""

import json
from collections.abc import Iterable, Sequence
from zlib import crc32

from shared.contract.events import CONTENT_TYPE, Event
from shared.runtime.outgoing import Headers, Outgoing
from shared.runtime.postgres import Connection

BUCKETS = 8
"""The number of key buckets, and so of relays that can share the work.

Every key belongs to one bucket, and one relay at a time publishes a bucket.
"""


def bucket_of(key: bytes) -> int:
    """Return the bucket of a key; equal keys share one, so their records stay in order."""
    return crc32(key) % BUCKETS


async def enqueue(db: Connection, outgoing: Iterable[Event | Outgoing]) -> None:
    """Insert events and records into the outbox, in order."""
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


_UNTRACED: Headers = (("content-type", CONTENT_TYPE),)


def pack_headers(headers: Headers) -> str | None:
    """Return headers as JSON text; None stands for the headers of an event without a trace.

    Latin-1 maps each byte to one character and back, and JSON escapes the characters that text
    columns reject. A header without a value has null.
    """
    if tuple(headers) == _UNTRACED:
        return None
    return json.dumps(
        [(name, None if value is None else value.decode("latin-1")) for name, value in headers]
    )


def unpack_headers(packed: str | None) -> Headers:
    """Return the headers that ``pack_headers`` was given."""
    if packed is None:
        return _UNTRACED
    return [
        (name, None if value is None else value.encode("latin-1"))
        for name, value in json.loads(packed)
    ]
