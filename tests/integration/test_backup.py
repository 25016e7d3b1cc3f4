"""Backup as in docs/operations.md, restored into an empty server without our roles."""

import asyncio
import os
import shutil
import signal
from collections.abc import AsyncGenerator, Generator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from tempfile import mkdtemp
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest
import yaml

from deploy.local.errors import StackError
from deploy.local.postgres import admin_dsn, running_postgres
from deploy.local.postgres_files import postgres_programs
from deploy.local.report import ignore_events
from deploy.local.site import open_site
from services.dispatch.app import dispatch
from services.dispatch.settings import DispatchSettings
from services.intake.app import intake
from services.intake.settings import IntakeSettings
from services.notify.app import notify
from services.notify.settings import NotifySettings
from services.triage.app import triage
from services.triage.settings import TriageSettings
from shared.contract.events import encode
from shared.contract.topics import CHANNEL_SUBMISSIONS
from shared.runtime.migrate import SERVICES, migrate, set_passwords
from tests.support.builders import handed_in, submission
from tests.support.databases import Database
from tests.support.paths import REPOSITORY
from tests.support.stack import PASSWORD
from tests.support.topic_log import TopicLog
from tests.support.waiting import eventually

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]

REPORTER = {"email": "ana@example.org", "language": "en", "status_updates": ["email"]}
TABLES = """
    SELECT schemaname || '.' || tablename AS name FROM pg_tables
     WHERE schemaname = ANY($1::text[]) ORDER BY 1
"""
SEQUENCES = "SELECT schemaname || '.' || sequencename AS name, last_value FROM pg_sequences"
CHECKSUM = "SELECT count(*), md5(string_agg(md5(t::text), '' ORDER BY md5(t::text))) FROM {} t"
FULL = (
    "intake.requests",
    "triage.decisions",
    "dispatch.cases",
    "notify.inbox",
    "notify.contact_keys",
    "dispatch.outbox_batches",
)


@pytest.fixture
def programs() -> Path:
    try:
        return postgres_programs(None)
    except StackError as error:
        pytest.skip(f"no pg_dump here: {error}")


@pytest.fixture
def folder() -> Generator[Path]:
    folder = Path(mkdtemp(prefix="route311-backup-"))
    folder.chmod(0o755)  # PostgreSQL runs as another user when the tests run as root
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
async def other_server(folder: Path) -> AsyncGenerator[str]:
    """The administrator's DSN of another server, without our roles."""
    async with (
        open_site(folder / "site", fresh=False, report=ignore_events) as site,
        running_postgres(site, durable=False) as process,
    ):
        yield admin_dsn(site, process)


async def test_a_restored_backup_is_the_database_that_was_dumped(
    database: Database, topic_log: TopicLog, programs: Path, folder: Path, other_server: str
) -> None:
    async with running_services(database, folder):
        for number in range(6):
            event = handed_in(submission(reporter=REPORTER), id=f"{number}", source="/backup")
            await topic_log.write(CHANNEL_SUBMISSIONS, "backup", encode(event))
        await eventually(lambda: has_rows_everywhere(database.admin_dsn))
    before = await contents(database.admin_dsn)

    dump, keys, roles = (folder / name for name in ("route311.dump", "keys.dump", "roles.sql"))
    await run(programs / "pg_dumpall", "--roles-only", "--no-role-passwords",
              f"--dbname={database.admin_dsn}", f"--file={roles}")  # fmt: skip
    await run(programs / "pg_dump", "-Fc", f"--dbname={database.admin_dsn}", f"--file={dump}",
              "--exclude-table-data=notify.contact_keys")  # fmt: skip
    await run(programs / "pg_dump", "-Fc", f"--dbname={database.admin_dsn}", f"--file={keys}",
              "--data-only", "--table=notify.contact_keys")  # fmt: skip
    restored = f"{other_server.rpartition('/')[0]}/restored"
    await run(programs / "psql", other_server, "-c", "CREATE DATABASE restored")
    await run(programs / "psql", other_server, "-f", str(roles))
    await run(programs / "pg_restore", "--exit-on-error", f"--dbname={restored}", str(dump))
    assert (await contents(restored))["notify.contact_keys"][0] == 0
    await run(programs / "pg_restore", "--exit-on-error", f"--dbname={restored}", str(keys))
    await set_passwords(restored, dict.fromkeys(SERVICES, PASSWORD))

    assert await contents(restored) == before
    assert await migrate(restored) == []
    for service in SERVICES:
        await assert_only_own_schema_is_readable(restored, service)


