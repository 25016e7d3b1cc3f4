"""Connecting to a broker that may not be there yet."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Protocol, TypeVar

import structlog
from aiokafka.errors import KafkaError

from shared.runtime.ops.shutdown import pause, unless_stopped

log = structlog.get_logger()

_PAUSE_S = 0.5


class _Client(Protocol):
    async def start(self) -> None: ...
    async def stop(self) -> None: ...


C = TypeVar("C", bound=_Client)


@asynccontextmanager
async def connected(
    make: Callable[[], C], stopping: asyncio.Event | None = None
) -> AsyncGenerator[C]:
    """Yield a started client, trying for as long as the broker is away; stop it at the end.

    Raises:
        StoppedError: The process was asked to stop before the broker was there.
    """
    client = await _start(make, stopping or asyncio.Event())
    try:
        yield client
    finally:
        await client.stop()


async def _start(make: Callable[[], C], stopping: asyncio.Event) -> C:
    warned = False
    while True:
        client = make()
        try:
            await unless_stopped(stopping, _started(client))
        except (KafkaError, OSError) as error:
            await client.stop()
            if not warned:
                log.warning("broker_awaited", reason=type(error).__name__)
            warned = True
            await pause(stopping, _PAUSE_S)
        except BaseException:
            await client.stop()
            raise
        else:
            return client


async def _started(client: _Client) -> None:
    await client.start()
