"""Outages that consumer and relay must survive, on a Kafka and PostgreSQL of their own."""

import asyncio
import os
import shutil
import signal
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from deploy.local.infrastructure import Infrastructure, infrastructure
from deploy.local.process import Process
from shared.contract.events import Event
from shared.contract.topics import INTAKE_REQUESTS
from shared.errors import DatabaseDownError
from shared.runtime.consumer.consumer import Consumer
from shared.runtime.consumer.messages import Message
from shared.runtime.kafka.topics import apply_topics
from shared.runtime.migrate import migrate, set_passwords
from shared.runtime.outbox.outbox import enqueue
from shared.runtime.outbox.relay import Relay
from shared.runtime.postgres import Connection, Pool, open_pool, transaction
from tests.support.builders import request_submitted
from tests.support.stack import PASSWORD
from tests.support.waiting import eventually

pytestmark = [
    pytest.mark.integration,
    pytest.mark.long,
    pytest.mark.asyncio(loop_scope="module"),
]


@dataclass
class ServiceUnderTest:
    """A service whose relay publishes to the topic that its own consumer reads."""

    infra: Infrastructure
    pool: Pool
    stopping: asyncio.Event
    tasks: list[asyncio.Task[None]]

    async def send(self, count: int = 20) -> list[str]:
        events = [request_submitted(dedup_group=f"group-{n % 7}") for n in range(count)]

        async def enqueued() -> bool:
            try:
                async with transaction(self.pool) as db:
                    await enqueue(db, events)
            except DatabaseDownError:
                return False
            return True

        await eventually(enqueued, 30)
        return [event.data.request_id for event in events]

    async def wait_until_handled(self, ids: Sequence[str], within_s: float) -> None:
        async def all_noted() -> bool:
            try:
                async with transaction(self.pool) as db:
                    rows = await db.fetch("SELECT request_id FROM noted")
            except DatabaseDownError:
                return False
            noted = [str(row["request_id"]) for row in rows]
            assert len(noted) == len(set(noted))
            return set(ids) <= set(noted)

        await eventually(all_noted, within_s)

    async def stop(self) -> float:
        began = time.monotonic()
        self.stopping.set()
        await asyncio.wait_for(asyncio.gather(*self.tasks), 30)
        return time.monotonic() - began


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def infra() -> AsyncGenerator[Infrastructure]:
    folder = Path(mkdtemp(prefix="route311-faults-"))
    folder.chmod(0o755)  # noqa: ASYNC240 - before anything runs
    try:
        async with infrastructure(folder, durable=False, mail=False) as parts:
            await apply_topics(parts.access, [INTAKE_REQUESTS])
            await migrate(parts.admin_dsn)
            await set_passwords(parts.admin_dsn, {"triage": PASSWORD})
            connection = await asyncpg.connect(dsn(parts))
            await connection.execute("CREATE TABLE noted (request_id uuid NOT NULL)")
            await connection.close()
            yield parts
    finally:
        shutil.rmtree(folder)


def dsn(infra: Infrastructure) -> str:
    return f"postgresql://route311_triage:{PASSWORD}@{infra.postgres.program.address}/postgres"


async def store_ids(messages: Sequence[Message[Any]], db: Connection) -> list[Event]:
    ids = [(message.event.data.request_id,) for message in messages]
    await db.executemany("INSERT INTO noted (request_id) VALUES ($1)", ids)
    return []


@asynccontextmanager
async def running(infra: Infrastructure) -> AsyncGenerator[ServiceUnderTest]:
    async with open_pool(dsn(infra)) as pool:
        relay = Relay(pool, infra.access)
        consumer = Consumer[Any](
            "triage", "faults-test", [INTAKE_REQUESTS], infra.access, pool, store_ids
        )
        stopping = asyncio.Event()
        tasks = [asyncio.create_task(work(stopping)) for work in (consumer.run, relay.run)]
        service = ServiceUnderTest(infra, pool, stopping, tasks)
        try:
            yield service
        finally:
            await service.stop()


def process_tree(process: Process) -> list[int]:
    """Return the numbers of a process and its children, which PostgreSQL's signals do not reach."""
    pid = process.pid or 0
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *map(int, children)]


@asynccontextmanager
async def paused(process: Process) -> AsyncGenerator[None]:
    pids = process_tree(process)
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


async def kill(process: Process, *, how: signal.Signals) -> None:
    pids = process_tree(process) if how == signal.SIGKILL else [process.pid or 0]
    for pid in pids:
        os.kill(pid, how)
    await process.wait_for_exit()


