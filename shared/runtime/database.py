"""A single connection to the router's database, for commands and administration."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TypeAlias

import asyncpg

Database: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


@asynccontextmanager
async def open_database(dsn: str, schema: str | None = None) -> AsyncGenerator[Database]:
    """Yield a connection outside any pool, and close it at the end.

    Args:
        dsn: DSN of the role to use.
        schema: Schema of the tables whose names have none; None for the role's own.
    """
    settings = {} if schema is None else {"search_path": schema}
    connection = await asyncpg.connect(dsn, server_settings=settings)
    try:
        yield connection
    finally:
        await connection.close()
