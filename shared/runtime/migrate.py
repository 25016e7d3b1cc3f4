"""Schema migrations: bring each service's schema to the version of its code."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import TypeAlias

import asyncpg
import structlog

from shared.runtime.operations_role import create_role, grant_reading
from shared.runtime.postgres import Database, open_database

log = structlog.get_logger()

SERVICES = ("intake", "triage", "dispatch", "notify", "insight")
CONSOLE = "console"  # the staff's console: a schema, and no topic
SCHEMAS = (*SERVICES, CONSOLE)
OPERATIONS = "operations"  # role of commands that only read, beside the services' own

_CREATE_MIGRATIONS = """
    CREATE TABLE IF NOT EXISTS migrations (
        name       text        PRIMARY KEY,
        applied_at timestamptz NOT NULL DEFAULT now()
    )
"""
_APPLIED = "SELECT name FROM {}.migrations ORDER BY name"

# Extensions in the schema of a service; the administrator creates them.
_EXTENSIONS = {"intake": ("pg_trgm",)}

# While a migration waits for its table lock, every later query on the table queues behind it. So it
# gives up after less time than callers tolerate, but more than a usual transaction takes.
_LOCK_TIMEOUT = "SET LOCAL lock_timeout = '300ms'"

_RETRY_DELAYS_S = (0.2, 0.5, 1.0, 2.0, 5.0, 5.0, 5.0, 5.0, 5.0, 5.0)
_ADVISORY_LOCK = "SELECT pg_advisory_xact_lock(hashtext('route311 migrations'))"


@dataclass(frozen=True, slots=True)
class Migration:
    """One migration of a schema; its name sorts after the migrations before it."""

    name: str
    sql: str


Migrations: TypeAlias = Callable[[str], Sequence[Migration]]


def load_migrations(service: str) -> Sequence[Migration]:
    """Return the runtime's migrations for a service, then its own, in order."""
    if service == CONSOLE:
        packages = [(CONSOLE, CONSOLE)]
    else:
        packages = [("runtime", "shared.runtime"), (service, f"services.{service}")]
    return [
        Migration(f"{owner}/{file.name}", file.read_text())
        for owner, package in packages
        for file in sorted(
            files(package).joinpath("migrations").iterdir(), key=lambda file: file.name
        )
        if file.name.endswith(".sql")
    ]


async def migrate(
    admin_dsn: str,
    services: Sequence[str] = SCHEMAS,
    migrations_for: Migrations = load_migrations,
) -> list[str]:
    """Create missing roles, schemas and tables; idempotent.

    Each service gets the schema of its name and the role ``route311_<name>``, which can use that
    schema and no other. The role ``route311_operations`` may read what commands such as ``check``
    need. All pending migrations run in one transaction: if one fails, none is
    applied. Services may run meanwhile: when a migration does not get its table lock at once, the
    transaction rolls back to let them continue, and is retried for half a minute.

    Returns:
        ``<service>: <migration>`` for each migration applied.

    Raises:
        LockNotAvailableError: A table was in use during every attempt.
    """
    async with open_database(admin_dsn) as connection:
        for pause_s in _RETRY_DELAYS_S:
            try:
                return await _migrate_all(connection, services, migrations_for)
            except (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError):
                log.warning("migration_retried", pause_s=pause_s)
                await asyncio.sleep(pause_s)
        return await _migrate_all(connection, services, migrations_for)


async def unknown_migrations(
    admin_dsn: str,
    services: Sequence[str] = SCHEMAS,
    migrations_for: Migrations = load_migrations,
) -> list[str]:
    """Return ``<service>: <migration>`` for each applied migration that this version lacks."""
    unknown: list[str] = []
    async with open_database(admin_dsn) as connection:
        for service in services:
            known = {migration.name for migration in migrations_for(service)}
            if await connection.fetchval("SELECT to_regclass($1)", f"{service}.migrations"):
                rows = await connection.fetch(_APPLIED.format(service))
                unknown += [f"{service}: {row['name']}" for row in rows if row["name"] not in known]
    return unknown


async def _migrate_all(
    connection: Database, services: Sequence[str], migrations_for: Migrations
) -> list[str]:
    async with connection.transaction():
        await connection.execute(_ADVISORY_LOCK)
        await connection.execute(_LOCK_TIMEOUT)
        await create_role(connection)
        return [
            f"{service}: {name}"
            for service in services
            for name in await _migrate_one(connection, service, migrations_for(service))
        ]


async def _migrate_one(
    connection: Database, service: str, migrations: Sequence[Migration]
) -> list[str]:
    role = _role(service)
    if not await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role):
        await connection.execute(f"CREATE ROLE {role} NOLOGIN")
    await connection.execute(f"ALTER ROLE {role} SET search_path = {service}")
    await connection.execute(f"GRANT {role} TO CURRENT_USER")
    await connection.execute(f"CREATE SCHEMA IF NOT EXISTS {service} AUTHORIZATION {role}")
    for extension in _EXTENSIONS.get(service, ()):
        await connection.execute(f"CREATE EXTENSION IF NOT EXISTS {extension} SCHEMA {service}")
    await connection.execute(f"SET LOCAL search_path = {service}")
    await connection.execute(f"SET LOCAL ROLE {role}")
    applied = await _apply_pending(connection, migrations)
    await grant_reading(connection, service)
    await connection.execute("RESET ROLE")
    return applied


async def _apply_pending(connection: Database, migrations: Sequence[Migration]) -> list[str]:
    await connection.execute(_CREATE_MIGRATIONS)
    applied = {row["name"] for row in await connection.fetch("SELECT name FROM migrations")}
    pending = [migration for migration in migrations if migration.name not in applied]
    for migration in pending:
        await connection.execute(migration.sql)
        await connection.execute("INSERT INTO migrations (name) VALUES ($1)", migration.name)
    return [migration.name for migration in pending]


async def set_passwords(admin_dsn: str, passwords: Mapping[str, str]) -> None:
    """Let each role log in with its password: by name of the service, or ``OPERATIONS``."""
    async with open_database(admin_dsn) as connection:
        for service, password in passwords.items():
            quoted = await connection.fetchval("SELECT quote_literal($1)", password)
            await connection.execute(f"ALTER ROLE {_role(service)} LOGIN PASSWORD {quoted}")


def _role(service: str) -> str:
    if service not in {*SCHEMAS, OPERATIONS}:
        raise ValueError("no service of this name")
    return f"route311_{service}"