async def test_a_broker_that_crashed_and_is_back_gets_and_gives_what_waited(
    infra: Infrastructure,
) -> None:
    async with running(infra) as service:
        ids = await service.send()
        await service.wait_until_handled(ids, 30)
        await kill(infra.kafka, how=signal.SIGKILL)
        ids = await service.send()
        await infra.kafka.start()
        await service.wait_until_handled(ids, 40)


@pytest.mark.parametrize(
    "task", ["Fetcher._fetch_requests_routine", "GroupCoordinator._coordination_routine"]
)
async def test_a_consumer_whose_inner_task_ended_is_replaced(
    infra: Infrastructure, task: str
) -> None:
    """It ends when a connection is closed under a write, and the member then reads nothing."""
    async with running(infra) as service:
        await service.wait_until_handled(await service.send(), 30)
        [inner] = [one for one in asyncio.all_tasks() if _name(one) == task]
        inner.cancel()
        await service.wait_until_handled(await service.send(), 30)


def _name(task: asyncio.Task[Any]) -> str:
    return getattr(task.get_coro(), "__qualname__", "")


async def test_a_service_that_starts_without_a_broker_waits_for_it(infra: Infrastructure) -> None:
    await kill(infra.kafka, how=signal.SIGKILL)
    async with running(infra) as service:
        ids = await service.send()
        await infra.kafka.start()
        await service.wait_until_handled(ids, 40)


async def test_a_broker_that_stood_still_for_longer_than_a_session_goes_on(
    infra: Infrastructure,
) -> None:
    async with running(infra) as service:
        await service.wait_until_handled(await service.send(), 30)
        async with paused(infra.kafka):
            ids = await service.send()
            await asyncio.wait(service.tasks, timeout=14)
        await service.wait_until_handled(ids, 40)


async def test_an_older_log_that_came_back_does_not_keep_the_relay_from_publishing(
    infra: Infrastructure,
) -> None:
    """The producer's sequence is ahead of what the older log knows of it, for ever."""
    data, copy = infra.site.folder.kafka / "data", infra.site.folder.kafka / "copy"
    async with running(infra) as service:
        await service.wait_until_handled(await service.send(), 30)
        await kill(infra.kafka, how=signal.SIGTERM)
        shutil.copytree(data, copy)
        await infra.kafka.start()
        ids = await service.send()
        await service.wait_until_handled(ids, 40)
        await kill(infra.kafka, how=signal.SIGTERM)
        shutil.rmtree(data)
        copy.rename(data)
        await infra.kafka.start()
        await service.send()
        await eventually(lambda: is_outbox_empty(service.pool), 40)
    async with open_pool(dsn(infra)) as pool:
        await pool.execute("UPDATE consumer_offset SET next_offset = NULL, epoch = epoch + 1")


async def is_outbox_empty(pool: Pool) -> bool:
    return not await pool.fetchval("SELECT count(*) FROM outbox WHERE NOT published")


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT, signal.SIGKILL])
async def test_a_database_that_was_restarted_is_used_again_within_seconds(
    infra: Infrastructure, how: signal.Signals
) -> None:
    async with running(infra) as service:
        await service.wait_until_handled(await service.send(), 40)
        await kill(infra.postgres, how=how)
        await eventually(lambda: restarted(infra.postgres), 20)
        await service.wait_until_handled(await service.send(), 10)


async def restarted(process: Process) -> bool:
    await process.start()
    return True


async def test_a_database_that_stood_still_is_used_again_within_seconds(
    infra: Infrastructure,
) -> None:
    async with running(infra) as service:
        await service.wait_until_handled(await service.send(), 40)
        async with paused(infra.postgres):
            await asyncio.wait(service.tasks, timeout=12)
        await service.wait_until_handled(await service.send(), 10)


async def test_a_stop_takes_no_longer_when_the_broker_is_away(infra: Infrastructure) -> None:
    async with running(infra) as service:
        await service.wait_until_handled(await service.send(), 40)
        await kill(infra.kafka, how=signal.SIGKILL)
        await service.send()
        took_s = await service.stop()
    await infra.kafka.start()

    assert took_s < 4


async def test_a_stop_while_the_broker_was_never_there_is_at_once(infra: Infrastructure) -> None:
    await kill(infra.kafka, how=signal.SIGKILL)
    async with running(infra) as service:
        await service.send()
        took_s = await service.stop()
    await infra.kafka.start()

    assert took_s < 3


async def test_a_stop_while_the_database_stands_still_ends_in_time(infra: Infrastructure) -> None:
    began = time.monotonic()
    async with running(infra) as service:
        await service.wait_until_handled(await service.send(), 40)
        async with paused(infra.postgres):
            await asyncio.wait(service.tasks, timeout=1)
            began = time.monotonic()
            await service.stop()
            assert time.monotonic() - began < 8
