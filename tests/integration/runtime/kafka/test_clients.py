"""Clients that are cancelled while they start."""

import asyncio
from itertools import count

import pytest
from aiokafka import AIOKafkaConsumer

from shared.runtime.kafka.clients import connect
from tests.stack import Stores

pytestmark = pytest.mark.integration

_ROUNDS = 5


async def test_a_client_that_is_cancelled_at_any_moment_of_its_start_leaves_no_connection_open(
    stores: Stores,
) -> None:
    """A connection that is left open warns when it is collected, and a warning is an error."""

    async def start() -> None:
        async with connect(lambda: AIOKafkaConsumer(**stores.access.aiokafka_options())):
            started.append(True)

    started: list[bool] = []
    for _ in range(_ROUNDS):
        for milliseconds in count():
            task = asyncio.create_task(start())
            await asyncio.wait([task], timeout=milliseconds / 1000)
            if task.done():
                break
            task.cancel()
            await asyncio.wait([task])

    assert len(started) >= _ROUNDS
