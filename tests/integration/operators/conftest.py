"""One router for all commands of operators; each module has reports of its own in it."""

from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio

from deploy.local.supervisor import running_stack
from tests.support.operated_router import OperatedRouter
from tests.support.temporary_folders import let_others_in


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def router(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[OperatedRouter]:
    folder = let_others_in(tmp_path_factory.mktemp("operated"))
    async with running_stack(folder / "data") as stack:
        yield OperatedRouter(stack, folder / "data")
