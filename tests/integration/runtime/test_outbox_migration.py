"""The outbox of the version before, row by row, becomes batches."""

from collections.abc import Sequence

import asyncpg
import pytest

from shared.runtime.migrate import Migration, load_migrations, migrate
from shared.runtime.outbox.outbox import enqueue
from shared.runtime.outgoing import Outgoing
from tests.support.databases import Database

pytestmark = pytest.mark.integration

STEPS = ("runtime/0012_outbox_batches.sql", "intake/0006_contact_rows.sql")
INSERT = """
    INSERT INTO outbox (bucket, event_id, topic, key, value, headers, published, created_at)
    SELECT n % 8, 'event-' || n, 'intake-contacts', 'key', CASE WHEN n > 1 THEN 'value'::bytea END,
           CASE n WHEN 2 THEN '[]' END, n < 4, now() - interval '1 hour'
      FROM generate_series(1, 5) AS n
"""
RECORDS = """
    SELECT seq, event_id, convert_from(value, 'UTF8'), headers, published,
           now() - created_at > interval '59 minutes' AS is_old
      FROM outbox ORDER BY seq
"""


def version_before(service: str) -> Sequence[Migration]:
    return [one for one in load_migrations(service) if one.name not in STEPS]


async def no_grants(*_: object) -> None:
    """The operations role's grants are those of the tables of now."""


async def test_all_rows_are_carried_over_and_new_ones_come_after_them(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    db = await asyncpg.connect(database.admin_dsn, server_settings={"search_path": "intake"})
    await db.execute("DROP SCHEMA intake CASCADE")
    with monkeypatch.context() as older:
        older.setattr("shared.runtime.migrate.grant_reading", no_grants)
        await migrate(database.admin_dsn, ["intake"], version_before)
    await db.execute(INSERT)

    assert await migrate(database.admin_dsn, ["intake"]) == [f"intake: {step}" for step in STEPS]

    assert [tuple(row) for row in await db.fetch(RECORDS)] == [
        (1, "event-1", None, None, True, True),
        (2, "event-2", "value", "[]", True, True),
        (3, "event-3", "value", None, True, True),
        (4, "event-4", "value", None, False, True),
        (5, "event-5", "value", None, False, True),
    ]
    waiting = await db.fetch("SELECT seq, bucket, records FROM outbox_waiting ORDER BY seq")
    assert [tuple(row) for row in waiting] == [(4, 4, 1), (5, 5, 1)]
    assert await db.fetchval("SELECT count(*) FROM contact_rows") == 4
    [batch] = await enqueue(db, [Outgoing("new", "topic", b"key", b"value")])
    assert batch.seq == 6
    await db.close()
