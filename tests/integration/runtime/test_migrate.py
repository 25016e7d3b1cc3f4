"""Migrations while services use the tables."""

import asyncio
from collections.abc import Sequence

import asyncpg
import pytest

from shared.runtime.migrate import Migration, load_migrations, migrate
from tests.support.databases import Database

pytestmark = pytest.mark.integration


def with_extra_migration(service: str) -> Sequence[Migration]:
    more = Migration("runtime/9999_note.sql", "ALTER TABLE outbox_batches ADD COLUMN note text")
    return [*load_migrations(service), more]


async def test_a_step_is_taken_once(database: Database) -> None:
    taken = await migrate(database.admin_dsn, ["intake"], with_extra_migration)

    assert taken == ["intake: runtime/9999_note.sql"]
    assert await migrate(database.admin_dsn, ["intake"], with_extra_migration) == []


async def test_a_step_that_waits_for_a_long_transaction_holds_nobody_up(
    database: Database,
) -> None:
    long, other = [await asyncpg.connect(database.admin_dsn) for _ in range(2)]
    async with asyncio.TaskGroup() as group, long.transaction():
        await long.execute("SELECT FROM intake.outbox")
        migration = group.create_task(migrate(database.admin_dsn, ["intake"], with_extra_migration))
        latencies_s = [await _read_latency_s(other) for _ in range(20)]
        assert not migration.done()
    await long.close()
    await other.close()

    assert max(latencies_s) < 10  # for ever, when it waits in front of them
    assert len(migration.result()) == 1


async def _read_latency_s(connection: "asyncpg.Connection[asyncpg.Record]") -> float:
    clock = asyncio.get_running_loop().time
    began = clock()
    await connection.execute("SELECT FROM intake.outbox, pg_sleep(0.05)")
    return clock() - began
