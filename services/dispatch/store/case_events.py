"""Events of cases, which the stream shows: kept for a day."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from services.dispatch.records import KeptEvent
from shared.contract.topics import DISPATCH_CASES
from shared.runtime.outgoing import Outgoing
from shared.runtime.postgres import Connection, Pool, columns, translate_errors

# The numbers are taken under the lock.
_ADD_SQL = """
    WITH lock AS MATERIALIZED (
        SELECT pg_advisory_xact_lock(hashtext('case_events ' || current_schema()))
    )
    INSERT INTO case_events (event_id, payload)
    SELECT event_id, payload
      FROM lock CROSS JOIN unnest($1::uuid[], $2::bytea[])
                           WITH ORDINALITY AS event (event_id, payload, nth)
     ORDER BY nth
"""
_PAGE_SQL = """
    SELECT seq, event_id, payload FROM case_events WHERE seq > $1 ORDER BY seq LIMIT $2
"""
_HEAD_SQL = "SELECT coalesce(max(seq), 0) FROM case_events"
_POSITION_SQL = "SELECT max(seq) FROM case_events WHERE event_id = $1"
_PRUNE_SQL = """
    WITH gone AS (
        DELETE FROM case_events
         WHERE added_at < now() - $1::interval
           AND seq IN (SELECT seq FROM case_events ORDER BY seq LIMIT 1000)
        RETURNING seq
    )
    SELECT count(*) FROM gone
"""


async def add_case_events(db: Connection, records: Collection[Outgoing]) -> None:
    """Keep the records of ``dispatch-cases``; called last before the outbox, as it locks."""
    found = [(r.event_id, r.value) for r in records if r.topic == DISPATCH_CASES.name]
    if found:
        await db.execute(_ADD_SQL, *columns(found))


@dataclass(frozen=True, slots=True)
class PostgresCaseEvents:
    """The events of all cases, in the order of their numbers."""

    pool: Pool

    async def page(self, after: int, limit: int) -> Sequence[KeptEvent]:
        """Return the next events."""
        with translate_errors():
            rows = await self.pool.fetch(_PAGE_SQL, after, limit)
        return [KeptEvent(row["seq"], str(row["event_id"]), row["payload"]) for row in rows]

    async def head(self) -> int:
        """Return the number of the newest event; 0 for none."""
        with translate_errors():
            return int(await self.pool.fetchval(_HEAD_SQL))

    async def heads(self, streams: Collection[str]) -> Mapping[str, int]:
        """Return the number of the newest event for each name: all have the same events."""
        return dict.fromkeys(streams, await self.head())

    async def position_of(self, event_id: str) -> int | None:
        """Return the number of an event; None for one that is not kept."""
        try:
            wanted = UUID(event_id)
        except ValueError:
            return None
        with translate_errors():
            number: int | None = await self.pool.fetchval(_POSITION_SQL, wanted)
        return number

    async def prune(self, age: timedelta) -> int:
        """Delete some of the oldest events, only of those that are older; return how many."""
        with translate_errors():
            return int(await self.pool.fetchval(_PRUNE_SQL, age))
