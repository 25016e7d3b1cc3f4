"""A client that balances its load over the ready instances of a service."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from uuid import uuid4

import aiohttp

from tests.support.builders import submission

PROBE_EVERY_S = 0.2


@dataclass(slots=True)
class Balanced:
    """Submits at a fixed rate, in turn to every ready instance.

    Attributes:
        bases: Base URLs of the instances.
        key: The adapter's key.
        client: The HTTP session.
        statuses: Status of each response, 0 for a broken connection.
        accepted: Request ids of the accepted submissions.
    """

    bases: Sequence[str]
    key: str
    client: aiohttp.ClientSession
    statuses: list[int] = field(default_factory=list)
    accepted: list[str] = field(default_factory=list)
    _ready: list[str] = field(default_factory=list)

    @asynccontextmanager
    async def at(self, rate: float) -> AsyncGenerator[None]:
        """Send ``rate`` requests per second inside the block, then wait for the last responses."""
        async with asyncio.TaskGroup() as calls:
            probing = [calls.create_task(self._probe(base)) for base in self.bases]
            pacing = calls.create_task(self._pace(rate, calls))
            yield
            for task in (*probing, pacing):
                task.cancel()

    async def _probe(self, base: str) -> None:
        while True:
            ready = False
            with suppress(aiohttp.ClientError, TimeoutError):
                async with self.client.get(f"{base}/ready") as response:
                    ready = response.status == 200
            if ready != (base in self._ready):
                (self._ready.append if ready else self._ready.remove)(base)
            await asyncio.sleep(PROBE_EVERY_S)

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
            ) as response:
                self.statuses.append(response.status)
                if response.status == 201:
                    self.accepted.append((await response.json())["request_id"])
        except aiohttp.ClientError:
            self.statuses.append(0)
