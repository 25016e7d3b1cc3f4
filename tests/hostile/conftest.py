"""One router at a time for the tests that attack it, and the report at the end."""

from collections.abc import AsyncGenerator
from signal import SIGTERM, default_int_handler, signal

import pytest
import pytest_asyncio

from tests.hostile.measuring import LINES, TABLES
from tests.hostile.target import Target, Targets
from tests.support.temporary_folders import let_others_in


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--table``."""
    parser.addoption("--table", action="store_true", help="print the times of rules by text size")


def pytest_configure() -> None:
    """Let a run that is ended from outside stop its router, too."""
    signal(SIGTERM, default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything in this folder."""
    for item in items:
        if "tests/hostile/" in item.nodeid:
            item.add_marker(pytest.mark.hostile)
            item.add_marker(pytest.mark.timeout(600))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print a line for each test, and the tables that were asked for."""
    for line in LINES:
        terminalreporter.write_line(line)
    if terminalreporter.config.getoption("--table", default=False):
        for table in TABLES:
            terminalreporter.write_line(table)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def targets(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Targets]:
    """The router of a module; a test that breaks it costs the next test a new one."""
    targets = Targets(let_others_in(tmp_path_factory.mktemp("hostile")))
    yield targets
    await targets.stop()


@pytest_asyncio.fixture(loop_scope="module")
async def target(targets: Targets) -> Target:
    """A router that is up and calm."""
    return await targets.calm()
