"""An empty database for each test: that of the test before, emptied."""

from collections.abc import Mapping
from dataclasses import dataclass

import asyncpg

from shared.runtime.kafka import Partition
from shared.runtime.migrate import SCHEMAS, SERVICES
from shared.runtime.postgres import Database as Connection
from shared.runtime.postgres import open_database
from tests.support.stack import TEMPLATE, Stores

_END_OTHER_SESSIONS = """
    SELECT pg_terminate_backend(pid, 10000)
      FROM pg_stat_activity
     WHERE datname = current_database() AND backend_type = 'client backend'
       AND pid <> pg_backend_pid()
"""
_TABLES = """
    SELECT c.oid, format('%I.%I', nspname, relname) AS name, pg_relation_size(c.oid) > 0 AS has_rows
      FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
     WHERE relkind = 'r' AND nspname = ANY ($1)
"""
_SCHEMA = """
    WITH own AS (SELECT oid, relname, relacl, reloptions FROM pg_class WHERE oid >= 16384),
    changes (number) AS (
        SELECT xmin FROM pg_attribute WHERE attrelid >= 16384
        UNION ALL SELECT xmin FROM pg_attrdef
        UNION ALL SELECT xmin FROM pg_constraint
        UNION ALL SELECT xmin FROM pg_index WHERE indrelid >= 16384
        UNION ALL SELECT xmin FROM pg_namespace
        UNION ALL SELECT xmin FROM pg_proc WHERE oid >= 16384
        UNION ALL SELECT xmin FROM pg_rewrite WHERE ev_class >= 16384
        UNION ALL SELECT xmin FROM pg_trigger
        UNION ALL SELECT s.xmin FROM pg_db_role_setting s
                    JOIN pg_database d ON d.oid = s.setdatabase
                   WHERE d.datname = current_database())
    SELECT md5(string_agg(own::text, ' ' ORDER BY oid)),
           (SELECT count(*) FROM changes), (SELECT max(number::text::bigint) FROM changes)
      FROM own
"""
_RESTART_SEQUENCES = """
    SELECT setval(seqrelid::regclass, seqstart, false) FROM pg_sequence WHERE seqrelid >= 16384
"""
_INSERT_POSITIONS = """
    INSERT INTO {}.consumer_offset (topic, partition, epoch, next_offset)
    SELECT topic, partition, 0, next_offset
      FROM unnest($1::text[], $2::integer[], $3::bigint[]) AS ends (topic, partition, next_offset)
"""


@dataclass(frozen=True, slots=True)
class Database:
    """A database with every service's schema, for one test."""

    name: str
    stores: Stores

    def dsn(self, service: str) -> str:
        """Return the DSN for a service's own role."""
        return self.stores.dsn(self.name, service)

    @property
    def admin_dsn(self) -> str:
        """DSN of the administrator."""
        return self.stores.admin_dsn_of(self.name)


@dataclass(frozen=True, slots=True)
class _Template:
    """The state that an emptied database has.

    Attributes:
        schema: Fingerprint of everything but rows: names, rights, and the last change of the rest.
        tables: Every table, by its oid; a copy of the database keeps them.
        rows: The rows of the tables that have any, as JSON.
    """

    schema: asyncpg.Record | None
    tables: frozenset[int]
    rows: Mapping[str, str]


class EmptyDatabases:
    """Empties one database again and again: to create and drop one takes ten times as long.

    A test may do anything to its database. Tables that it created are dropped; where it changed
    more than that, or dropped the database, the next test gets a new one.
    """

    def __init__(self, stores: Stores) -> None:
        self.stores = stores
        self._template: _Template | None = None
        self._name: str | None = None

    async def next(self, positions: Mapping[Partition, int]) -> Database:
        """Return an empty database, in which each service has these positions in the topics.

        Sessions that the test before left in it are terminated.
        """
        if self._template is None:
            async with open_database(self.stores.admin_dsn_of(TEMPLATE)) as db:
                self._template = await _template(db)
        if self._name is None or not await self._prepare(self._name, self._template, positions):
            if self._name is not None:
                await self.stores.drop_database(self._name)
            self._name = await self.stores.new_database()
            await self._prepare(self._name, self._template, positions)
        return Database(self._name, self.stores)

    async def _prepare(
        self, name: str, template: _Template, positions: Mapping[Partition, int]
    ) -> bool:
        """Empty a database and insert the positions; return False where that is not possible."""
        try:
            async with open_database(self.stores.admin_dsn_of(name)) as db:
                await db.execute(_END_OTHER_SESSIONS)
                await _drop_new_tables(db, template)
                if await db.fetchrow(_SCHEMA) != template.schema:
                    return False
                await _empty(db, template)
                await insert_positions(db, positions)
                return True
        except asyncpg.InvalidCatalogNameError:
            return False


async def _template(db: Connection) -> _Template:
    tables = await db.fetch(_TABLES, SCHEMAS)
    return _Template(
        await db.fetchrow(_SCHEMA),
        frozenset(table["oid"] for table in tables),
        {table["name"]: await _rows(db, table["name"]) for table in tables if table["has_rows"]},
    )


async def _rows(db: Connection, table: str) -> str:
    rows: str = await db.fetchval(f"SELECT coalesce(json_agg(t), '[]')::text FROM {table} t")  # noqa: S608 - a name from the catalogue
    return rows


async def _drop_new_tables(db: Connection, template: _Template) -> None:
    for table in await db.fetch(_TABLES, SCHEMAS):
        if table["oid"] not in template.tables:
            await db.execute(f"DROP TABLE {table['name']} CASCADE")


async def _empty(db: Connection, template: _Template) -> None:
    changed = [table for table, rows in template.rows.items() if await _rows(db, table) != rows]
    tables = [table["name"] for table in await db.fetch(_TABLES, SCHEMAS) if table["has_rows"]]
    written = [name for name in tables if name not in template.rows] + changed
    if written:
        await db.execute(f"TRUNCATE {', '.join(written)} CASCADE")
    for table in changed:
        statement = f"INSERT INTO {table} SELECT * FROM json_populate_recordset(NULL::{table}, $1)"  # noqa: S608 - a name from the catalogue
        await db.execute(statement, template.rows[table])
    await db.execute(_RESTART_SEQUENCES)


async def insert_positions(db: Connection, positions: Mapping[Partition, int]) -> None:
    """Let each service go on at these positions."""
    topics, partitions = [p.topic for p in positions], [p.partition for p in positions]
    for service in SERVICES:
        statement = _INSERT_POSITIONS.format(service)
        await db.execute(statement, topics, partitions, list(positions.values()))
