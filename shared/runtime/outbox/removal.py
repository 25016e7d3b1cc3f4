"""Removal of single records from the outbox: what was erased must not be published again."""

from collections.abc import Collection
from typing import TypeAlias

from shared.runtime.postgres import Connection

StoredRecord: TypeAlias = tuple[int, str]
"""Number of the batch, and event id of a record in it."""

_CONTACTS = """
    SELECT batch.seq, record.event_id
      FROM outbox_batches AS batch
     CROSS JOIN unnest(batch.event_ids, batch.topics, batch.keys)
           WITH ORDINALITY AS record (event_id, topic, key, nth)
     WHERE record.topic = 'intake-contacts'
       AND record.key = ANY($1::bytea[])
       AND batch.payloads[record.nth] IS NOT NULL
"""
# The relay does not take a batch from memory once the number of its records has changed.
_REMOVE = """
    WITH gone AS (
        SELECT seq, array_agg(event_id) AS event_ids
          FROM unnest($1::bigint[], $2::text[]) AS record (seq, event_id)
         GROUP BY seq
    ), shrunk AS (
        UPDATE outbox_batches AS batch
           SET (event_ids, topics, keys, payloads, headers) = (
               SELECT coalesce(array_agg(event_id ORDER BY nth), '{}'),
                      coalesce(array_agg(topic ORDER BY nth), '{}'),
                      coalesce(array_agg(key ORDER BY nth), '{}'),
                      coalesce(array_agg(payload ORDER BY nth), '{}'),
                      coalesce(array_agg(header ORDER BY nth), '{}')
                 FROM unnest(batch.event_ids, batch.topics, batch.keys, batch.payloads,
                             batch.headers)
                      WITH ORDINALITY AS record (event_id, topic, key, payload, header, nth)
                WHERE event_id <> ALL (gone.event_ids))
          FROM gone
         WHERE batch.seq = gone.seq
        RETURNING batch.seq, cardinality(batch.event_ids) AS records
    ), emptied AS (
        DELETE FROM outbox_waiting USING shrunk
         WHERE outbox_waiting.seq = shrunk.seq AND shrunk.records = 0
    )
    UPDATE outbox_waiting SET records = shrunk.records
      FROM shrunk
     WHERE outbox_waiting.seq = shrunk.seq AND shrunk.records > 0
"""


async def remove_records(db: Connection, records: Collection[StoredRecord]) -> None:
    """Remove records from the outbox of the current schema, published or not."""
    await db.execute(_REMOVE, [seq for seq, _ in records], [id_ for _, id_ in records])


async def remove_contacts(db: Connection, request_ids: Collection[str]) -> int:
    """Remove the contacts of requests, and no tombstones; return the number of records."""
    rows = await db.fetch(_CONTACTS, [one.encode() for one in request_ids])
    found = [(row["seq"], row["event_id"]) for row in rows]
    if found:
        await remove_records(db, found)
    return len(found)
