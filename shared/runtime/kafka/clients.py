"""Kafka clients that end in time, whatever the broker does."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager
from typing import Any, Protocol, TypeVar

import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import KafkaError
from typing_extensions import override

from shared.runtime.ops.shutdown import cancel_on_stop, pause

_STOP_WITHIN_S = 1.0


class Producer(AIOKafkaProducer):
    """A producer whose end waits a second for what it sends and then gives it up.

    An idempotent producer tries for ever; one that was given up must not go on in the background.
    """

    @override
    async def stop(self) -> None:
        await _briefly(super().stop())  # type: ignore[no-untyped-call]
        await _briefly(self.client.close())
        if self._sender.sender_task:
            await _end([self._sender.sender_task])
        accumulator = self._message_accumulator
        queued = [batch for queue in accumulator._batches.values() for batch in queue]  # noqa: SLF001
        for batch in [*queued, *accumulator._pending_batches]:  # noqa: SLF001
            batch.future.cancel()


class GroupConsumer(AIOKafkaConsumer):
    """A member of a group whose end waits a second for the broker to take note of it."""

    @override
    async def stop(self) -> None:
        await _briefly(super().stop())  # type: ignore[no-untyped-call]
        names = ("_coordination_task", "_heartbeat_task", "_commit_refresh_task")
        await _end(task for name in names if (task := getattr(self._coordinator, name, None)))
        if self._fetcher:
            await _end([self._fetcher._fetch_task, *self._fetcher._pending_tasks])  # noqa: SLF001
        await _briefly(self._client.close())


def has_failed_task(member: AIOKafkaConsumer) -> bool:
    """Return whether a task that a member of a group lives by has ended, which it tells nobody.

    A write on a connection that was just closed ends the fetcher for good, for example; the
    member keeps its partitions then and reads nothing.
    """
    fetcher, coordinator = member._fetcher, member._coordinator  # noqa: SLF001
    if fetcher is None or coordinator is None:
        return True
    tasks = (fetcher._fetch_task, coordinator._coordination_task)  # noqa: SLF001
    return any(task.done() for task in tasks)


async def _briefly(work: Coroutine[Any, Any, None]) -> None:
    """Let the work end within a second; aiokafka may also end it by cancelling itself."""
    await _end([asyncio.create_task(work)], after_s=_STOP_WITHIN_S)


async def _end(tasks: Iterable["asyncio.Task[None]"], after_s: float = 0) -> None:
    tasks = list(tasks)
    if not tasks:
        return
    _, late = await asyncio.wait(tasks, timeout=after_s)
    for task in late:
        task.cancel()
    await asyncio.wait(tasks, timeout=_STOP_WITHIN_S)
    for task in tasks:
        if task.done() and not task.cancelled():
            task.exception()  # looked at, so that nobody reports it as forgotten


log = structlog.get_logger()

_PAUSE_S = 0.5


class _Client(Protocol):
    async def start(self) -> None: ...
    async def stop(self) -> None: ...


C = TypeVar("C", bound=_Client)


@asynccontextmanager
async def connect(
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
            await cancel_on_stop(stopping, _started(client))
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
