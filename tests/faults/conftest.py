"""Fixtures of the fault trials: routers, the seed, and the table of verdicts."""

import os
import shutil
import sys
from collections.abc import AsyncGenerator, Generator
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
import pytest_asyncio
from rich.console import Console

from deploy.local.folder import DataFolder
from deploy.local.postgres_files import remove_cluster
from tests.faults.kit import verdicts
from tests.faults.kit.router import RouterUnderTest, running_router


def pytest_sessionstart() -> None:
    os.environ.setdefault("FAULTS_SEED", str(int.from_bytes(os.urandom(3))))


def pytest_report_header() -> str:
    return f"faults: seed {os.environ['FAULTS_SEED']} (FAULTS_SEED=… repeats a run)"


def pytest_terminal_summary() -> None:
    verdicts.print_table(Console(file=sys.stdout, width=150))


@pytest.fixture(scope="session")
def seed() -> int:
    return int(os.environ["FAULTS_SEED"])


@contextmanager
def _data_folder() -> Generator[Path]:
    """Create a folder that PostgreSQL's user can enter."""
    path = Path(mkdtemp(prefix="route311-faults-"))
    path.chmod(0o755)
    yield path / "data"
    remove_cluster(DataFolder(path / "data"))
    shutil.rmtree(path, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class NewRouter:
    """Runs routers for one test alone, in the folder ``data``."""

    data: Path
    seed: int

    def __call__(self, **options: Any) -> AbstractAsyncContextManager[RouterUnderTest]:
        """Run a router; the options are those of ``running_router``."""
        return running_router(self.data, seed=self.seed, **options)


@pytest.fixture
def new_router(seed: int) -> Generator[NewRouter]:
    """A factory of routers for this test alone."""
    with _data_folder() as data:
        yield NewRouter(data, seed)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def router(seed: int) -> AsyncGenerator[RouterUnderTest]:
    """The router shared by trials that leave it intact."""
    with _data_folder() as data:
        async with running_router(data, seed=seed) as started:
            yield started


@pytest.fixture
def data_folder() -> Generator[Path]:
    """A folder for a router that the test runs itself."""
    with _data_folder() as data:
        yield data
