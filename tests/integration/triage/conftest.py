"""Triage on the real broker and database."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, TypeAlias

import pytest

from services.triage.app import triage
from services.triage.settings import TriageSettings
from shared.runtime.service import ServiceParts
from tests.support.databases import Database
from tests.support.stack import Stores

Running: TypeAlias = Callable[[], AbstractAsyncContextManager[ServiceParts]]


@pytest.fixture
def running(stores: Stores, database: Database) -> Running:
    """Return a maker of running instances; when one fails, the test fails with its error."""
    settings = TriageSettings.model_validate(
        {
            **stores.access.environment(),
            "postgres_dsn": database.dsn("triage"),
            "http_port": 0,
        }
    )

    @asynccontextmanager
    async def instance() -> AsyncGenerator[ServiceParts]:
        stopping = asyncio.Event()
        async with triage(settings) as parts, asyncio.TaskGroup() as group:
            for work in parts.tasks:
                group.create_task(_run(work, stopping))
            yield parts
            stopping.set()

    return instance


async def _run(work: Any, stopping: asyncio.Event) -> None:
    await work(stopping)
