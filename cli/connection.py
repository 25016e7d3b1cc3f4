"""Discovery of a router: that of a data folder, or that of the environment."""

import getpass
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, TypeAlias

import typer
from pydantic import Field, SecretStr, ValidationError

from deploy.local.errors import StackError
from deploy.local.folder import DataFolder, is_in_use
from deploy.local.stack_file import Stack, read_stack
from shared.errors import Route311Error
from shared.runtime.kafka_access import KafkaAccess
from shared.runtime.setting_types import secrets_of
from shared.runtime.settings import KafkaSettings
from shared.runtime.transport_encryption import is_encrypted

DEFAULT_DATA = Path(".route311")
_Secret: TypeAlias = SecretStr | None

BureauArgument = Annotated[str, typer.Argument(metavar="CODE", help="The bureau's code.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
DryOption = Annotated[bool, typer.Option("--dry-run", help="Only print the intended changes.")]
AfterOption = Annotated[
    str | None, typer.Option("--after", help="Cursor from the end of the previous page.")
]
ActorOption = Annotated[
    str, typer.Option("--actor", default_factory=getpass.getuser, help="Name of the operator.")
]

# `demo` has one of its own: it empties its folder.
DataOption = Annotated[
    Path, typer.Option("--data", envvar="ROUTE311_DATA", help="Folder of the router's data.")
]


@dataclass(frozen=True, slots=True, repr=False)
class ContactSecrets:
    """The secrets of the hashes and the encryption of contacts."""

    contact: Sequence[bytes]  # `NOTIFY_CONTACT_KEY`, then the older one
    reporter_key: bytes  # `INTAKE_REPORTER_KEY`
    conversations: Sequence[bytes]  # those of reports that wait in intake; the first one encrypts


class NoRouterError(StackError):
    """No router runs in the data folder."""

    code = "no_router"


class SettingsError(StackError):
    """The environment is contradictory or has an invalid value."""

    code = "settings"


class PlaintextError(Route311Error):
    """A DSN would send passwords and data unencrypted to another machine."""

    code = "plaintext"


class Connection(KafkaSettings):
    """Addresses from the environment, for a router that ``route311 up`` did not start.

    Attributes:
        admin_dsn: DSN of the database's administrator; empty when unset.
        operations_dsn: DSN of the role that only reads, and no contacts; empty when unset.
        allow_plaintext: Connect to a database on another machine without encryption.
        audit_file: File of the audit stream of commands.
        contact_key: Notify's secret of the contacts.
        reporter_key: Intake's secret of the hashes of reporters.
        waiting_key: Intake's secret of the contacts of reports that wait.
    """

    kafka_bootstrap: str = Field("", validation_alias="ROUTE311_KAFKA_BOOTSTRAP")
    admin_dsn: SecretStr = Field(SecretStr(""), validation_alias="ROUTE311_ADMIN_DSN")
    operations_dsn: SecretStr = Field(SecretStr(""), validation_alias="ROUTE311_OPERATIONS_DSN")
    allow_plaintext: bool = Field(default=False, validation_alias="ROUTE311_ALLOW_PLAINTEXT")
    audit_file: Path | None = Field(None, validation_alias="ROUTE311_AUDIT_FILE")
    contact_key: _Secret = Field(None, validation_alias="NOTIFY_CONTACT_KEY")
    contact_key_before: _Secret = Field(None, validation_alias="NOTIFY_CONTACT_KEY_BEFORE")
    reporter_key: _Secret = Field(None, validation_alias="INTAKE_REPORTER_KEY")
    waiting_key: _Secret = Field(None, validation_alias="INTAKE_CONTACT_KEY")
    waiting_key_before: _Secret = Field(None, validation_alias="INTAKE_CONTACT_KEY_BEFORE")

    def encrypted(self, name: str, dsn: SecretStr) -> str:
        """Return a DSN of the environment; PlaintextError if it is remote and unencrypted."""
        value = dsn.get_secret_value()
        if value and not self.allow_plaintext and not is_encrypted(value):
            raise PlaintextError(
                f"{name}: add ?sslmode=verify-full&sslrootcert=/path/to/ca.pem, or set "
                "ROUTE311_ALLOW_PLAINTEXT=true if the network to the database is private"
            )
        return value


def load_stack(data: Path = DEFAULT_DATA) -> Stack:
    """Return the addresses of the router that runs in a data folder, or NoRouterError."""
    stack = read_stack(DataFolder(data).stack_file) if is_in_use(data) else None
    if stack is None:
        raise NoRouterError(f"no running router in {data}; start one with `route311 up`")
    return stack


def find_open_data_folder(data: Path = DEFAULT_DATA) -> Path:
    """Return ``INTAKE_OPEN_DATA_FOLDER``, else the folder of the router that runs here."""
    if folder := os.environ.get("INTAKE_OPEN_DATA_FOLDER"):
        return Path(folder)
    load_stack(data)
    return DataFolder(data).open_data


def find_kafka(data: Path = DEFAULT_DATA) -> KafkaAccess:
    """Return the access of ``ROUTE311_KAFKA_…``, else of ``stack.json``; raises as ``load_stack``.

    A broker that refuses the credentials raises ``KafkaAdminError``.
    """
    settings = _connection()
    if settings.kafka_bootstrap:
        from shared.runtime.kafka.admin import require_login  # noqa: PLC0415 - slow to load

        require_login(settings.kafka_access)
        return settings.kafka_access
    return load_stack(data).access


def find_adapters() -> tuple[str, ...]:
    """Return the external adapters of ``ROUTE311_KAFKA_ADAPTERS``."""
    return _connection().kafka_adapters


def find_partitions() -> int | None:
    """Return the least number of partitions of ``ROUTE311_PARTITIONS``, if it is set."""
    return _connection().partitions


def find_admin_dsn(data: Path = DEFAULT_DATA) -> str:
    """Return the administrator's DSN of ``ROUTE311_ADMIN_DSN``, else of ``stack.json``."""
    connection = _connection()
    return (
        connection.encrypted("ROUTE311_ADMIN_DSN", connection.admin_dsn)
        or load_stack(data).postgres
    )


def find_operations_dsn(data: Path = DEFAULT_DATA) -> str:
    """Return the read-only DSN: ROUTE311_OPERATIONS_DSN, ROUTE311_ADMIN_DSN, or ``stack.json``."""
    connection = _connection()
    return (
        connection.encrypted("ROUTE311_OPERATIONS_DSN", connection.operations_dsn)
        or connection.encrypted("ROUTE311_ADMIN_DSN", connection.admin_dsn)
        or load_stack(data).postgres_operations
    )


def find_contact_keys(data: Path = DEFAULT_DATA) -> Sequence[bytes]:
    """Return ``NOTIFY_CONTACT_KEY``, else that of the stack, then the older one."""
    connection = _connection()
    present = _secret(connection, connection.contact_key, lambda: load_stack(data).contact_key)
    return secrets_of(present, connection.contact_key_before)


def find_contact_secrets(data: Path = DEFAULT_DATA) -> ContactSecrets:
    """Return the secrets of the environment with its DSN, else of the stack, or SettingsError."""
    connection = _connection()
    reporter_key = _secret(
        connection, connection.reporter_key, lambda: load_stack(data).reporter_key
    )
    waiting = connection.waiting_key or reporter_key
    return ContactSecrets(
        find_contact_keys(data),
        reporter_key.get_secret_value().encode(),
        secrets_of(waiting, connection.waiting_key_before, reporter_key),
    )


def _secret(connection: Connection, named: _Secret, of_stack: Callable[[], str]) -> SecretStr:
    found = named if connection.admin_dsn.get_secret_value() else SecretStr(of_stack())
    if not found:
        raise SettingsError(
            "contacts are sealed: set NOTIFY_CONTACT_KEY and INTAKE_REPORTER_KEY as the services "
            "have them"
        )
    return found


def _connection() -> Connection:
    try:
        return Connection()
    except ValidationError as error:
        wrong = error.errors(include_input=False, include_url=False)[0]
        where = "".join(f"{part}: " for part in wrong["loc"])
        raise SettingsError(where + wrong["msg"].removeprefix("Value error, ")) from None
