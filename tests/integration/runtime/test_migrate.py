"""Migrations while services use the tables."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest

from deploy.local.postgres import admin_dsn, running_postgres
from deploy.local.report import ignore_events
from deploy.local.site import open_site
from shared.runtime.migrate import SCHEMAS, Migration, load_migrations, migrate, set_passwords
from tests.support.databases import Database
from tests.support.stack import PASSWORD
from tests.support.temporary_folders import let_others_in

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


async def test_who_owns_the_database_and_may_make_roles_needs_to_be_no_superuser(
    tmp_path: Path,
) -> None:
    async with (
        open_site(let_others_in(tmp_path) / "data", report=ignore_events) as site,
        running_postgres(site, durable=False) as process,
    ):
        superuser = await asyncpg.connect(admin_dsn(site, process))
        await superuser.execute(f"CREATE ROLE owner LOGIN CREATEROLE PASSWORD '{PASSWORD}'")
        await superuser.execute("CREATE DATABASE router OWNER owner")
        await superuser.close()
        server = urlsplit(admin_dsn(site, process)).netloc.rpartition("@")[2]
        as_owner = f"postgresql://owner:{PASSWORD}@{server}/router"

        taken = await migrate(as_owner)
        await set_passwords(as_owner, dict.fromkeys(SCHEMAS, PASSWORD))

        assert len(taken) == sum(len(load_migrations(service)) for service in SCHEMAS)
        assert await migrate(as_owner) == []
        for service in SCHEMAS:
            own = await asyncpg.connect(as_owner.replace("//owner", f"//route311_{service}"))
            assert await own.fetchval("SELECT count(*) FROM migrations") > 0
            await own.close()
