"""Facts of one check, in a temporary SQLite database on disk, so that memory use stays flat."""

import sqlite3
from collections import defaultdict
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeAlias

Value: TypeAlias = str | int | float | bytes | None
Row: TypeAlias = Sequence[Value]

_BUFFERED_ROWS = 20_000
_PRAGMAS = """
    PRAGMA journal_mode = OFF;
    PRAGMA synchronous = OFF;
    PRAGMA locking_mode = EXCLUSIVE;
    PRAGMA cache_size = -65536;
    PRAGMA temp_store = FILE;
"""  # the file is worthless after a crash; the cache size is in KiB


class FactStore:
    """Tables of facts; a row that repeats an event is ignored."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._buffer: defaultdict[str, list[Row]] = defaultdict(list)
        self._buffered = 0
        database.executescript(_PRAGMAS + _script("schema.sql"))

    def add(self, table: str, row: Row) -> None:
        """Add a row with every column of the table, in the order of ``schema.sql``."""
        self._buffer[table].append(row)
        self._buffered += 1
        if self._buffered >= _BUFFERED_ROWS:
            self._flush()

    def extend(self, table: str, rows: Iterable[Row]) -> None:
        """Add several rows to a table."""
        for row in rows:
            self.add(table, row)

    def build_indexes(self) -> None:
        """Prepare for queries; no row can be added afterwards."""
        self._flush()
        self._database.executescript(_script("indexes.sql"))

    def query(self, sql: str) -> Iterator[Row]:
        """Yield the rows of a query."""
        yield from self._database.execute(sql)

    def _flush(self) -> None:
        for table, rows in self._buffer.items():
            self._database.executemany(_insert(table, len(rows[0])), rows)
        self._buffer.clear()
        self._buffered = 0


@contextmanager
def open_store() -> Generator[FactStore]:
    """Open an empty store, which is deleted at the end."""
    with (
        TemporaryDirectory(prefix="route311-check-") as folder,
        closing(sqlite3.connect(Path(folder) / "facts.db", isolation_level=None)) as database,
    ):
        yield FactStore(database)


def _insert(table: str, width: int) -> str:
    return f"INSERT OR IGNORE INTO {table} VALUES ({', '.join('?' * width)})"  # noqa: S608 - a table of the schema


def _script(name: str) -> str:
    return files(__package__ or "").joinpath(name).read_text()
