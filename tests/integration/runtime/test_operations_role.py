"""The role of commands that only read: what it may see, and what not."""

from collections.abc import AsyncGenerator, Iterator

import asyncpg
import pytest

from shared.runtime.migrate import OPERATIONS, SERVICES
from shared.runtime.recovery.replay import load_replay_log
from tests.support.databases import Database
from workbench.check.facts.store import open_store
from workbench.check.facts.tables import load_tables

pytestmark = pytest.mark.integration

Connection = asyncpg.Connection

_COLUMNS = """
    SELECT table_schema || '.' || table_name || '.' || column_name
      FROM information_schema.columns
     WHERE table_schema = ANY($1::text[])
       AND has_column_privilege(format('%I.%I', table_schema, table_name), column_name, 'SELECT')
"""
_WRITABLE = """
    SELECT table_schema || '.' || table_name
      FROM information_schema.tables
     WHERE table_schema = ANY($1::text[])
       AND has_table_privilege(format('%I.%I', table_schema, table_name),
                               'INSERT, UPDATE, DELETE, TRUNCATE')
"""
SECRET = {
    "intake.api_keys.key_hash",
    "intake.outbox.value",
    "intake.outbox.key",
    "intake.deferred.value",
    "intake.submissions.body",
    "notify.requests.sealed_mailbox",
    "notify.requests.sealed_phone",
    "notify.requests.sealed_name",
    "notify.contact_keys.wrapped",
    "notify.deferred.value",
    "notify.outbox.value",
    "dispatch.cases.problem",
    "dispatch.case_requests.request",
    "triage.cases.words",
}


@pytest.fixture
async def operations(database: Database) -> AsyncGenerator["Connection[asyncpg.Record]"]:
    connection = await asyncpg.connect(database.dsn(OPERATIONS))
    yield connection
    await connection.close()


FORBIDDEN_IN_EACH_SCHEMA = (
    "DELETE FROM {0}.outbox_waiting",
    "UPDATE {0}.consumer_offset SET next_offset = 0",
    "INSERT INTO {0}.api_keys VALUES ('a', 'b', 'operator')",
    "CREATE TABLE {0}.mine (a integer)",
    "SET ROLE route311_{0}",
)


def statements() -> Iterator[str]:
    for service in SERVICES:
        yield from (statement.format(service) for statement in FORBIDDEN_IN_EACH_SCHEMA)
    yield "DROP VIEW notify.contact_presence"
    yield "ALTER ROLE route311_operations SUPERUSER"
    yield "SELECT pg_read_file('/etc/passwd')"
    yield "COPY (SELECT 1) TO PROGRAM 'true'"


async def test_it_can_neither_write_nor_become_another_role(
    operations: "Connection[asyncpg.Record]",
) -> None:
    await operations.execute("SET default_transaction_read_only = off")
    await operations.execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE")
    for statement in statements():
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await operations.execute(statement)

    assert await operations.fetch(_WRITABLE, list(SERVICES)) == []


async def test_a_session_of_its_own_is_read_only(
    operations: "Connection[asyncpg.Record]",
) -> None:
    with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
        await operations.execute("CREATE TEMPORARY TABLE mine AS SELECT 1")


async def test_it_reads_no_contact_key_or_bytes(
    operations: "Connection[asyncpg.Record]",
) -> None:
    readable = {row[0] for row in await operations.fetch(_COLUMNS, list(SERVICES))}

    assert readable
    assert readable & SECRET == set()
    assert not [name for name in readable if ".api_keys." in name]
    for name in SECRET:
        table, _, column = name.rpartition(".")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await operations.fetch(f"SELECT {column} FROM {table}")  # noqa: S608 - made of constants


async def test_it_reads_what_the_commands_need(
    operations: "Connection[asyncpg.Record]", database: Database
) -> None:
    with open_store() as store:
        await load_tables(database.dsn(OPERATIONS), store)
    await load_replay_log(operations, SERVICES)
