"""One router and one browser for all end-to-end tests."""

from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.support.chromium import open_browser
from tests.support.router import Router, running_router
from tests.support.temporary_folders import let_others_in


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def router(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Router]:
    """Start a whole router by its command."""
    folder = let_others_in(tmp_path_factory.mktemp("router"))
    async with running_router(folder / "data") as started:
        yield started


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def browser() -> AsyncGenerator[Browser]:
    async with open_browser() as started:
        yield started
