"""Records at which a process dies, and records at which it is killed."""

import asyncio
import signal
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from shared.contract.events import RequestSubmitted
from shared.contract.topics import INTAKE_REQUESTS
from shared.runtime.postgres import Pool
from tests.builders import request_submitted
from tests.conftest import Database
from tests.integration.runtime.dying_service import BEGUN, FATAL
from tests.topic_log import TopicLog
from tests.waiting import eventually

pytestmark = pytest.mark.integration


@dataclass
class Child:
    """A process of the service, with its output."""

    process: asyncio.subprocess.Process
    lines: list[str] = field(default_factory=list)

    async def says(self, text: str) -> None:
        async def said() -> bool:
            return any(text in line for line in self.lines)

        await eventually(said, 30)

    async def read(self) -> None:
        assert self.process.stdout
        async for line in self.process.stdout:
            self.lines.append(line.decode())

    async def end(self, how: signal.Signals) -> None:
        self.process.send_signal(how)
        await asyncio.wait_for(self.process.wait(), 15)


@dataclass
class DyingService:
    """Starts processes of one service, one after the other."""

    bootstrap: str
    dsn: str
    lines: list[str] = field(default_factory=list)

    @asynccontextmanager
    async def child(self, fate: str) -> AsyncGenerator[Child]:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.integration.runtime.dying_service",
            self.bootstrap,
            self.dsn,
            fate,
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


@pytest.fixture
def service(database: Database, topic_log: TopicLog, pool: Pool) -> DyingService:
    del pool  # has made the table
    return DyingService(topic_log.bootstrap, database.dsn("triage"))


async def noted(pool: Pool) -> list[str]:
    return [str(row["request_id"]) for row in await pool.fetch("SELECT request_id FROM noted")]


def around(count: int) -> tuple[list[RequestSubmitted], RequestSubmitted, list[RequestSubmitted]]:
    """A fatal request between good ones, all in one partition."""
    good = [request_submitted() for _ in range(2 * count)]
    return good[:count], request_submitted(description=FATAL), good[count:]


def ids(events: list[RequestSubmitted]) -> list[str]:
    return [event.data.request_id for event in events]


@pytest.mark.parametrize("fate", ["exit", "kill", "raise"])
async def test_the_third_crash_at_a_record_parks_it_alone_and_its_neighbours_are_handled_once(
    service: DyingService, pool: Pool, topic_log: TopicLog, fate: str
) -> None:
    before, fatal, after = around(5)
    await topic_log.publish(*before, fatal, *after)
    for _ in range(3):
        async with service.child(fate) as child:
            await asyncio.wait_for(child.process.wait(), 30)

    async with service.child(fate) as child:
        [parked] = await eventually(lambda: topic_log.records("intake-requests-dlq"), 30)
        await eventually(lambda: all_noted(pool, 10))
        await child.end(signal.SIGTERM)

    assert await noted(pool) == ids([*before, *after])
    headers = dict(parked.headers)
    assert (headers["service"], headers["code"]) == (b"triage", b"crashed")
    assert parked.value
    assert fatal.data.request_id.encode() in parked.value
    assert child.process.returncode == 0
    assert any('"message_refused"' in line and '"error"' in line for line in child.lines)


async def all_noted(pool: Pool, count: int) -> bool:
    return len(await noted(pool)) >= count


async def test_a_process_that_is_killed_five_times_from_outside_at_one_record_parks_nothing(
    service: DyingService, pool: Pool, topic_log: TopicLog
) -> None:
    before, fatal, after = around(5)
    await topic_log.publish(*before, fatal, *after)
    for kill_when in (BEGUN, BEGUN, "last_try", BEGUN, BEGUN):
        async with service.child("wait") as child:
            await child.says(kill_when)
            await child.end(signal.SIGKILL)

    async with service.child("none") as child:
        await eventually(lambda: all_noted(pool, 11), 30)
        await child.end(signal.SIGTERM)

    assert await noted(pool) == ids([*before, fatal, *after])
    assert await topic_log.records("intake-requests-dlq") == []


async def test_a_process_that_is_asked_to_stop_at_a_record_again_and_again_counts_no_crash(
    service: DyingService, pool: Pool, topic_log: TopicLog
) -> None:
    _, fatal, _ = around(0)
    await topic_log.publish(fatal)
    for _ in range(2):
        async with service.child("wait") as child:
            await child.says(BEGUN)
            await child.end(signal.SIGTERM)

    marks = "SELECT count(*) FROM consumer_offset WHERE in_hand_until IS NOT NULL OR crashes > 0"
    assert await pool.fetchval(marks) == 0


async def test_success_ends_the_count(
    service: DyingService, pool: Pool, topic_log: TopicLog
) -> None:
    before, fatal, after = around(5)
    await topic_log.publish(*before, fatal, *after)
    for _ in range(2):
        async with service.child("kill") as child:
            await asyncio.wait_for(child.process.wait(), 30)
    async with service.child("none") as child:
        await eventually(lambda: all_noted(pool, 11), 30)
        await child.end(signal.SIGTERM)

    marks = "SELECT count(*) FROM consumer_offset WHERE in_hand_until IS NOT NULL OR crashes > 0"
    assert await pool.fetchval(marks) == 0
    assert await noted(pool) == ids([*before, fatal, *after])
