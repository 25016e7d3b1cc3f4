"""Alerts between two services: notify reads the public list of a real intake."""

from collections.abc import AsyncGenerator

import pytest

from shared.runtime.postgres import Pool, open_pool
from tests.integration.intake.conftest import running
from tests.integration.notify.conftest import mail
from tests.support.databases import Database

__all__ = ["mail", "running"]


@pytest.fixture
async def pool(database: Database) -> AsyncGenerator[Pool]:
    async with open_pool(database.dsn("notify")) as pool:
        yield pool
