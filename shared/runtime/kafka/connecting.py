"""Connecting to a broker that may not be there yet."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Protocol, TypeVar

import structlog
from aiokafka.errors import KafkaError

log = structlog.get_logger()

_PAUSE_S = 0.5


class _Client(Protocol):
    async def start(self) -> None: ...
    async def stop(self) -> None: ...


C = TypeVar("C", bound=_Client)


@asynccontextmanager
async def connected(make: Callable[[], C]) -> AsyncGenerator[C]:
    """Yield a started client, trying for as long as the broker is away; stop it at the end."""
    client = await _start(make)
    try:
        yield client
    finally:
        await client.stop()


async def _start(make: Callable[[], C]) -> C:
    warned = False
    while True:
        client = make()
        try:
            await client.start()
        except KafkaError as error:
            await client.stop()
            if not warned:
                log.warning("broker_awaited", reason=type(error).__name__)
            warned = True
            await asyncio.sleep(_PAUSE_S)
        except BaseException:
            await client.stop()
            raise
        else:
            return client
