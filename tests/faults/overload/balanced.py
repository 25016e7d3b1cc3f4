"""A client that uses an instance only while it says that it is ready, as a load balancer does."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from uuid import uuid4

import aiohttp

from tests.builders import submission

LOOK_EVERY_S = 0.2


@dataclass(slots=True)
class Balanced:
    """Hands in submissions at a pace, in turn at every instance that is ready.

    Attributes:
        bases: Addresses of the instances.
        statuses: What each call was answered, 0 for a broken connection.
        accepted: The request ids of those that were taken.
    """

    bases: Sequence[str]
    key: str
    client: aiohttp.ClientSession
    statuses: list[int] = field(default_factory=list)
    accepted: list[str] = field(default_factory=list)
    _ready: list[str] = field(default_factory=list)

    @asynccontextmanager
    async def at(self, rate: float) -> AsyncGenerator[None]:
        """Send so many a second until the end, then wait for the last answers."""
        async with asyncio.TaskGroup() as calls:
            looking = [calls.create_task(self._look(base)) for base in self.bases]
            pacing = calls.create_task(self._pace(rate, calls))
            yield
            for task in (*looking, pacing):
                task.cancel()

    async def _look(self, base: str) -> None:
        while True:
            ready = False
            with suppress(aiohttp.ClientError, TimeoutError):
                async with self.client.get(f"{base}/ready") as said:
                    ready = said.status == 200
            if ready != (base in self._ready):
                (self._ready.append if ready else self._ready.remove)(base)
            await asyncio.sleep(LOOK_EVERY_S)

    async def _pace(self, rate: float, calls: asyncio.TaskGroup) -> None:
        number = 0
        while True:
            await asyncio.sleep(1 / rate)
            if self._ready:
                number += 1
                calls.create_task(self._call(self._ready[number % len(self._ready)]))

    async def _call(self, base: str) -> None:
        headers = {"Authorization": f"Bearer {self.key}", "Idempotency-Key": str(uuid4())}
        try:
            async with self.client.post(
                f"{base}/v1/submissions",
                json=submission(description="A small pothole"),
                headers=headers,
            ) as said:
                self.statuses.append(said.status)
                if said.status == 201:
                    self.accepted.append((await said.json())["request_id"])
        except aiohttp.ClientError:
            self.statuses.append(0)
