"""Fixtures of all tests: the stores of the run, and a database and a topic log per test."""

import gc
import sys
from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio
import structlog
from hypothesis import HealthCheck, settings
from xdist.remote import Producer

from shared.runtime.kafka import Partition
from tests.support.databases import Database, EmptyDatabases
from tests.support.stack import Stores, running_stores
from tests.support.topic_log import TopicLog, open_topic_log
from tests.support.xdist_scheduling import RouterTestsOnOneWorker

settings.register_profile(
    "busy machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("busy machine")


def pytest_configure() -> None:
    """Log to standard error: a thread of an earlier test may log while a command answers."""
    structlog.configure(logger_factory=lambda *_: structlog.PrintLogger(sys.stderr))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> RouterTestsOnOneWorker:
    """Schedule tests on workers in collection order, which puts the slowest first."""
    config.option.loadscopereorder = False
    return RouterTestsOnOneWorker(config, log)


def pytest_collection_finish() -> None:
    """Leave the collected tests and modules out of garbage collection, a fifth of a run's time."""
    gc.collect()
    gc.freeze()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def stores() -> AsyncGenerator[Stores]:
    """Kafka with all topics and PostgreSQL with all schemas, once per run."""
    async with running_stores() as started:
        yield started


@pytest.fixture(scope="session")
def databases(stores: Stores) -> EmptyDatabases:
    return EmptyDatabases(stores)


@pytest.fixture
async def start_offsets(stores: Stores) -> dict[Partition, int]:
    """The end of every partition when the test began."""
    return await stores.end_offsets()


@pytest.fixture
async def database(databases: EmptyDatabases, start_offsets: dict[Partition, int]) -> Database:
    """An empty database whose services skip the records of earlier tests.

    Nobody waits for processes that earlier tests killed: their groups have no members.
    """
    await databases.stores.evict_members()
    return await databases.next(start_offsets)


@pytest.fixture
async def topic_log(
    stores: Stores, start_offsets: dict[Partition, int]
) -> AsyncGenerator[TopicLog]:
    """Access to all topics, from their ends at the beginning of the test."""
    async with open_topic_log(stores.access, start_offsets) as log:
        yield log
