"""Locks that another client of the database holds."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from shared.runtime.http.deadline import DEADLINE_S
from shared.runtime.postgres import open_database
from tests.support.databases import Database
from tests.support.patience import callers_wait

TOO_LONG_S = 8
"""Seconds that nobody with a deadline waits on however busy a machine; a statement may take 10."""


@asynccontextmanager
async def locked(database: Database, table: str) -> AsyncGenerator[None]:
    """Make all others wait for the table; callers do so as long as the services let them."""
    async with open_database(database.admin_dsn) as connection, connection.transaction():
        await connection.execute(f"LOCK TABLE {table}")
        with callers_wait(DEADLINE_S):
            yield
