"""Insight on the real broker and database."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from services.insight.app import insight
from services.insight.settings import InsightSettings
from shared.runtime.http.api_keys import store_keys
from shared.runtime.http.server import serve_http
from shared.runtime.postgres import Pool, open_pool
from tests.support.builders import NOON
from tests.support.databases import Database
from tests.support.stack import Stores

OPERATOR = "key of the operator called Olga"
BUREAU = "key of a bureau"
NOW = NOON + timedelta(days=60)


@pytest.fixture
def settings(stores: Stores, database: Database) -> InsightSettings:
    return InsightSettings.model_validate(
        {
            **stores.access.environment(),
            "postgres_dsn": database.dsn("insight"),
            "http_port": 0,
            "key_per_second": 1_000,
            "address_per_second": 1_000,
        }
    )


@pytest.fixture
async def pool(database: Database) -> AsyncGenerator[Pool]:
    async with open_pool(database.dsn("insight")) as pool:
        yield pool


@pytest.fixture
async def client(
    database: Database, settings: InsightSettings
) -> AsyncGenerator[aiohttp.ClientSession]:
    """Insight's HTTP port, while all of insight runs, 60 days after noon."""
    keys = [("Olga", "operator", OPERATOR), ("WATER", "bureau", BUREAU)]
    await store_keys(database.admin_dsn, "insight", keys)  # type: ignore[arg-type]
    async with serving_insight(settings) as client:
        yield client


@asynccontextmanager
async def serving_insight(settings: InsightSettings) -> AsyncGenerator[aiohttp.ClientSession]:
    stopping = asyncio.Event()
    async with (
        insight(settings, lambda: NOW) as parts,
        serve_http(
            "127.0.0.1", 0, routes=parts.routes, check=_nothing_missing, stopping=stopping
        ) as port,
        asyncio.TaskGroup() as group,
        aiohttp.ClientSession(
            f"http://127.0.0.1:{port}", headers={"Authorization": f"Bearer {OPERATOR}"}
        ) as client,
    ):
        for work in parts.tasks:
            group.create_task(_run(work, stopping))
        yield client
        stopping.set()


async def _run(work: Any, stopping: asyncio.Event) -> None:
    await work(stopping)


async def _nothing_missing() -> None:
    return None
