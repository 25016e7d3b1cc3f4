"""Locks that another client of the database holds."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from shared.runtime.database import open_database
from tests.conftest import Database


@asynccontextmanager
async def locked(database: Database, table: str) -> AsyncGenerator[None]:
    """Make all others wait for the table."""
    async with open_database(database.admin_dsn) as connection, connection.transaction():
        await connection.execute(f"LOCK TABLE {table}")
        yield
