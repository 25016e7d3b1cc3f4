"""Clients that are cancelled while they start."""

import asyncio
from contextlib import suppress

import pytest
from aiokafka import AIOKafkaConsumer

from shared.runtime.kafka.clients import connect
from tests.support.stack import Stores

pytestmark = pytest.mark.integration

_MOMENTS = 100


async def test_a_client_that_is_cancelled_at_any_moment_of_its_start_leaves_no_connection_open(
    stores: Stores,
) -> None:
    """A connection that is left open warns when it is collected, and a warning is an error."""

    async def start() -> float:
        """Return the seconds until it is connected."""
        clock = asyncio.get_running_loop().time
        began = clock()
        async with connect(lambda: AIOKafkaConsumer(**stores.access.aiokafka_options())):
            return clock() - began

    takes_s = await start()
    for number in range(_MOMENTS):
        task = asyncio.create_task(start())
        await asyncio.wait([task], timeout=takes_s * number / _MOMENTS)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
