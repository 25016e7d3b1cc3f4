"""A minimal service: its handler stores each request id and returns a decision."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, TypeAlias

import pytest

from shared.contract.events import Event, RequestSubmitted
from shared.contract.topics import INTAKE_REQUESTS, INTAKE_REQUESTS_EXPRESS
from shared.errors import PermanentError
from shared.runtime.consumer.consumer import Consumer, Handler
from shared.runtime.consumer.messages import Message
from shared.runtime.outbox.relay import Relay
from shared.runtime.postgres import Connection, Pool, open_pool
from tests.integration.runtime.children import DyingService
from tests.support.builders import decision, request_triaged
from tests.support.databases import Database
from tests.support.stack import Stores

RunConsumer: TypeAlias = Callable[..., AbstractAsyncContextManager[Consumer[Any]]]


async def decide(messages: Sequence[Message[RequestSubmitted]], db: Connection) -> list[Event]:
    """Store the id of each request and decide it; the description ``poison`` fails."""
    if any(message.event.data.description == "poison" for message in messages):
        raise PermanentError("description: poison")
    await db.executemany(
        "INSERT INTO noted (request_id) VALUES ($1)",
        [(message.event.data.request_id,) for message in messages],
    )
    return [request_triaged(decision(message.event.data)) for message in messages]


@pytest.fixture
async def pool(database: Database) -> AsyncGenerator[Pool]:
    async with open_pool(database.dsn("triage")) as pool:
        await pool.execute("CREATE TABLE noted (request_id uuid NOT NULL, at timestamptz)")
        yield pool


@pytest.fixture
def run_consumer(stores: Stores, pool: Pool) -> RunConsumer:
    """Return a function that runs a consumer and a relay until its block ends."""

    @asynccontextmanager
    async def running(
        handle: Handler[Any] = decide, pool: Pool = pool, **settings: Any
    ) -> AsyncGenerator[Consumer[Any]]:
        relay = Relay(pool, stores.access)
        consumer = Consumer[Any](
            service="triage",
            name="runtime-test",
            topics=[INTAKE_REQUESTS_EXPRESS, INTAKE_REQUESTS],
            access=stores.access,
            pool=pool,
            handle=handle,
            express_topics=frozenset({INTAKE_REQUESTS_EXPRESS.name}),
            on_commit=relay.hand_over,
            **settings,
        )
        stopping = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(consumer.run(stopping))
            group.create_task(relay.run(stopping))
            yield consumer
            stopping.set()

    return running


@pytest.fixture
def service(database: Database, stores: Stores, pool: Pool) -> DyingService:
    """A service whose processes die."""
    del pool  # has made the table
    return DyingService(stores.access, database.dsn("triage"))
