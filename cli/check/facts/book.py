"""The facts of one check, in a temporary database on disk, so that memory stays flat."""

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

_AT_ONCE = 20_000
_PRAGMAS = """
    PRAGMA journal_mode = OFF;
    PRAGMA synchronous = OFF;
    PRAGMA locking_mode = EXCLUSIVE;
    PRAGMA cache_size = -65536;
    PRAGMA temp_store = FILE;
"""  # a file that nobody needs after a crash; the cache is in KiB


class FactBook:
    """Rows of facts as they come; a row that repeats an event changes nothing."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._waiting: defaultdict[str, list[Row]] = defaultdict(list)
        self._count = 0
        database.executescript(_PRAGMAS + _script("schema.sql"))

    def add(self, table: str, row: Row) -> None:
        """Note one fact; the row has every column of the table, in its order."""
        self._waiting[table].append(row)
        self._count += 1
        if self._count >= _AT_ONCE:
            self._write()

    def extend(self, table: str, rows: Iterable[Row]) -> None:
        """Note several facts of one kind."""
        for row in rows:
            self.add(table, row)

    def close_entries(self) -> None:
        """Make what was noted ready for queries; nothing can be added from now on."""
        self._write()
        self._database.executescript(_script("indexes.sql"))

    def query(self, sql: str) -> Iterator[Row]:
        """Return what a query over the facts finds, row by row."""
        yield from self._database.execute(sql)

    def _write(self) -> None:
        for table, rows in self._waiting.items():
            self._database.executemany(_insert(table, len(rows[0])), rows)
        self._waiting.clear()
        self._count = 0


@contextmanager
def open_book() -> Generator[FactBook]:
    """Open an empty book; it is gone at the end."""
    with (
        TemporaryDirectory(prefix="route311-check-") as folder,
        closing(sqlite3.connect(Path(folder) / "facts.db", isolation_level=None)) as database,
    ):
        yield FactBook(database)


def _insert(table: str, width: int) -> str:
    return f"INSERT OR IGNORE INTO {table} VALUES ({', '.join('?' * width)})"  # noqa: S608 - a table of the schema


def _script(name: str) -> str:
    return files(__package__ or "").joinpath(name).read_text()
