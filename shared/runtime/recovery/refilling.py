"""Marking what was published since a moment as unpublished, so that the relay sends it again."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.runtime.postgres import Connection

_SPAN = "SELECT min(seq) AS first, max(seq) AS last FROM {}.outbox WHERE created_at >= $1"
_MARK = """
    WITH marked AS (
        UPDATE {}.outbox SET published = false
         WHERE seq BETWEEN $1 AND $2 AND published AND created_at >= $3
           AND ($4::text[] IS NULL OR topic = ANY($4))
        RETURNING topic)
    SELECT topic, count(*) AS rows FROM marked GROUP BY topic
"""
_COUNT = """
    SELECT topic, count(*) AS rows FROM {}.outbox
     WHERE seq BETWEEN $1 AND $2 AND published AND created_at >= $3
       AND ($4::text[] IS NULL OR topic = ANY($4))
     GROUP BY topic
"""
_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Refill:
    """Which rows of the outboxes are to be published again, with the same bytes.

    Attributes:
        since: Rows made then or later.
        topics: Rows for these; None for all.
        dry: Count them and change nothing.
        step: Is told of the number of rows after each step.
    """

    since: datetime
    topics: Sequence[str] | None
    dry: bool
    step: Callable[[int], None]

    async def of(self, db: Connection, service: str) -> Counter[str]:
        """Mark the rows of one service in small steps, each its own transaction.

        Hold its relay still meanwhile, else it publishes what was marked early before what comes
        before it.

        Returns:
            Rows by topic.
        """
        counted: Counter[str] = Counter()
        span = await db.fetchrow(_SPAN.format(service), self.since)
        if span is None or span["first"] is None:
            return counted
        statement = (_COUNT if self.dry else _MARK).format(service)
        for first in range(span["first"], span["last"] + 1, _AT_ONCE):
            last = min(first + _AT_ONCE - 1, span["last"])
            rows = await db.fetch(statement, first, last, self.since, self.topics)
            found = {row["topic"]: row["rows"] for row in rows}
            counted.update(found)
            self.step(sum(found.values()))
        return counted
