"""The compose file: each service starts with its own command and environment."""

import asyncio
import os
import re
import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml

from shared.runtime.kafka.acls import apply_access
from shared.runtime.kafka.users import set_user_passwords
from tests.support.databases import Database
from tests.support.free_ports import reserved_port
from tests.support.paths import REPOSITORY
from tests.support.stack import PASSWORD
from tests.support.waiting import eventually

pytestmark = pytest.mark.e2e

PROCESSES = ("intake", "triage", "dispatch", "notify", "triage-stream")
COMPOSE: dict[str, Any] = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text())
VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?::(?P<how>[?-])(?P<text>[^}]*))?\}")
SECRET = re.compile("PASSWORD|KEY|SECRET|TOKEN")
OPTIONAL = re.compile(r"_BEFORE$|^ROUTE311_OIDC_")


def filled(text: str, values: Mapping[str, str]) -> str:
    """Substitute variables as compose does."""

    def value(found: re.Match[str]) -> str:
        default = found["text"] if found["how"] == "-" else None
        return values.get(found["name"]) or (default if default is not None else PASSWORD)

    return VARIABLE.sub(value, text)


def environment_of(
    service: str, database: Database, ports: Mapping[str, int], folder: Path
) -> dict[str, str]:
    address = database.admin_dsn.rpartition("@")[2]
    here = {
        "kafka:9092": database.stores.access.bootstrap,
        "postgres:5432/route311": address,
        "mailpit": "127.0.0.1",
        "/var/lib/route311": str(folder),
    }
    environment = {}
    for name, text in COMPOSE["services"][service]["environment"].items():
        value = filled(str(text), {})
        for there, instead in here.items():
            value = value.replace(there, instead)
        kind = name.removeprefix(service.upper().replace("-", "_"))
        environment[name] = str(ports.get(kind, value))
    return environment | {"ROUTE311_HTTP_HOST": "127.0.0.1"}


@asynccontextmanager
async def started(
    service: str, database: Database, ports: Mapping[str, int], folder: Path
) -> AsyncGenerator[None]:
    command = COMPOSE["services"][service]["command"]
    assert command[0] == "python"
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *command[1:],
        env={"PATH": os.environ["PATH"], **environment_of(service, database, ports, folder)},
        cwd=REPOSITORY,
    )
    try:
        yield
        process.terminate()
        assert await asyncio.wait_for(process.wait(), 60) == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@pytest.fixture
async def users(database: Database) -> None:
    """The users that `prepare` makes, with the password of these tests."""
    if database.stores.access.uses_password:
        await set_user_passwords(database.stores.access, dict.fromkeys(PROCESSES, PASSWORD))
        await apply_access(database.stores.access, database.stores.topics)


@pytest.mark.usefixtures("users")
@pytest.mark.parametrize("service", PROCESSES)
async def test_the_service_gets_ready_with_its_command_and_environment(
    service: str, database: Database, tmp_path: Path
) -> None:
    own = any(
        name.endswith("_METRICS_PORT") for name in COMPOSE["services"][service]["environment"]
    )
    with reserved_port() as port, reserved_port() as other:
        metrics_port = other if own else port
        ports = {"_HTTP_PORT": port, "_METRICS_PORT": other}
        await gets_ready(started(service, database, ports, tmp_path), port, metrics_port)


async def gets_ready(
    running: AbstractAsyncContextManager[None], port: int, metrics_port: int
) -> None:
    async with running, aiohttp.ClientSession() as session:

        async def ready() -> bool:
            try:
                async with session.get(f"http://127.0.0.1:{port}/ready") as response:
                    return response.status == 200
            except aiohttp.ClientConnectionError:
                return False

        assert await eventually(ready)
        async with session.get(f"http://127.0.0.1:{metrics_port}/metrics") as response:
            assert "route311_messages_total" in await response.text()


def test_no_password_or_secret_has_a_default() -> None:
    for name, service in COMPOSE["services"].items():
        for variable, text in (service.get("environment") or {}).items():
            for used in VARIABLE.finditer(str(text)):
                if SECRET.search(used["name"]):
                    may_lack = OPTIONAL.search(used["name"]) and not used["text"]
                    assert used["how"] == "?" or may_lack, f"{name}: {variable}"
            if SECRET.search(variable):
                assert VARIABLE.search(str(text)), f"{name}: {variable} is written out"


def test_every_variable_is_explained_in_the_example() -> None:
    example = (REPOSITORY / ".env.example").read_text()
    text = (REPOSITORY / "docker-compose.yml").read_text()

    for used in VARIABLE.finditer(text):
        assert f"\n{used['name']}=" in example, used["name"]


def test_every_container_but_the_one_that_ends_says_when_it_is_well() -> None:
    for name, service in COMPOSE["services"].items():
        assert name == "prepare" or "healthcheck" in service, name


def test_what_must_outlive_a_container_lies_in_a_named_volume() -> None:
    for name in ("kafka", "postgres", "triage-stream"):
        volume, *_ = COMPOSE["services"][name]["volumes"]
        assert COMPOSE["volumes"][volume.split(":")[0]] is None, name
        assert volume.split(":")[0] in COMPOSE["volumes"], name


def test_the_services_start_after_tables_and_topics_are_there() -> None:
    for name in PROCESSES:
        waits_for = COMPOSE["services"][name]["depends_on"]
        assert waits_for == {"prepare": {"condition": "service_completed_successfully"}}
