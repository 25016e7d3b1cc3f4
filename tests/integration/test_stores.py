import asyncpg
import pytest

from tests.support.databases import Database

pytestmark = pytest.mark.integration


async def test_a_service_reads_no_other_services_schema(database: Database) -> None:
    connection = await asyncpg.connect(database.dsn("triage"))

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.fetch("SELECT * FROM intake.outbox")
    assert await connection.fetch("SELECT * FROM outbox") == []
    await connection.close()
