"""Kafka clients that end in time, whatever the broker does."""

import asyncio
from contextlib import suppress

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import KafkaError
from typing_extensions import override

_STOP_WITHIN_S = 1.0


class Producer(AIOKafkaProducer):
    """A producer whose end waits a second for what it sends and then gives it up.

    An idempotent producer tries for ever; one that was given up must not go on in the background.
    """

    @override
    async def stop(self) -> None:
        with suppress(TimeoutError, KafkaError):
            await asyncio.wait_for(super().stop(), _STOP_WITHIN_S)  # type: ignore[no-untyped-call]
        await self._abandon()

    async def _abandon(self) -> None:
        await self.client.close()
        sending = self._sender.sender_task
        if sending and not sending.done():
            sending.cancel()
            await asyncio.wait({sending}, timeout=_STOP_WITHIN_S)
        accumulator = self._message_accumulator
        queued = [batch for queue in accumulator._batches.values() for batch in queue]  # noqa: SLF001
        for batch in [*queued, *accumulator._pending_batches]:  # noqa: SLF001
            batch.future.cancel()


class GroupConsumer(AIOKafkaConsumer):
    """A member of a group whose end waits a second for the broker to take note of it."""

    @override
    async def stop(self) -> None:
        with suppress(TimeoutError, KafkaError):
            await asyncio.wait_for(super().stop(), _STOP_WITHIN_S)  # type: ignore[no-untyped-call]
        await self._abandon()

    async def _abandon(self) -> None:
        coordinator = self._coordinator
        tasks = {
            task
            for name in ("_coordination_task", "_heartbeat_task", "_commit_refresh_task")
            if (task := getattr(coordinator, name, None)) and not task.done()
        }
        for task in tasks:
            task.cancel()
        if self._fetcher and not self._fetcher._fetch_task.done():  # noqa: SLF001
            await self._fetcher.close()
        await self._client.close()
        if tasks:
            await asyncio.wait(tasks, timeout=_STOP_WITHIN_S)
