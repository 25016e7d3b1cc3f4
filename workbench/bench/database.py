"""Load of PostgreSQL by service: statements, WAL and disk.

The statements come from the extension ``pg_stat_statements``, which only the benchmark's own
cluster loads.
"""

from dataclasses import dataclass
from pathlib import Path

from deploy.local.postgres import admin_dsn, running_postgres
from deploy.local.site import open_site
from shared.runtime.migrate import SERVICES
from shared.runtime.postgres import Database, open_database

_LOAD = "ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'"
_INSTALL = "CREATE EXTENSION IF NOT EXISTS pg_stat_statements"
_RESET = "SELECT pg_stat_statements_reset()"
_STATEMENTS = """
    SELECT substr(rolname, length('route311_') + 1) AS service, query, calls,
           total_exec_time AS total_ms, rows, wal_bytes::bigint AS wal_bytes
      FROM pg_stat_statements JOIN pg_roles ON pg_roles.oid = userid
     WHERE rolname = ANY($1)
     ORDER BY total_exec_time DESC
"""
_WAL = "SELECT pg_current_wal_lsn() - '0/0'"
_DISK = """
    SELECT CASE WHEN relname LIKE 'outbox%' THEN 'outbox'
                ELSE relnamespace::regnamespace::text END AS owner,
           sum(pg_total_relation_size(oid))::bigint AS bytes
      FROM pg_class
     WHERE relkind = 'r' AND relnamespace::regnamespace::text = ANY($1)
     GROUP BY 1
"""


@dataclass(frozen=True, slots=True)
class Statement:
    """Executions of one statement, with placeholders instead of values.

    Attributes:
        service: Service whose role executed it.
        total_ms: Milliseconds of all executions together.
        rows: Number of rows returned or changed.
        wal_bytes: Bytes of WAL written.
    """

    service: str
    query: str
    calls: int
    total_ms: float
    rows: int
    wal_bytes: int

    @property
    def mean_ms(self) -> float:
        """Milliseconds of one execution."""
        return self.total_ms / self.calls


@dataclass(frozen=True, slots=True)
class DatabaseState:
    """Totals of the cluster at a moment.

    Attributes:
        wal_bytes: Bytes of WAL written since the cluster was made.
        disk_bytes: Bytes of tables and indexes by service; ``outbox`` for all outboxes.
    """

    wal_bytes: int
    disk_bytes: dict[str, int]


async def load_statistics(data: Path) -> None:
    """Create the cluster of a data folder, and let it load the extension from its next start."""
    async with (
        open_site(data) as site,
        running_postgres(site) as process,
        open_database(admin_dsn(site, process)) as db,
    ):
        await db.execute(_LOAD)


async def reset_statistics(db: Database) -> DatabaseState:
    """Count statements from now on; return the totals of this moment."""
    await db.execute(_INSTALL)
    await db.execute(_RESET)
    return await database_state(db)


async def database_state(db: Database) -> DatabaseState:
    """Return the totals of this moment."""
    disk = await db.fetch(_DISK, list(SERVICES))
    return DatabaseState(int(await db.fetchval(_WAL)), {row["owner"]: row["bytes"] for row in disk})


async def executed_statements(db: Database) -> list[Statement]:
    """Return the statements of the services since the reset, the longest in total first."""
    roles = [f"route311_{service}" for service in SERVICES]
    return [Statement(**row) for row in await db.fetch(_STATEMENTS, roles)]
