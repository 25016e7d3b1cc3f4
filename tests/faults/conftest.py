"""The router that the trials harm, and the table of what became of it."""

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
    """Make a folder that PostgreSQL's user can enter."""
    path = Path(mkdtemp(prefix="route311-faults-"))
    path.chmod(0o755)
    yield path / "data"
    shutil.rmtree(path, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class NewRouter:
    """Makes a router that only one test harms, in the folder ``data``."""

    data: Path
    seed: int

    def __call__(self, **options: Any) -> AbstractAsyncContextManager[RouterUnderTest]:
        """Run it; the options are those of ``running_city``."""
        return running_router(self.data, seed=self.seed, **options)


@pytest.fixture
def new_router(seed: int) -> Generator[NewRouter]:
    """Makes a router that only this test harms."""
    with _data_folder() as data:
        yield NewRouter(data, seed)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def router(seed: int) -> AsyncGenerator[RouterUnderTest]:
    """The router that trials share which leave it as they found it."""
    with _data_folder() as data:
        async with running_router(data, seed=seed) as started:
            yield started


@pytest.fixture
def data_folder() -> Generator[Path]:
    """A folder for a router of the test's own making."""
    with _data_folder() as data:
        yield data
