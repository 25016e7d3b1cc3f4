"""PostgreSQL: the pool, the transaction, and its errors as ours."""

from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from typing import TypeAlias

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from shared.errors import DatabaseBusyError, DatabaseDownError, PermanentError

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]"
Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"

_BUSY = (
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
    asyncpg.LockNotAvailableError,
    asyncpg.UniqueViolationError,  # two members wrote the same thing: the second try sees it
)
_DOWN = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # a connection that broke off while it was being used
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.InsufficientResourcesError,
    asyncpg.QueryCanceledError,
    asyncpg.PostgresIOError,
    OSError,
    TimeoutError,
)


class UnstorableError(PermanentError):
    """PostgreSQL cannot hold a value of this message, whatever we try."""

    code = "unstorable"


@asynccontextmanager
async def open_pool(dsn: str, *, size: int = 4, timeout_s: float = 10) -> AsyncGenerator[Pool]:
    """Open a pool of at most ``size`` connections whose statements give up after ``timeout_s``.

    It opens no connection before the first is needed, so a service starts while the database is
    away.
    """
    pool = asyncpg.create_pool(
        dsn, min_size=0, max_size=size, command_timeout=timeout_s, timeout=timeout_s
    )
    async with pool:
        yield pool


@contextmanager
def translated() -> Generator[None]:
    """Turn what asyncpg raises inside into errors that say what becomes of the work.

    Raises:
        DatabaseBusyError: Deadlock or the like; nothing was written, trying again may help.
        DatabaseDownError: The server is away or out of space. When it went away during a commit,
            what was written may hold: read before you write again.
        UnstorableError: A value does not fit its column.
    """
    try:
        yield
    except _BUSY as error:
        raise DatabaseBusyError(type(error).__name__) from error
    except _DOWN as error:
        raise DatabaseDownError(type(error).__name__) from error
    except asyncpg.DataError as error:
        raise UnstorableError(f"a value does not fit its column: {type(error).__name__}") from None


@asynccontextmanager
async def transaction(pool: Pool) -> AsyncGenerator[Connection]:
    """Begin, then commit, or roll back on any error; errors as in ``translated``."""
    with translated():
        async with pool.acquire() as connection, connection.transaction():
            yield connection
