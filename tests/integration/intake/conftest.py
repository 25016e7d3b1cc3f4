"""Intake as a process sees it, with its HTTP port."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any, TypeAlias

import aiohttp
import pytest
from anyio.from_thread import start_blocking_portal

from services.intake.app import CHANNELS, intake
from services.intake.ports import IntakePorts
from services.intake.settings import IntakeSettings
from shared.runtime.http.api_keys import Scope, store_keys
from shared.runtime.http.server import serve_http
from shared.runtime.kafka_access import KafkaAccess
from shared.runtime.postgres import Pool, open_database, open_pool
from shared.runtime.service import Channel, ServiceTask
from tests.support.databases import Database, insert_positions
from tests.support.intake.http_client import ADAPTER
from tests.support.s3_server import S3Server, s3_server
from tests.support.stack import Stores

Running: TypeAlias = Callable[..., AbstractAsyncContextManager[aiohttp.ClientSession]]

_STOP_WITHIN_S = 3
BUREAU = "key of a bureau"
OPERATOR = "key of an operator"


def intake_settings(dsn: str, access: KafkaAccess, folder: Path, **more: Any) -> IntakeSettings:
    """The settings of an instance with a port that the system chooses."""
    return IntakeSettings.model_validate(
        {
            **access.environment(),
            "postgres_dsn": dsn,
            "http_port": 0,
            "public_url": "https://311.example.org/",
            "reporter_key": "a secret of the tests",
            "media_folder": folder / "media",
            "address_per_second": 1_000,  # polling on a slow machine passes the usual limit
            **more,
        }
    )


@pytest.fixture(scope="session")
def s3() -> Generator[S3Server]:
    with s3_server() as server:
        yield server


@pytest.fixture(params=["folder", "bucket"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, Any]:
    """The settings of a place for pictures, of each kind that there is."""
    if request.param == "folder":
        return {"media_folder": tmp_path / "media"}
    server: S3Server = request.getfixturevalue("s3")
    return server.add_bucket()


@pytest.fixture
def broken_storage(storage: dict[str, Any], tmp_path: Path) -> dict[str, Any]:
    """The settings of a place of the same kind that neither takes nor gives anything."""
    if storage["media_folder"] is None:
        return storage | {"media_s3_secret_access_key": "a wrong key"}
    folder = tmp_path / "broken"
    folder.mkdir()
    for first in range(256):
        (folder / f"{first:02x}").write_bytes(b"a file where a subfolder belongs")
    return {"media_folder": folder}


@pytest.fixture
async def pool(database: Database) -> AsyncGenerator[Pool]:
    async with open_pool(database.dsn("intake")) as pool:
        yield pool


async def add_keys(admin_dsn: str) -> None:
    """Store a key of each scope."""
    keys: list[tuple[str, Scope, str]] = [
        ("demo", "adapter", ADAPTER),
        ("STREETS", "bureau", BUREAU),
        ("Olga", "operator", OPERATOR),
    ]
    await store_keys(admin_dsn, "intake", keys)


@asynccontextmanager
async def serving_intake(
    settings: IntakeSettings,
    *,
    reads_kafka: bool = True,
    channels: Mapping[str, Channel[IntakePorts]] = CHANNELS,
) -> AsyncGenerator[str]:
    """Run an instance; yield the URL of its HTTP port.

    Args:
        settings: Its settings.
        reads_kafka: False for an instance that answers over HTTP and does nothing else.
    """
    stopping = asyncio.Event()
    async with (
        intake(settings, channels) as parts,
        serve_http(
            "127.0.0.1",
            0,
            routes=parts.routes,
            check=_nothing_missing,
            stopping=stopping,
            gate=parts.gate,
            no_page=parts.no_page,
        ) as port,
        asyncio.TaskGroup() as group,
    ):
        works = (*(parts.tasks if reads_kafka else ()), *parts.request_tasks)
        tasks = [group.create_task(_run(work, stopping)) for work in works]
        yield f"http://127.0.0.1:{port}"
        stopping.set()
        _, late = await asyncio.wait(tasks, timeout=_STOP_WITHIN_S)
        for task in late:
            task.cancel()


@pytest.fixture
async def running(stores: Stores, database: Database, tmp_path: Path) -> Running:
    """Return a maker of running instances, each yielding a client of its HTTP port.

    When a part of an instance fails, the test fails with its error.
    """
    await add_keys(database.admin_dsn)

    @asynccontextmanager
    async def instance(
        *, dsn: str = database.dsn("intake"), access: KafkaAccess = stores.access, **more: Any
    ) -> AsyncGenerator[aiohttp.ClientSession]:
        settings = intake_settings(dsn, access, tmp_path, **more)
        async with serving_intake(settings) as url, aiohttp.ClientSession(url) as client:
            yield client

    return instance


@asynccontextmanager
async def shared_intake(
    stores: Stores, folder: Path, *, reads_kafka: bool = True, **more: Any
) -> AsyncGenerator[str]:
    """Run an instance of several tests, with a database of its own; yield its URL."""
    name = await stores.new_database()
    await add_keys(stores.admin_dsn_of(name))
    async with open_database(stores.admin_dsn_of(name)) as db:
        await insert_positions(db, await stores.end_offsets())
    settings = intake_settings(stores.dsn(name, "intake"), stores.access, folder, **more)
    async with serving_intake(settings, reads_kafka=reads_kafka) as url:
        yield url
    await stores.drop_database(name)


@pytest.fixture(scope="session")
def answering_intake(stores: Stores, tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    """URL of the instance of all tests that are about its answers alone.

    It runs in a thread with a database of its own, where each test finds what others reported. It
    neither reads nor writes Kafka.
    """

    instance = shared_intake(
        stores, tmp_path_factory.mktemp("answering"), reads_kafka=False, forms_per_minute=10_000
    )
    with start_blocking_portal() as thread, thread.wrap_async_context_manager(instance) as url:
        yield url


@pytest.fixture
async def client(answering_intake: str) -> AsyncGenerator[aiohttp.ClientSession]:
    """A client of the instance that answers without Kafka."""
    async with aiohttp.ClientSession(answering_intake) as client:
        yield client


async def _run(work: ServiceTask, stopping: asyncio.Event) -> None:
    await work(stopping)


async def _nothing_missing() -> str | None:
    return None
