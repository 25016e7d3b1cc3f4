"""Bringing each service's schema to the version of its code."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import TypeAlias

import asyncpg
import structlog

log = structlog.get_logger()

SERVICES = ("intake", "triage", "dispatch", "notify")

_LEDGER = """
    CREATE TABLE IF NOT EXISTS migrations (
        name       text        PRIMARY KEY,
        applied_at timestamptz NOT NULL DEFAULT now()
    )
"""
_LOCK_TIMEOUT = "SET LOCAL lock_timeout = '300ms'"
"""While a step waits for its lock on a table, everybody behind it waits too: shorter than what
callers stand, longer than a usual transaction."""
_PAUSES_S = (0.2, 0.5, 1.0, 2.0, 5.0, 5.0, 5.0, 5.0, 5.0, 5.0)
_LOCK = "SELECT pg_advisory_xact_lock(hashtext('route311 migrations'))"


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of a schema; its name sorts after those before it."""

    name: str
    sql: str


def load_migrations(service: str) -> Sequence[Migration]:
    """Return the runtime's steps, then the service's own, in order."""
    return [
        Migration(f"{owner}/{step.name}", step.read_text())
        for owner, package in (("runtime", "shared.runtime"), (service, f"services.{service}"))
        for step in sorted(
            files(package).joinpath("migrations").iterdir(), key=lambda step: step.name
        )
        if step.name.endswith(".sql")
    ]


Steps: TypeAlias = Callable[[str], Sequence[Migration]]


async def migrate(
    admin_dsn: str, services: Sequence[str] = SERVICES, migrations_for: Steps = load_migrations
) -> list[str]:
    """Create what is missing of roles, schemas and tables; return the names of the steps taken.

    Each service gets the schema of its name and the role ``route311_<name>``, which can use that
    schema and no other. Steps run once each, all in one transaction: a failing one changes nothing.
    It can be done while the services work: a step that does not get its lock at once lets them go
    on and is tried again, for half a minute.

    Args:
        admin_dsn: The administrator's address of the database.
        services: Whose schemas.
        steps_of: Returns the steps of a service, in order.

    Raises:
        LockNotAvailableError: A table was in use all the time.
    """
    connection = await asyncpg.connect(admin_dsn)
    try:
        for pause_s in _PAUSES_S:
            try:
                return await _migrate_all(connection, services, migrations_for)
            except (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError):
                log.warning("migration_waits_for_a_table", pause_s=pause_s)
                await asyncio.sleep(pause_s)
        return await _migrate_all(connection, services, migrations_for)
    finally:
        await connection.close()


async def _migrate_all(
    connection: "asyncpg.Connection[asyncpg.Record]", services: Sequence[str], steps_of: Steps
) -> list[str]:
    async with connection.transaction():
        await connection.execute(_LOCK)
        await connection.execute(_LOCK_TIMEOUT)
        return [
            f"{service}: {name}"
            for service in services
            for name in await _migrate_one(connection, service, steps_of(service))
        ]


async def set_passwords(admin_dsn: str, passwords: Mapping[str, str]) -> None:
    """Let each service log in with its password."""
    connection = await asyncpg.connect(admin_dsn)
    try:
        for service, password in passwords.items():
            quoted = await connection.fetchval("SELECT quote_literal($1)", password)
            await connection.execute(f"ALTER ROLE {_role(service)} LOGIN PASSWORD {quoted}")
    finally:
        await connection.close()


def _role(service: str) -> str:
    if service not in SERVICES:
        raise ValueError("no service of this name")
    return f"route311_{service}"


async def _migrate_one(
    connection: "asyncpg.Connection[asyncpg.Record]", service: str, steps: Sequence[Migration]
) -> list[str]:
    role = _role(service)
    if not await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role):
        await connection.execute(f"CREATE ROLE {role} NOLOGIN")
    await connection.execute(f"ALTER ROLE {role} SET search_path = {service}")
    await connection.execute(f"GRANT {role} TO CURRENT_USER")
    await connection.execute(f"CREATE SCHEMA IF NOT EXISTS {service} AUTHORIZATION {role}")
    await connection.execute(f"SET LOCAL search_path = {service}")
    await connection.execute(f"SET LOCAL ROLE {role}")
    taken = await _take_steps(connection, steps)
    await connection.execute("RESET ROLE")
    return taken


async def _take_steps(
    connection: "asyncpg.Connection[asyncpg.Record]", steps: Sequence[Migration]
) -> list[str]:
    await connection.execute(_LEDGER)
    taken = {row["name"] for row in await connection.fetch("SELECT name FROM migrations")}
    due = [step for step in steps if step.name not in taken]
    for step in due:
        await connection.execute(step.sql)
        await connection.execute("INSERT INTO migrations (name) VALUES ($1)", step.name)
    return [step.name for step in due]
