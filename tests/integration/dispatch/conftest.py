"""Dispatch on the real broker and database."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import aiohttp
import asyncpg
import pytest

from services.dispatch.app import dispatch
from services.dispatch.settings import DispatchSettings
from services.dispatch.store.postgres import PostgresDispatchStore
from services.dispatch.unit_of_work import DispatchStore
from shared.runtime.postgres import Pool, open_pool
from tests.support.builders import NOON
from tests.support.databases import Database
from tests.support.dispatch.http_access import add_keys, serving_dispatch
from tests.support.dispatch.in_memory_store import InMemoryDispatchStore
from tests.support.stack import Stores


@pytest.fixture
def settings(stores: Stores, database: Database) -> DispatchSettings:
    return DispatchSettings.model_validate(
        {
            **stores.access.environment(),
            "postgres_dsn": database.dsn("dispatch"),
            "http_port": 0,
            "key_per_second": 1_000,  # polling on a slow machine passes the usual limits
            "address_per_second": 1_000,
        }
    )


@pytest.fixture
async def pool(database: Database) -> AsyncGenerator[Pool]:
    async with open_pool(database.dsn("dispatch"), size=8) as pool:
        yield pool


@pytest.fixture
async def client(
    database: Database, settings: DispatchSettings
) -> AsyncGenerator[aiohttp.ClientSession]:
    """Dispatch's HTTP port, while all of dispatch runs."""
    await add_keys(database)
    async with serving_dispatch(settings) as client:
        yield client


@asynccontextmanager
async def running_dispatch(
    settings: DispatchSettings, clock: Callable[[], datetime] = lambda: NOON
) -> AsyncGenerator[None]:
    """Run dispatch beside the test; when it fails, the test fails at once with its error.

    The clock stands at the time of the tests' events, so that nothing is overdue.
    """
    stopping = asyncio.Event()
    async with dispatch(settings, clock) as parts, asyncio.TaskGroup() as group:
        for work in parts.tasks:
            group.create_task(_run(work, stopping))
        yield
        stopping.set()


async def _run(work: Any, stopping: asyncio.Event) -> None:
    await work(stopping)


@pytest.fixture
async def running(settings: DispatchSettings) -> AsyncGenerator[None]:
    async with running_dispatch(settings):
        yield


@pytest.fixture
async def postgres_store(database: Database) -> AsyncGenerator[DispatchStore]:
    connection = await asyncpg.connect(database.dsn("dispatch"))
    async with connection.transaction():
        yield PostgresDispatchStore(connection)
    await connection.close()


@pytest.fixture(params=["in memory", pytest.param("in PostgreSQL", marks=pytest.mark.integration)])
def store(request: pytest.FixtureRequest) -> DispatchStore:
    if request.param == "in memory":
        return InMemoryDispatchStore()
    found: DispatchStore = request.getfixturevalue("postgres_store")
    return found
