"""PostgreSQL access: connection pool, transactions, and translation of asyncpg's errors."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator, Iterable, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any, TypeAlias, TypeVar

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from shared.errors import DatabaseBusyError, DatabaseDownError, PermanentError, SystemicError
from shared.runtime.ops.metrics import POOL_WAIT_SECONDS

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]"
Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"
Database: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

T = TypeVar("T")

_BUSY = (
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
    asyncpg.LockNotAvailableError,
    asyncpg.UniqueViolationError,  # two members inserted the same row: a retry finds it
)
_DOWN = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # a connection that broke while in use
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
_ATTEMPTS = 3
_FEW_ROWS = 20
_SESSION = {
    "statement_timeout": "12s",  # after the client gave up: frees the locks that it held
    "idle_in_transaction_session_timeout": "10s",  # a stopped process releases its row locks
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    "jit": "off",  # our queries take milliseconds, but their estimates would trigger the compiler
    # Every statement looks up what its batch names. Tables grow faster than their statistics, by
    # which the planner would read them whole.
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
}


class UnstorableError(PermanentError):
    """PostgreSQL cannot store a value of this message; a retry would fail again."""

    code = "unstorable"


class SchemaMismatchError(SystemicError):
    """A table, a column or a right is missing: the migrations of this version have not run."""

    code = "schema_mismatch"


class _Connection(asyncpg.Connection):
    """Closes itself when a statement times out or is cancelled.

    asyncpg would send a cancel request and wait for the server, which may not answer at all. A
    new connection is cheap. This overrides a private method, so asyncpg is pinned exactly.
    """

    async def _cancel(self, waiter: "asyncio.Future[None]", cancel_waiter: Any = None) -> None:  # noqa: ANN401 - as in asyncpg
        del cancel_waiter
        self.terminate()
        if not waiter.done():
            waiter.set_result(None)


def columns(rows: Iterable[Iterable[object]]) -> list[list[object]]:
    """Transpose rows of equal length, for ``unnest``."""
    return [list(column) for column in zip(*rows, strict=True)]


def row_count(status: str) -> int:
    """Return the number of changed rows of a status such as ``DELETE 7`` or ``INSERT 0 7``."""
    return int(status.rpartition(" ")[2])


async def insert_rows(
    db: Connection, table: str, names: Sequence[str], rows: Sequence[Sequence[object]]
) -> None:
    """Insert rows into a table; names of table and columns are constants.

    Few rows use one prepared statement, in one round trip. ``COPY`` needs three, and is faster for
    many rows.
    """
    if len(rows) > _FEW_ROWS:
        await db.copy_records_to_table(table, columns=names, records=rows)
    elif rows:
        values = ", ".join(f"${number}" for number in range(1, len(names) + 1))
        statement = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({values})"  # noqa: S608 - constants
        await db.executemany(statement, rows)


@asynccontextmanager
async def open_pool(
    dsn: str, *, size: int = 4, timeout_s: float = _TIMEOUT_S
) -> AsyncGenerator[Pool]:
    """Open a connection pool.

    It opens no connection before the first use, so a service starts while the database is down.
    The server aborts a transaction that is idle for 10 s, and closes the session of a client that
    vanished after 25 s (TCP keepalive).

    Args:
        timeout_s: Seconds after which connecting or a statement fails.
    """
    pool = asyncpg.create_pool(
        dsn,
        min_size=0,
        max_size=size,
        command_timeout=timeout_s,
        timeout=timeout_s,
        connection_class=_Connection,
        server_settings=_SESSION,
        reset=_keep_session,
    )
    await pool
    try:
        yield pool
    finally:
        try:
            async with asyncio.timeout(_CLOSE_WITHIN_S):
                await pool.close()
        except TimeoutError:
            pool.terminate()


@contextmanager
def translate_errors() -> Generator[None]:
    """Translate asyncpg's errors inside the block to errors of ``shared.errors``.

    Raises:
        DatabaseBusyError: A deadlock or similar conflict; nothing was written, a retry may succeed.
        DatabaseDownError: The server is unreachable, read-only or out of space. If this happened
            during a commit, the commit may have succeeded: read before you write again.
        UnstorableError: A value does not fit its column.
        SchemaMismatchError: The tables are not those of this version; no message is at fault.
    """
    try:
        yield
    except _BUSY as error:
        raise DatabaseBusyError(type(error).__name__) from error
    except _DOWN as error:
        raise DatabaseDownError(type(error).__name__) from error
    except asyncpg.SyntaxOrAccessError as error:
        raise SchemaMismatchError(type(error).__name__) from error
    except asyncpg.DataError as error:
        raise UnstorableError(f"a value does not fit its column: {type(error).__name__}") from None


async def _keep_session(_: Connection) -> None:
    """Save the statement that resets a session; asyncpg rolls back an open transaction itself."""


@asynccontextmanager
async def acquire(pool: Pool) -> AsyncGenerator[Connection]:
    """Yield a connection whose session ends with the block; raises as ``translate_errors`` does."""
    async with borrow(pool) as connection:
        try:
            yield connection
            await connection.reset()
        except BaseException:
            with suppress(asyncpg.InterfaceError):  # it is closed already
                connection.terminate()
            raise


@asynccontextmanager
async def borrow(pool: Pool) -> AsyncGenerator[Connection]:
    """Yield a connection of the pool, whose session must be left unchanged.

    When the database is down, the pool's other connections are probably dead too and are replaced
    before their next use.
    """
    began = time.perf_counter()
    try:
        with translate_errors():
            connection = await pool.acquire(timeout=_TIMEOUT_S)
            POOL_WAIT_SECONDS.observe(time.perf_counter() - began)
            try:
                yield connection
            except BaseException:
                with suppress(Exception):  # the first error is the one to report
                    await pool.release(connection)
                raise
            await pool.release(connection)
    except DatabaseDownError:
        await pool.expire_connections()
        raise


@asynccontextmanager
async def transaction(pool: Pool) -> AsyncGenerator[Connection]:
    """Run the block in a transaction; raises as ``translate_errors`` does.

    The block may change the session for the transaction only (``SET LOCAL``, ``pg_advisory_xact``).
    """
    async with borrow(pool) as connection:
        running = connection.transaction()
        await running.start()
        try:
            yield connection
        except BaseException:
            with suppress(Exception):  # the pool discards a connection that cannot roll back
                await running.rollback()
            raise
        await running.commit()


@asynccontextmanager
async def open_database(dsn: str, schema: str | None = None) -> AsyncGenerator[Database]:
    """Yield a connection outside any pool; ``schema`` is searched for unqualified names."""
    settings = {} if schema is None else {"search_path": schema}
    connection = await asyncpg.connect(dsn, server_settings=settings)
    try:
        yield connection
    finally:
        await connection.close()


async def attempt(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Return the result of a transaction; retry twice after conflicts with concurrent ones."""
    for _ in range(1, _ATTEMPTS):
        try:
            return await work()
        except DatabaseBusyError:
            continue
    return await work()
