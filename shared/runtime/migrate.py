"""Bringing each service's schema to the version of its code."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files

import asyncpg

SERVICES = ("intake", "triage", "dispatch", "notify")

_LEDGER = """
    CREATE TABLE IF NOT EXISTS migrations (
        name       text        PRIMARY KEY,
        applied_at timestamptz NOT NULL DEFAULT now()
    )
"""
_LOCK = "SELECT pg_advisory_xact_lock(hashtext('route311 migrations'))"


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of a schema; its name sorts after those before it."""

    name: str
    sql: str


def migrations_of(service: str) -> Sequence[Migration]:
    """Return the runtime's steps, then the service's own, in order."""
    return [
        Migration(f"{owner}/{step.name}", step.read_text())
        for owner, package in (("runtime", "shared.runtime"), (service, f"services.{service}"))
        for step in sorted(
            files(package).joinpath("migrations").iterdir(), key=lambda step: step.name
        )
        if step.name.endswith(".sql")
    ]


async def migrate(admin_dsn: str, services: Sequence[str] = SERVICES) -> list[str]:
    """Create what is missing of roles, schemas and tables; return the names of the steps taken.

    Each service gets the schema of its name and the role ``route311_<name>``, which can use that
    schema and no other. Steps run once each, all in one transaction: a failing one changes nothing.
    """
    connection = await asyncpg.connect(admin_dsn)
    try:
        async with connection.transaction():
            await connection.execute(_LOCK)
            return [
                f"{service}: {name}"
                for service in services
                for name in await _migrate_one(connection, service)
            ]
    finally:
        await connection.close()


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


async def _migrate_one(connection: "asyncpg.Connection[asyncpg.Record]", service: str) -> list[str]:
    role = _role(service)
    if not await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role):
        await connection.execute(f"CREATE ROLE {role} NOLOGIN")
    await connection.execute(f"ALTER ROLE {role} SET search_path = {service}")
    await connection.execute(f"GRANT {role} TO CURRENT_USER")
    await connection.execute(f"CREATE SCHEMA IF NOT EXISTS {service} AUTHORIZATION {role}")
    await connection.execute(f"SET LOCAL search_path = {service}")
    await connection.execute(f"SET LOCAL ROLE {role}")
    try:
        return await _take_steps(connection, service)
    finally:
        await connection.execute("RESET ROLE")


async def _take_steps(connection: "asyncpg.Connection[asyncpg.Record]", service: str) -> list[str]:
    await connection.execute(_LEDGER)
    taken = {row["name"] for row in await connection.fetch("SELECT name FROM migrations")}
    steps = [step for step in migrations_of(service) if step.name not in taken]
    for step in steps:
        await connection.execute(step.sql)
        await connection.execute("INSERT INTO migrations (name) VALUES ($1)", step.name)
    return [step.name for step in steps]
