"""One browser and one instance for all tests of a module; an instance reads and writes Kafka."""

from collections.abc import AsyncGenerator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.integration.intake.conftest import shared_intake
from tests.support.chromium import open_browser
from tests.support.stack import Stores
from tests.support.topic_log import TopicLog, open_topic_log


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser_of_module() -> AsyncGenerator[Browser]:
    async with open_browser() as browser:
        yield browser


@pytest_asyncio.fixture(loop_scope="module")
async def browser(browser_of_module: Browser) -> AsyncGenerator[Browser]:
    """A browser whose pages are closed after the test."""
    yield browser_of_module
    for context in browser_of_module.contexts:
        await context.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(
    stores: Stores, tmp_path_factory: pytest.TempPathFactory
) -> AsyncGenerator[aiohttp.ClientSession]:
    """A client of an instance that offers every language."""
    more: dict[str, Any] = {"forms_per_minute": 1_000, "unreviewed_languages": "offer"}
    async with (
        shared_intake(stores, tmp_path_factory.mktemp("site"), **more) as url,
        aiohttp.ClientSession(url) as client,
    ):
        yield client


@pytest_asyncio.fixture(loop_scope="module")
async def site_log(stores: Stores) -> AsyncGenerator[TopicLog]:
    """Access to all topics, in the event loop of the module."""
    async with open_topic_log(stores.access, await stores.end_offsets()) as log:
        yield log
