"""Processes of one service that die, and what they leave."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from shared.contract.events import RequestSubmitted
from shared.runtime.kafka_access import KafkaAccess
from shared.runtime.postgres import Pool
from tests.integration.runtime.dying_service import FATAL
from tests.support.builders import request_submitted
from tests.support.waiting import eventually


@dataclass
class Child:
    """A process of the service, with its output."""

    process: asyncio.subprocess.Process
    lines: list[str] = field(default_factory=list)

    async def says(self, text: str) -> None:
        async def said() -> bool:
            return any(text in line for line in self.lines)

        await eventually(said)

    async def read(self) -> None:
        assert self.process.stdout
        async for line in self.process.stdout:
            self.lines.append(line.decode())

    async def end(self, how: signal.Signals) -> None:
        self.process.send_signal(how)
        await asyncio.wait_for(self.process.wait(), 60)


@dataclass
class DyingService:
    """Starts processes of one service, one after the other."""

    access: KafkaAccess
    dsn: str
    lines: list[str] = field(default_factory=list)

    @asynccontextmanager
    async def child(self, fate: str) -> AsyncGenerator[Child]:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.integration.runtime.dying_service",
            self.dsn,
            fate,
            env={**os.environ, **self.access.environment()},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        child = Child(process)
        reading = asyncio.create_task(child.read())
        try:
            yield child
        finally:
            if process.returncode is None:
                process.kill()
            await reading
            await process.wait()
            self.lines += child.lines


async def noted(pool: Pool) -> list[str]:
    return [str(row["request_id"]) for row in await pool.fetch("SELECT request_id FROM noted")]


def around(count: int) -> tuple[list[RequestSubmitted], RequestSubmitted, list[RequestSubmitted]]:
    """A fatal request between good ones, all in one partition."""
    good = [request_submitted() for _ in range(2 * count)]
    return good[:count], request_submitted(description=FATAL), good[count:]


def ids(events: Sequence[RequestSubmitted]) -> list[str]:
    return [event.data.request_id for event in events]


async def all_noted(pool: Pool, count: int) -> bool:
    return len(await noted(pool)) >= count
