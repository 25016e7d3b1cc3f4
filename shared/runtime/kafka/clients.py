"""Kafka clients that wait for a broker at start, and stop in bounded time.

``Producer``, ``GroupConsumer`` and the functions on a member use private attributes of aiokafka, so
aiokafka is pinned exactly.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import KafkaError
from typing_extensions import override

from shared.runtime.ops.shutdown import cancel_on_stop, pause

log = structlog.get_logger()

_STOP_WITHIN_S = 1.0
_CONNECT_AGAIN_AFTER_S = 0.5
_FETCH_BESIDE_AFTER_S = 0.01
_WAIT_S, _WAIT_BESIDE_S = 2.0, 0.025


class _Client(Protocol):
    def start(self) -> Coroutine[Any, Any, None]: ...
    async def stop(self) -> None: ...


C = TypeVar("C", bound=_Client)


@asynccontextmanager
async def connect(
    make: Callable[[], C], stopping: asyncio.Event | None = None
) -> AsyncGenerator[C]:
    """Yield a started client, after retrying while the broker is down; stop it at the end.

    Args:
        make: Makes a new client for each attempt.

    Raises:
        StoppedError: The process was asked to stop before the broker was up.
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
            await cancel_on_stop(stopping, _start_once(client))
        except (KafkaError, OSError) as error:
            await client.stop()
            if not warned:
                log.warning("broker_unavailable", reason=type(error).__name__)
            warned = True
            await pause(stopping, _CONNECT_AGAIN_AFTER_S)
        except BaseException:
            await client.stop()
            raise
        else:
            return client


async def _start_once(client: _Client) -> None:
    """Start a client; a cancelled start continues for at most a second.

    aiokafka leaves its first connection open when its start is cancelled.
    """
    start = asyncio.create_task(client.start())
    try:
        await asyncio.shield(start)
    except asyncio.CancelledError:
        await _end_tasks([start], after_s=_STOP_WITHIN_S)
        raise


class Producer(AIOKafkaProducer):
    """A producer that stops within seconds and abandons unacknowledged records then.

    aiokafka's idempotent producer retries for ever; after a stop it must not continue in the
    background.
    """

    @override
    async def stop(self) -> None:
        await _finish_or_cancel(super().stop())  # type: ignore[no-untyped-call] # aiokafka has no types
        await _finish_or_cancel(self.client.close())
        if self._sender.sender_task:
            await _end_tasks([self._sender.sender_task])
            await _finish_or_cancel(self.client.close())  # connections that the sender opened since
        accumulator = self._message_accumulator
        queued = [batch for queue in accumulator._batches.values() for batch in queue]  # noqa: SLF001 - no public way
        for batch in [*queued, *accumulator._pending_batches]:  # noqa: SLF001 - no public way
            batch.future.cancel()


@dataclass(slots=True)
class Waits:
    """Long-poll limits: how long the broker holds fetches of a member that find nothing.

    Attributes:
        is_positioned: The positions to read from are known; a fetch from others ends soon.
        until: End of gathering, in seconds of the monotonic clock.
    """

    is_positioned: bool = False
    until: float = 0.0

    def of_next_fetch(self, *, beside: bool) -> float:
        """Return the seconds that end the next fetch; ``beside`` if records await a poll."""
        left_s = self.until - time.monotonic()
        if beside or not self.is_positioned:
            return max(_WAIT_BESIDE_S, left_s)
        return left_s if left_s > 0 else _WAIT_S


class GroupConsumer(AIOKafkaConsumer):
    """A member of a consumer group that leaves and stops within seconds, even without a broker.

    It has one fetch in progress at a time. One of all partitions waits at the broker until a record
    arrives, which ends the wait at once. While records of some partitions wait for a poll, it soon
    fetches the others, since one of an express topic may be there; aiokafka waits 0.1 s for the
    poll. The next records of the polled partitions wait for that fetch, so it is short.
    """

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 - of aiokafka
        super().__init__(**options)  # type: ignore[no-untyped-call] # aiokafka has no types
        self.waits = Waits()

    @override
    async def start(self) -> None:
        await super().start()  # type: ignore[no-untyped-call] # aiokafka has no types
        fetcher: Any = self._fetcher
        fetcher._prefetch_backoff = _FETCH_BESIDE_AFTER_S  # noqa: SLF001 - no public way
        fetcher._fetcher_timeout = _WAIT_S  # noqa: SLF001 - no public way
        plan = fetcher._get_actions_per_node  # noqa: SLF001 - no public way

        def plan_with_wait(assignment: object) -> object:
            wait_s = self.waits.of_next_fetch(beside=bool(fetcher._records))  # noqa: SLF001 - no public way
            fetcher._fetch_max_wait_ms = int(wait_s * 1000)  # noqa: SLF001 - no public way
            return plan(assignment)

        fetcher._get_actions_per_node = plan_with_wait  # noqa: SLF001 - no public way

    @override
    async def stop(self) -> None:
        await _finish_or_cancel(super().stop())  # type: ignore[no-untyped-call] # aiokafka has no types
        names = ("_coordination_task", "_heartbeat_task", "_commit_refresh_task")
        await _end_tasks(task for name in names if (task := getattr(self._coordinator, name, None)))
        if self._fetcher:
            await _end_tasks([self._fetcher._fetch_task, *self._fetcher._pending_tasks])  # noqa: SLF001 - no public way
        await _finish_or_cancel(self._client.close())


def has_failed_task(member: AIOKafkaConsumer) -> bool:
    """Return True when a background task of a consumer has ended, which aiokafka does not report.

    For example, a write to a connection that was just closed ends the fetcher for good; the
    consumer then keeps its partitions but reads nothing.
    """
    fetcher, coordinator = member._fetcher, member._coordinator  # noqa: SLF001 - no public way
    if fetcher is None or coordinator is None:
        return True
    tasks = (fetcher._fetch_task, coordinator._coordination_task)  # noqa: SLF001 - no public way
    return any(task.done() for task in tasks)


def waits_of(member: Any) -> Waits:  # noqa: ANN401 - aiokafka has no types
    """Return the mutable long-poll limits of a member of a group."""
    waits: Waits = member.waits
    return waits


async def _finish_or_cancel(work: Coroutine[Any, Any, None]) -> None:
    """Give the work a second to finish, then cancel it; aiokafka may also cancel itself."""
    await _end_tasks([asyncio.create_task(work)], after_s=_STOP_WITHIN_S)


async def _end_tasks(tasks: Iterable["asyncio.Task[None]"], after_s: float = 0) -> None:
    tasks = list(tasks)
    if not tasks:
        return
    _, late = await asyncio.wait(tasks, timeout=after_s)
    for task in late:
        task.cancel()
    await asyncio.wait(tasks, timeout=_STOP_WITHIN_S)
    for task in tasks:
        if task.done() and not task.cancelled():
            task.exception()  # retrieved, so that asyncio does not log it as never retrieved