async def test_the_container_for_backups_makes_dumps_at_its_start(
    database: Database, programs: Path, tmp_path: Path
) -> None:
    backup = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text())["services"]["backup"]
    *shell, script = backup["command"]
    script = script.replace("$$", "$").replace("/var/lib/postgresql", str(tmp_path))
    at = urlsplit(database.admin_dsn)
    access = {
        "PATH": f"{programs}:{os.environ['PATH']}",
        "PGHOST": str(at.hostname),
        "PGPORT": str(at.port),
        "PGDATABASE": at.path.removeprefix("/"),
        "PGUSER": str(at.username),
        "PGPASSWORD": str(at.password),
    }

    async def back_up() -> None:
        process = await asyncio.create_subprocess_exec(
            *shell, script, env=access, start_new_session=True
        )

        async def is_done() -> bool:
            assert process.returncode is None
            names = private_modes(tmp_path).keys()
            is_made = any(name.startswith("route311-") for name in names)
            return is_made and "keys.dump" in names and "keys.new" not in names

        try:
            await eventually(is_done)
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            await process.wait()

    await back_up()
    modes = private_modes(tmp_path)
    [dump] = [name for name in modes if name.startswith("route311-")]
    tables = [
        await listed(programs / "pg_restore", tmp_path / name) for name in (dump, "keys.dump")
    ]
    assert modes.keys() == {dump, "keys.dump", "roles.sql"}
    assert all(modes.values())
    assert "TABLE DATA intake requests" in tables[0]
    assert "TABLE DATA notify contact_keys" not in tables[0]
    assert "TABLE DATA notify contact_keys" in tables[1]

    (tmp_path / dump).unlink()
    (tmp_path / "keys.dump").write_bytes(b"the keys of a database that was lost")
    await back_up()
    assert (tmp_path / "keys.dump").read_bytes() == b"the keys of a database that was lost"


def private_modes(folder: Path) -> dict[str, bool]:
    """Return the names of files, and whether only their owner may read each."""
    return {file.name: file.stat().st_mode & 0o077 == 0 for file in folder.iterdir()}


@asynccontextmanager
async def running_services(database: Database, folder: Path) -> AsyncGenerator[None]:
    """Run the tasks of all four services, without their HTTP ports."""
    stopping = asyncio.Event()
    async with AsyncExitStack() as stack, asyncio.TaskGroup() as group:
        for parts in [await stack.enter_async_context(one) for one in _services(database, folder)]:
            for task in parts.tasks:
                group.create_task(task(stopping))
        yield
        stopping.set()


def _services(database: Database, folder: Path) -> list[Any]:
    def fields(service: str, **own: Any) -> dict[str, Any]:
        access = {**database.stores.access.environment(), "http_port": 0}
        return {**access, "postgres_dsn": database.dsn(service), **own}

    site = {"public_url": "https://311.example.org"}
    mail = {"sender": "311@example.org", "smtp_host": "127.0.0.1", "smtp_port": 9}
    pictures = {"media_folder": folder / "media"}
    key = {"contact_key": "a secret of the tests"}
    return [
        intake(
            IntakeSettings.model_validate(
                fields("intake", **site, **pictures, reporter_key="a secret of the tests")
            )
        ),
        triage(TriageSettings.model_validate(fields("triage"))),
        dispatch(DispatchSettings.model_validate(fields("dispatch"))),
        notify(NotifySettings.model_validate(fields("notify", **site, **mail, **key))),
    ]


async def has_rows_everywhere(dsn: str) -> bool:
    found = await contents(dsn)
    return all(found[name][0] for name in FULL)


async def contents(dsn: str) -> dict[str, Any]:
    """Return count and checksum of every table, and the value of every sequence."""
    db = await asyncpg.connect(dsn)
    try:
        tables = [row["name"] for row in await db.fetch(TABLES, list(SERVICES))]
        sums = {name: tuple(await db.fetchrow(CHECKSUM.format(name)) or ()) for name in tables}
        sequences = {row["name"]: row["last_value"] for row in await db.fetch(SEQUENCES)}
    finally:
        await db.close()
    return sums | sequences


async def assert_only_own_schema_is_readable(dsn: str, service: str) -> None:
    address = dsn.rpartition("@")[2]
    db = await asyncpg.connect(f"postgresql://route311_{service}:{PASSWORD}@{address}")
    try:
        assert await db.fetchval("SELECT count(*) FROM inbox") >= 0
        for other in set(SERVICES) - {service}:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await db.fetch(f"SELECT * FROM {other}.inbox")  # noqa: S608 - names of ours
    finally:
        await db.close()


async def run(program: Path, *arguments: str) -> None:
    process = await asyncio.create_subprocess_exec(
        program, *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()


async def listed(pg_restore: Path, file: Path) -> str:
    """Return the contents of a dump."""
    process = await asyncio.create_subprocess_exec(
        pg_restore, "--list", file, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    return output.decode()
