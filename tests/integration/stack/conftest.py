"""A local stack with real stores and stand-ins for the services."""

from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio

from tests.integration.stack.router import Router, running_router


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def router(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Router]:
    async with running_router(tmp_path_factory.mktemp("stack") / "data") as router:
        yield router
