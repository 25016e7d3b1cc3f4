"""The router's database comes back as it was at a moment, by the commands of docs/operations.md."""

import os
import shutil
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, NamedTuple

import asyncpg
import pytest

from deploy.local.errors import StackError
from deploy.local.postgres import admin_dsn, running_postgres
from deploy.local.postgres_files import cluster_home, postgres_account, postgres_programs
from deploy.local.process import Account, run_command
from deploy.local.report import ignore_events
from deploy.local.site import Site, open_site
from shared.runtime.migrate import migrate
from tests.support.paths import REPOSITORY
from tests.support.waiting import eventually

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]

_PAGE = (REPOSITORY / "docs/operations.md").read_text().partition("**To a moment**")[2]
BASE_BACKUP, RESTORE = (part.split("```")[0] for part in _PAGE.split("```bash\n")[1:3])
ARCHIVING = "SELECT last_archived_wal >= $1 FROM pg_stat_archiver"


class Administrator(NamedTuple):
    """A server's administrator.

    Attributes:
        dsn: Of the database that ``db`` is connected with.
    """

    dsn: str
    db: Any


async def test_what_was_committed_before_the_moment_is_there_and_what_came_later_is_not(
    folders: Path, account: Account | None
) -> None:
    async with open_site(folders / "site", fresh=False, report=ignore_events) as site:
        cluster = cluster_home(site.folder, account) / "cluster"
        variables = {
            "ARCHIVE": str(folders / "archive"),
            "BASE": str(folders / "base"),
            "PGDATA": str(cluster),
            "PATH": f"{postgres_programs(account)}:/usr/bin:/bin",
        }
        give(cluster.parent, account)
        async with server(site) as (_, db):
            copy = f"test ! -f {folders}/archive/%f && cp %p {folders}/archive/%f"
            await db.execute("ALTER SYSTEM SET archive_mode = on")
            await db.execute(f"ALTER SYSTEM SET archive_command = '{copy}'")
        async with server(site) as (dsn, db):
            await migrate(dsn)
            await db.execute("CREATE TABLE said (word text)")
            await run(BASE_BACKUP, account, {**variables, "ROUTE311_ADMIN_DSN": dsn})
            await db.execute("INSERT INTO said VALUES ('before')")
            moment = await db.fetchval("SELECT clock_timestamp()::text")
            await db.execute("DELETE FROM said")
            last = await db.fetchval("SELECT pg_walfile_name(pg_switch_wal())")
            await eventually(lambda: db.fetchval(ARCHIVING, last))

        cluster.rename(cluster.with_name("lost"))
        await run(RESTORE, account, {**variables, "MOMENT": moment})

        async with server(site) as (dsn, db):
            await eventually(lambda: db.fetchval("SELECT NOT pg_is_in_recovery()"))
            assert await db.fetchval("SELECT array_agg(word) FROM said") == ["before"]
            assert await migrate(dsn) == []


@pytest.fixture
async def account() -> Account | None:
    try:
        found = await postgres_account()
        postgres_programs(found)
    except StackError as error:
        pytest.skip(f"no PostgreSQL here: {error}")
    return found


@pytest.fixture
def folders(account: Account | None) -> Generator[Path]:
    """A folder that PostgreSQL's user may write to."""
    folder = Path(mkdtemp(prefix="route311-moment-"))
    (folder / "archive").mkdir()
    for one in (folder, folder / "archive"):
        one.chmod(0o755)
        give(one, account)
    yield folder
    shutil.rmtree(folder)


def give(folder: Path, account: Account | None) -> None:
    if account:
        os.chown(folder, account.user_id, account.group_id)


@asynccontextmanager
async def server(site: Site) -> AsyncGenerator[Administrator]:
    async with running_postgres(site) as process:
        dsn = admin_dsn(site, process)
        db = await asyncpg.connect(dsn)
        try:
            yield Administrator(dsn, db)
        finally:
            await db.close()


async def run(script: str, account: Account | None, variables: Mapping[str, str]) -> None:
    words = [f"{name}={value}" for name, value in variables.items()]
    await run_command("refused", ("env", "-i", *words, "sh", "-euc", script), account, Path("/"))
