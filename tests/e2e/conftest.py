"""One router for all tests that look at it from outside."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.e2e.outside import Router, running_router


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def router(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Router]:
    """A whole router, started by its own command."""
    folder: Path = tmp_path_factory.mktemp("router")
    for parent in (folder, *folder.parents[:2]):
        parent.chmod(0o755)  # PostgreSQL runs as another user when the tests run as root
    async with running_router(folder / "data") as started:
        yield started
