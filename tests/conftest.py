"""Fixtures of all tests: the stores of the run, and a database and a topic log per test."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass

import asyncpg
import pytest
import pytest_asyncio
from hypothesis import HealthCheck, settings
from xdist.remote import Producer

from shared.runtime.kafka import Partition, open_sink
from shared.runtime.kafka.reader import end_offsets
from shared.runtime.migrate import SERVICES
from tests.support.stack import Stores, running_stores
from tests.support.topic_log import TopicLog
from tests.support.xdist_scheduling import RouterTestsOnOneWorker

settings.register_profile(
    "busy machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("busy machine")

_INSERT_POSITIONS = """
    INSERT INTO consumer_offset (topic, partition, epoch, next_offset)
    SELECT topic, partition, 0, next_offset
      FROM unnest($1::text[], $2::integer[], $3::bigint[]) AS ends (topic, partition, next_offset)
"""


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> RouterTestsOnOneWorker:
    """Schedule tests on workers in collection order, which puts the slowest first."""
    config.option.loadscopereorder = False
    return RouterTestsOnOneWorker(config, log)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def stores() -> AsyncGenerator[Stores]:
    """Kafka with all topics and PostgreSQL with all schemas, once per run."""
    async with running_stores() as started:
        yield started


@dataclass(frozen=True, slots=True)
class Database:
    """A database for one test; every service's position is the present end of every topic."""

    name: str
    stores: Stores

    def dsn(self, service: str) -> str:
        """Return the DSN for a service's own role."""
        return self.stores.dsn(self.name, service)

    @property
    def admin_dsn(self) -> str:
        """DSN of the administrator."""
        return self.stores.admin_dsn_of(self.name)


@pytest.fixture
async def start_offsets(stores: Stores) -> dict[Partition, int]:
    """The end of every partition when the test began."""
    return await end_offsets(stores.access, [topic.name for topic in stores.topics])


@pytest.fixture
async def database(stores: Stores, start_offsets: dict[Partition, int]) -> AsyncGenerator[Database]:
    """A fresh database whose services skip the records of earlier tests."""
    database = Database(await stores.new_database(), stores)
    for service in SERVICES:
        connection = await asyncpg.connect(
            database.admin_dsn, server_settings={"search_path": service}
        )
        await connection.execute(
            _INSERT_POSITIONS,
            [p.topic for p in start_offsets],
            [p.partition for p in start_offsets],
            list(start_offsets.values()),
        )
        await connection.close()
    yield database
    await stores.drop_database(database.name)


@pytest.fixture
async def topic_log(
    stores: Stores, start_offsets: dict[Partition, int]
) -> AsyncGenerator[TopicLog]:
    """Access to all topics, from their ends at the beginning of the test."""
    async with open_sink(stores.access) as sink:
        yield TopicLog(stores.access, sink, start_offsets)
