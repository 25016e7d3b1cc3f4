import asyncpg
import pytest

from shared.errors import DatabaseBusyError, DatabaseDownError, SystemicError
from shared.runtime.postgres import SchemaMismatchError, UnstorableError, translate_errors


@pytest.mark.parametrize(
    "error",
    [
        asyncpg.DiskFullError,
        asyncpg.TooManyConnectionsError,
        asyncpg.OutOfMemoryError,
        asyncpg.CannotConnectNowError,
        asyncpg.AdminShutdownError,
        asyncpg.CrashShutdownError,
        asyncpg.ConnectionDoesNotExistError,
        asyncpg.ReadOnlySQLTransactionError,
        asyncpg.PostgresIOError,
        asyncpg.IdleInTransactionSessionTimeoutError,
        asyncpg.InterfaceError,
        ConnectionRefusedError,
        TimeoutError,
    ],
)
def test_a_server_that_is_away_full_or_takes_no_writes_concerns_every_message(
    error: type[Exception],
) -> None:
    with pytest.raises(DatabaseDownError), translate_errors():
        raise error("x")


def test_a_deadlock_concerns_one_message() -> None:
    with pytest.raises(DatabaseBusyError), translate_errors():
        raise asyncpg.DeadlockDetectedError("x")


def test_a_value_that_does_not_fit_concerns_one_message_for_ever() -> None:
    with pytest.raises(UnstorableError), translate_errors():
        raise asyncpg.CharacterNotInRepertoireError("x")


@pytest.mark.parametrize("error", [asyncpg.UndefinedTableError, asyncpg.InsufficientPrivilegeError])
def test_tables_of_another_version_are_an_outage_and_no_messages_fault(
    error: type[Exception],
) -> None:
    with pytest.raises(SchemaMismatchError) as raised, translate_errors():
        raise error("relation noted does not exist")

    assert isinstance(raised.value, SystemicError)
    assert str(raised.value) == error.__name__
