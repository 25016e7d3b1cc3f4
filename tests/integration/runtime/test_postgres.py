"""Settings of every PostgreSQL session of a service."""

import asyncpg
import pytest

from shared.runtime.postgres import acquire, open_pool
from tests.conftest import Database

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
