"""Settings of every PostgreSQL session of a service."""

from contextlib import suppress

import asyncpg
import pytest

from shared.runtime.postgres import Pool, acquire, insert_rows, open_pool, transaction
from tests.support.databases import Database
from tests.support.waiting import eventually

pytestmark = pytest.mark.integration


async def test_statements_are_not_compiled_whatever_the_server_would_do(
    database: Database,
) -> None:
    admin = await asyncpg.connect(database.admin_dsn)
    await admin.execute(f"ALTER DATABASE {database.name} SET jit = on")
    await admin.close()

    async with open_pool(database.dsn("triage")) as pool, acquire(pool) as db:
        found = await db.fetchval("SHOW jit")

    assert found == "off"


@pytest.mark.parametrize("fails", [False, True])
async def test_locks_and_settings_of_a_session_end_with_its_block(
    database: Database, *, fails: bool
) -> None:
    async with (
        open_pool(database.dsn("triage"), size=1) as pool,
        open_pool(database.dsn("triage")) as other,
    ):
        with suppress(ZeroDivisionError):
            async with acquire(pool) as db:
                await db.execute("SET idle_session_timeout = '15s'")
                await db.execute("SELECT pg_advisory_lock(311)")
                _ = 1 / (0 if fails else 1)

        async def is_free() -> bool:
            return bool(await other.fetchval("SELECT pg_try_advisory_lock(311)"))

        assert await eventually(is_free)
        assert await pool.fetchval("SHOW idle_session_timeout") == "0"


async def test_an_error_stays_what_it_is_when_the_connection_was_closed_before_it(
    database: Database,
) -> None:
    """Callers stop, or open a new sink, by the kind of the error."""
    async with open_pool(database.dsn("triage")) as pool:
        with pytest.raises(ZeroDivisionError):
            await divide_by_zero_after_the_connection_closed(pool)

        assert await pool.fetchval("SELECT 1")


async def divide_by_zero_after_the_connection_closed(pool: Pool) -> None:
    async with acquire(pool) as db:
        db.terminate()
        _ = 1 / 0


async def test_a_transaction_leaves_the_session_without_a_statement_more(
    database: Database,
) -> None:
    statements: list[str] = []
    async with open_pool(database.dsn("triage"), size=1) as pool:
        async with transaction(pool) as db:
            pid = await db.fetchval("SELECT pg_backend_pid()")
            db.add_query_logger(lambda logged: statements.append(logged.query))
        async with transaction(pool) as db:
            assert await db.fetchval("SELECT pg_backend_pid()") == pid

    assert not any("RESET" in statement for statement in statements)


@pytest.mark.parametrize("count", [0, 1, 500])
async def test_few_rows_and_many_are_inserted_alike(database: Database, count: int) -> None:
    rows = [(number, [str(number), None], None) for number in range(count)]
    async with open_pool(database.dsn("triage")) as pool, transaction(pool) as db:
        await db.execute("CREATE TEMP TABLE things (number int, names text[], at timestamptz)")

        await insert_rows(db, "things", ("number", "names", "at"), rows)

        assert [
            tuple(row) for row in await db.fetch("SELECT * FROM things ORDER BY number")
        ] == rows
