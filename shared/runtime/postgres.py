"""PostgreSQL: the pool, the transaction, and its errors as ours."""

import asyncio
import time
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any, TypeAlias

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from shared.errors import DatabaseBusyError, DatabaseDownError, PermanentError
from shared.runtime.ops.metrics import POOL_WAIT_SECONDS

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
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.IdleSessionTimeoutError,
    asyncpg.ReadOnlySQLTransactionError,  # a standby took over and is not yet promoted
    asyncpg.PostgresSystemError,
    asyncpg.PostgresIOError,
    OSError,
    TimeoutError,
)


_TIMEOUT_S = 10.0
_CLOSE_WITHIN_S = 1.0
_SESSION = {
    "statement_timeout": "12s",  # after the client gave up, so that it frees what it had locked
    "idle_in_transaction_session_timeout": "10s",  # a stopped process keeps no row from others
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    "jit": "off",  # ours take milliseconds; what they are estimated at would have each compiled
}


class UnstorableError(PermanentError):
    """PostgreSQL cannot hold a value of this message, whatever we try."""

    code = "unstorable"


class _Connection(asyncpg.Connection):
    """Ends itself once a statement was given up.

    asyncpg would ask the server to cancel it and wait for the answer; from a server that does not
    answer there is none, and a new connection is cheap.
    """

    async def _cancel(self, waiter: "asyncio.Future[None]", cancel_waiter: Any = None) -> None:  # noqa: ANN401
        del cancel_waiter
        self.terminate()
        if not waiter.done():
            waiter.set_result(None)


@asynccontextmanager
async def open_pool(
    dsn: str, *, size: int = 4, timeout_s: float = _TIMEOUT_S
) -> AsyncGenerator[Pool]:
    """Open a pool of at most ``size`` connections whose statements give up after ``timeout_s``.

    It opens no connection before the first is needed, so a service starts while the database is
    away. The server ends the transaction of a client that does nothing in it for 10 s, and the
    session of one that is gone without a word after 25 s.
    """
    pool = asyncpg.create_pool(
        dsn,
        min_size=0,
        max_size=size,
        command_timeout=timeout_s,
        timeout=timeout_s,
        connection_class=_Connection,
        server_settings=_SESSION,
    )
    await pool
    try:
        yield pool
    finally:
        try:
            await asyncio.wait_for(pool.close(), _CLOSE_WITHIN_S)
        except TimeoutError:
            pool.terminate()


@contextmanager
def translate_errors() -> Generator[None]:
    """Turn what asyncpg raises inside into errors that say what becomes of the work.

    Raises:
        DatabaseBusyError: Deadlock or the like; nothing was written, trying again may help.
        DatabaseDownError: The server is away, takes no writes or is out of space. When it went
            away during a commit, what was written may hold: read before you write again.
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
async def acquire(pool: Pool) -> AsyncGenerator[Connection]:
    """Yield a connection of the pool; errors as in ``translated``.

    When it finds the database down, the pool's other connections are as good as dead and are
    replaced before they are used again.
    """
    began = time.perf_counter()
    try:
        with translate_errors():
            connection = await pool.acquire(timeout=_TIMEOUT_S)
            POOL_WAIT_SECONDS.observe(time.perf_counter() - began)
            try:
                yield connection
            except BaseException:
                with suppress(Exception):  # what happened first is what counts
                    await pool.release(connection)
                raise
            await pool.release(connection)
    except DatabaseDownError:
        await pool.expire_connections()
        raise


@asynccontextmanager
async def transaction(pool: Pool) -> AsyncGenerator[Connection]:
    """Begin, then commit, or roll back on any error; errors as in ``translated``."""
    async with acquire(pool) as connection:
        begun = connection.transaction()
        await begun.start()
        try:
            yield connection
        except BaseException:
            with suppress(Exception):  # a connection that cannot is thrown away
                await begun.rollback()
            raise
        await begun.commit()
