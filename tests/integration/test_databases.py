"""An emptied database is as good as a new one."""

from collections.abc import AsyncGenerator

import asyncpg
import pytest

from shared.runtime.postgres import open_database
from tests.support.databases import Database, EmptyDatabases
from tests.support.stack import TEMPLATE, Stores

pytestmark = pytest.mark.integration

SETUP = """
    SELECT setval('intake.outbox_seq', 1000);
    UPDATE intake.outbox_segment SET current = 1;
    INSERT INTO dispatch.cases (case_id, version, jurisdiction, dedup_group, service_code, status,
                                level, score, reasons, lead_bureau, request_count,
                                first_reported_at, last_reported_at, opened_by, problem)
    VALUES (gen_random_uuid(), 1, 'a', 'b', 'C', 'open', 'P4', 1, '[]', 'D', 1, now(), now(),
            gen_random_uuid(), '{}');
    CREATE TABLE triage.noted AS SELECT 1 AS number;
"""


@pytest.fixture
async def databases(stores: Stores) -> AsyncGenerator[EmptyDatabases]:
    databases = EmptyDatabases(stores)
    yield databases
    await stores.drop_database((await databases.next({})).name)


async def contents(dsn: str) -> dict[str, str]:
    """Return the rows of every table and the state of every sequence, as text."""
    async with open_database(dsn) as db:
        names = await db.fetch(
            "SELECT oid::regclass::text AS name FROM pg_class"
            " WHERE relkind IN ('r', 'S') AND oid >= 16384"
        )
        return {
            name: await db.fetchval(f"SELECT json_agg(t)::text FROM (SELECT * FROM {name}) t")  # noqa: S608 - a name from the catalogue
            for (name,) in names
        }


async def test_nothing_of_the_test_before_is_left(
    stores: Stores, databases: EmptyDatabases
) -> None:
    first = await databases.next({})
    async with open_database(first.admin_dsn) as db:
        await db.execute(SETUP)

    second = await databases.next({})

    assert second.name == first.name
    assert await contents(second.admin_dsn) == await contents(stores.admin_dsn_of(TEMPLATE))


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE intake.requests ADD COLUMN note text",
        "ALTER TABLE intake.requests ALTER COLUMN jurisdiction DROP NOT NULL",
        "CREATE FUNCTION triage.one() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
        "DROP INDEX triage.decisions_by_case",
        "DROP SCHEMA notify CASCADE",
        "GRANT SELECT ON intake.outbox TO route311_notify",
    ],
)
async def test_a_changed_schema_is_not_used_again(databases: EmptyDatabases, change: str) -> None:
    first = await databases.next({})
    async with open_database(first.admin_dsn) as db:
        await db.execute(change)

    second = await databases.next({})

    assert second.name != first.name
    with pytest.raises(asyncpg.InvalidCatalogNameError):
        await asyncpg.connect(first.admin_dsn)


async def test_a_setting_of_the_database_is_not_used_again(databases: EmptyDatabases) -> None:
    first = await databases.next({})
    async with open_database(first.admin_dsn) as db:
        await db.execute(f"ALTER DATABASE {first.name} SET jit = on")

    assert (await databases.next({})).name != first.name


async def test_sessions_of_the_test_before_are_ended(databases: EmptyDatabases) -> None:
    first = await databases.next({})
    async with open_database(first.admin_dsn) as db:
        await db.execute("BEGIN; LOCK TABLE intake.requests")

        assert (await databases.next({})).name == first.name

        with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError)):
            await db.execute("COMMIT")


async def test_a_dropped_database_is_made_anew(stores: Stores, databases: EmptyDatabases) -> None:
    first = await databases.next({})
    await stores.drop_database(first.name)

    second: Database = await databases.next({})

    assert await contents(second.admin_dsn) == await contents(stores.admin_dsn_of(TEMPLATE))
