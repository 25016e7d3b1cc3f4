"""A single connection to the router's database, for commands and administration."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TypeAlias

import asyncpg

Database: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


@asynccontextmanager
async def open_database(dsn: str, schema: str | None = None) -> AsyncGenerator[Database]:
    """Yield a connection outside any pool; ``schema`` is searched for unqualified names."""
    settings = {} if schema is None else {"search_path": schema}
    connection = await asyncpg.connect(dsn, server_settings=settings)
    try:
        yield connection
    finally:
        await connection.close()
