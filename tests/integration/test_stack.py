"""The local stack with real stores and stand-ins for the services."""

import asyncio
import os
import signal
import smtplib
import subprocess
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import asyncpg
import psutil
import pytest
import pytest_asyncio

from cli.connection import NoRouterError, load_stack
from deploy.local.folder import DataFolder, open_folder
from deploy.local.kafka import java_command, kafka_jars
from deploy.local.leftovers import ProcessRecord, is_running
from deploy.local.postgres_files import remove_cluster
from deploy.local.readiness import http_ready
from deploy.local.stack_file import Stack
from shared.catalogue import load_catalogue
from shared.runtime.http.api_keys import hash_key
from shared.runtime.kafka.admin import answers
from tests.waiting import eventually

pytestmark = [
    pytest.mark.integration,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(180),
]

TIMEOUT_S = 80  # on a machine that is busy with other things

KAFKA_STEPS = ("topics", "users of Kafka", "access rules")
PROGRAMS = {"kafka", "postgres", "mail", "intake", "triage", "dispatch", "notify"}
ROUTER = Path(__file__).with_name("fake_router.py")


@dataclass
class Router:
    """A router in a process of its own, which can be killed and started again."""

    data: Path
    _popen: subprocess.Popen[bytes] | None = field(default=None, init=False)

    async def up(self, *options: str) -> Stack:
        self._launch(options)

        async def is_up() -> bool:
            assert self.popen.poll() is None, self.printed()
            with suppress(NoRouterError):
                return bool(self.stack)
            return False

        await eventually(is_up, within_s=TIMEOUT_S)
        return self.stack

    def _launch(self, options: tuple[str, ...]) -> None:
        with self.output.open("wb") as output:
            self._popen = subprocess.Popen(  # noqa: S603 - ours
                (sys.executable, str(ROUTER), str(self.data), *options),
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    @property
    def popen(self) -> subprocess.Popen[bytes]:
        assert self._popen is not None
        return self._popen

    @property
    def output(self) -> Path:
        return self.data.with_suffix(".out")

    @property
    def stack(self) -> Stack:
        return load_stack(self.data)

    def printed(self) -> str:
        return self.output.read_text()

    def records(self) -> dict[str, ProcessRecord]:
        files = (self.data / "processes").glob("*.json")
        records = [ProcessRecord.model_validate_json(file.read_bytes()) for file in files]
        return {record.name: record for record in records}

    async def stop(self, number: int) -> int:
        self.popen.send_signal(number)
        return await asyncio.to_thread(self.popen.wait, 20)


@asynccontextmanager
async def running_router(data: Path, *options: str) -> AsyncGenerator[Router]:
    router = Router(data)
    try:
        await router.up(*options)
        yield router
    finally:
        await router.stop(signal.SIGTERM)
        remove_cluster(DataFolder(data))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def router(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Router]:
    async with running_router(tmp_path_factory.mktemp("stack") / "data") as router:
        yield router


async def write_note(dsn: str, note: str) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.execute("CREATE TABLE IF NOT EXISTS notes (note text)")
    await connection.execute("INSERT INTO notes VALUES ($1)", note)
    await connection.close()


async def notes(dsn: str) -> list[str]:
    connection = await asyncpg.connect(dsn)
    rows = await connection.fetch("SELECT note FROM notes")
    await connection.close()
    return [row["note"] for row in rows]


def port_of(address: str) -> int:
    return int(address.rpartition(":")[2])


async def test_the_stack_file_is_for_its_owner_and_names_parts_that_answer(router: Router) -> None:
    stack = router.stack

    assert (router.data / "stack.json").stat().st_mode & 0o777 == 0o600
    assert await answers(stack.access)
    for service in (stack.intake, stack.triage, stack.dispatch, stack.notify):
        assert await http_ready(port_of(service))


async def test_the_broker_takes_its_classes_from_an_archive(router: Router) -> None:
    jars = await kafka_jars()
    [archive] = (part for part in java_command(jars) if part.startswith("-XX:SharedArchiveFile="))

    mapped = psutil.Process(router.records()["kafka"].pid).memory_maps()

    assert archive.partition("=")[2] in {part.path for part in mapped}


async def test_nobody_but_its_owner_can_read_the_data_folder(router: Router) -> None:
    def open_to_others(path: Path) -> bool:
        return bool(path.lstat().st_mode & 0o077) and not path.is_symlink()

    assert not open_to_others(router.data)
    assert not open_to_others(router.data / "postgres" / "cluster")
    assert [path for path in router.data.rglob("*") if open_to_others(path)] == []
    for file in ("credentials.json", "logs/kafka.log", "logs/intake.log"):
        assert (router.data / file).stat().st_mode & 0o777 == 0o600


async def test_commands_that_only_read_get_a_role_that_only_reads(router: Router) -> None:
    connection = await asyncpg.connect(router.stack.postgres_operations)

    assert await connection.fetchval("SELECT current_user") == "route311_operations"
    assert await connection.fetchval("SELECT count(*) FROM intake.outbox") == 0
    await connection.close()


async def test_the_database_lets_nobody_in_without_the_password(router: Router) -> None:
    dsn = router.stack.postgres
    secret = dsn.partition("postgres:")[2].partition("@")[0]

    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(dsn.replace(secret, "guess"))


async def environment_of(service_url: str) -> dict[str, str]:
    async with aiohttp.ClientSession() as session, session.get(service_url) as response:
        environment = await response.json(content_type=None)
    prefixes = ("ROUTE311_", "INTAKE_", "TRIAGE_", "DISPATCH_", "NOTIFY_")
    return {name: text for name, text in environment.items() if name.startswith(prefixes)}


async def test_each_service_is_told_what_it_needs_and_no_secret_of_another(router: Router) -> None:
    stack = router.stack

    assert set(await environment_of(stack.triage)) == {
        "ROUTE311_KAFKA_BOOTSTRAP",
        "ROUTE311_KAFKA_SECURITY_PROTOCOL",
        "ROUTE311_KAFKA_SASL_MECHANISM",
        "ROUTE311_KAFKA_USERNAME",
        "ROUTE311_KAFKA_PASSWORD",
        "TRIAGE_POSTGRES_DSN",
        "TRIAGE_HTTP_PORT",
    }
    intake, notify = await environment_of(stack.intake), await environment_of(stack.notify)
    assert intake["INTAKE_PUBLIC_URL"] == notify["NOTIFY_PUBLIC_URL"] == stack.intake
    assert f"smtp://{notify['NOTIFY_SMTP_HOST']}:{notify['NOTIFY_SMTP_PORT']}" == stack.mail
    assert notify["NOTIFY_CONTACT_KEY"] not in intake.values()


async def test_a_service_logs_in_to_its_own_schema(router: Router) -> None:
    connection = await asyncpg.connect(
        (await environment_of(router.stack.triage))["TRIAGE_POSTGRES_DSN"]
    )

    assert await connection.fetchval("SELECT current_schema()") == "triage"
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.fetch("SELECT * FROM intake.api_keys")
    await connection.close()


async def test_every_key_of_the_stack_file_is_known_to_those_who_check_it_as_a_hash(
    router: Router,
) -> None:
    keys = router.stack.keys
    bureaus = {code for city in load_catalogue().jurisdictions.values() for code in city.bureaus}
    assert set(keys.bureaus) == bureaus

    expected = {("operator", "operator", hash_key(keys.operator))}
    expected |= {(name, "adapter", hash_key(key)) for name, key in keys.adapters.items()}
    expected |= {(code, "bureau", hash_key(key)) for code, key in keys.bureaus.items()}
    connection = await asyncpg.connect(router.stack.postgres)
    for schema in ("intake", "dispatch"):
        rows = await connection.fetch(f"SELECT name, scope, key_hash FROM {schema}.api_keys")  # noqa: S608
        assert {tuple(row) for row in rows} == expected
    await connection.close()


async def test_every_mail_that_is_handed_in_is_kept(router: Router) -> None:
    def send_mails() -> None:
        with smtplib.SMTP("127.0.0.1", port_of(router.stack.mail)) as server:
            for number in range(50):
                message = f"Subject: {number}\r\n\r\nSu reporte fue recibido: café"
                server.sendmail("311@city.example", ["ana@example.org"], message.encode())

    await asyncio.to_thread(send_mails)

    kept = [file.read_bytes() for file in sorted(router.stack.mail_folder.glob("*.eml"))]
    assert [mail.partition(b"\r\n")[0] for mail in kept] == [
        b"Subject: %d" % number for number in range(50)
    ]
    assert kept[0].endswith("café\r\n".encode())


async def test_a_second_router_in_the_same_folder_is_refused_in_one_line(router: Router) -> None:
    program = Path(sys.executable).with_name("route311")
    second = await asyncio.create_subprocess_exec(
        program, "up", "--data", router.data, stderr=subprocess.PIPE
    )
    _, error = await second.communicate()

    assert second.returncode == 1
    assert error.decode().splitlines() == [
        f"route311: a router is already running in {router.data}; stop it first"
    ]


async def test_what_is_killed_comes_back_on_its_port_with_its_data_and_its_last_lines_shown(
    router: Router,
) -> None:
    stack, before = router.stack, router.records()
    await write_note(stack.postgres, "committed before the kill")
    killed = ("kafka", "postgres", "mail", "triage")

    for name in killed:
        os.kill(before[name].pid, signal.SIGKILL)

    async def all_are_new() -> bool:
        now = router.records()
        return all(now[name].pid != before[name].pid and is_running(now[name]) for name in killed)

    async def broker_answers() -> bool:
        return await answers(stack.access)

    async def service_is_ready() -> bool:
        return await http_ready(port_of(stack.triage))

    await eventually(all_are_new, within_s=TIMEOUT_S)
    await eventually(service_is_ready, within_s=TIMEOUT_S)
    await eventually(broker_answers, within_s=TIMEOUT_S)
    assert "committed before the kill" in await notes(stack.postgres)
    assert "triage     was killed by SIGKILL; starts again at once" in router.printed()
    assert "    info service_started" in router.printed()


async def test_the_next_router_ends_the_leftovers_of_a_killed_one_and_keeps_its_data(
    router: Router,
) -> None:
    before, stack = router.records(), router.stack
    await write_note(stack.postgres, "committed before the router died")
    assert await router.stop(signal.SIGKILL) == -signal.SIGKILL
    assert all(is_running(record) for record in before.values())
    with pytest.raises(NoRouterError, match="no running router"):
        load_stack(router.data)

    again = await router.up()

    assert not any(is_running(record) for record in before.values())
    assert set(router.records()) == PROGRAMS
    assert f"ended what an earlier run left: {', '.join(sorted(PROGRAMS))}" in router.printed()
    assert again == stack
    assert "committed before the router died" in await notes(again.postgres)
    for step in ("tables: 0 steps", *(f"{what}: 0 changes" for what in KAFKA_STEPS)):
        assert step in router.printed()


async def test_two_routers_live_side_by_side_and_ctrl_c_ends_one_without_a_trace(
    router: Router, tmp_path: Path
) -> None:
    with open_folder(tmp_path / "data") as old:
        (old.kafka / "data").mkdir(parents=True)
        (old.kafka / "data" / "meta.properties").write_text("of an older broker")
    async with running_router(tmp_path / "data", "--fresh") as other:
        theirs, ours, records = other.stack, router.stack, other.records()
        assert {theirs.kafka, theirs.intake, theirs.mail}.isdisjoint({ours.kafka, ours.intake})

        began = time.monotonic()
        assert await other.stop(signal.SIGINT) == 0

        assert time.monotonic() - began < 10
        assert set(records) == PROGRAMS
        assert not any(is_running(record) for record in records.values())
        assert not other.records()
        assert not (other.data / "stack.json").exists()
        assert all(is_running(record) for record in router.records().values())
