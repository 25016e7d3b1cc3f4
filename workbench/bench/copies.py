"""Copies of the rows that a router has, under new ids and at other places, to fill its tables."""

from dataclasses import dataclass

from shared.runtime.postgres import Database

_TABLES = {
    "triage": ("cases", "decisions"),
    "dispatch": ("cases", "case_requests", "work_orders"),
    "notify": ("requests", "memberships", "triggers"),
    "intake": ("submissions", "requests", "case_steps"),
}
_DISTINCT_TEXTS = frozenset(
    {
        "tracking_number",
        "public_id",
        "work_order_id",
        "submission_id",
        "address_key",
        "reporter_ref",
        "person",
        "flood_key",
    }
)
_COLUMNS = """
    SELECT column_name, data_type FROM information_schema.columns
     WHERE table_schema = $1 AND table_name = $2
       AND is_generated = 'NEVER' AND is_identity = 'NO'
     ORDER BY ordinal_position
"""
_KEEP = "CREATE TABLE bench.{schema}_{table} AS SELECT * FROM {schema}.{table}"
_COPY = """
    INSERT INTO {schema}.{table} ({columns})
    SELECT {values} FROM bench.{schema}_{table} AS t CROSS JOIN generate_series($1::int, $2::int) n
"""
_CLOSED_DAYS = 400


@dataclass(frozen=True, slots=True)
class Area:
    """A box in which copies lie at random; WGS 84 degrees.

    Attributes:
        south: Latitude of its southern edge.
        west: Longitude of its western edge.
    """

    south: float
    west: float
    height: float
    width: float


async def keep_originals(db: Database) -> int:
    """Set aside the rows that are copied; return how many cases they are."""
    await db.execute("CREATE SCHEMA bench")
    for schema, tables in _TABLES.items():
        for table in tables:
            await db.execute(_KEEP.format(schema=schema, table=table))
    cases: int = await db.fetchval("SELECT count(*) FROM bench.dispatch_cases")
    return cases


async def add_copies(db: Database, first: int, last: int, area: Area, *, closed: bool) -> None:
    """Insert the copies of these numbers of every row that was set aside.

    Ids are derived from the original and the number, so that rows of different tables still belong
    together. A closed copy is 400 days older.

    Args:
        first: Number of the first copy.
        last: Number of the last one, included.
        area: Where the copies lie.
    """
    async with db.transaction():
        await db.execute("SET LOCAL session_replication_role = replica")  # no foreign-key triggers
        for schema, tables in _TABLES.items():
            for table in tables:
                columns = await db.fetch(_COLUMNS, schema, table)
                values = [
                    _value(row["column_name"], row["data_type"], area, closed) for row in columns
                ]
                statement = _COPY.format(
                    schema=schema,
                    table=table,
                    columns=", ".join(row["column_name"] for row in columns),
                    values=", ".join(values),
                )
                await db.execute(statement, first, last)


async def settle_tables(db: Database) -> None:
    """Do at once what the server would do later in the background."""
    for schema, tables in _TABLES.items():
        for table in tables:
            await db.execute(f"VACUUM ANALYZE {schema}.{table}")
    await db.execute("CHECKPOINT")


def _value(column: str, data_type: str, area: Area, closed: bool) -> str:
    own = f"t.{column}"
    if column == "latitude":
        return f"CASE WHEN {own} IS NOT NULL THEN {area.south} + random() * {area.height} END"
    if column == "longitude":
        return f"CASE WHEN {own} IS NOT NULL THEN {area.west} + random() * {area.width} END"
    if data_type == "uuid":
        return f"md5({own}::text || n)::uuid"
    if data_type == "bytea" and column in {"identity", "fingerprint"}:
        return f"sha256({own} || int4send(n))"
    if column in _DISTINCT_TEXTS:
        return f"{own} || '-' || n"
    return _time(own, column, data_type) if closed else own


def _time(own: str, column: str, data_type: str) -> str:
    if column == "closed_at":
        return f"now() - interval '{_CLOSED_DAYS - 2} days'"
    if column == "status":
        return "'completed'"
    if data_type == "timestamp with time zone":
        return f"{own} - interval '{_CLOSED_DAYS} days'"
    return own
