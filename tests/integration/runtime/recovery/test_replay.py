"""Replay of dead letters, on a real Kafka and a real PostgreSQL."""

import asyncio
import json
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from shared.contract.events import Event, RequestSubmitted
from shared.contract.topics import INTAKE_REQUESTS, TRIAGE_DECISIONS
from shared.errors import PermanentError
from shared.runtime.clock import utc_now
from shared.runtime.consumer.messages import Message
from shared.runtime.kafka import Record
from shared.runtime.migrate import OPERATIONS
from shared.runtime.outbox.relay import Relay
from shared.runtime.postgres import Connection, Pool, open_pool
from tests.integration.runtime.children import noted
from tests.integration.runtime.conftest import RunConsumer, decide
from tests.support.builders import request_submitted
from tests.support.databases import Database
from tests.support.program import route311
from tests.support.topic_log import TopicLog
from tests.support.waiting import eventually

pytestmark = pytest.mark.integration

DLQ = "intake-requests-dlq"
KEY = "portland.gov:pavement"


@dataclass(frozen=True, slots=True)
class Dlq:
    """Runs ``route311 dlq`` as a subprocess, limited to the dead letters of this test."""

    database: Database
    began_at: datetime
    audit_file: Path

    async def __call__(self, *arguments: str) -> str:
        environment = {
            **self.database.stores.access.environment(),
            "ROUTE311_ADMIN_DSN": self.database.admin_dsn,
            "ROUTE311_OPERATIONS_DSN": self.database.dsn(OPERATIONS),
            "ROUTE311_AUDIT_FILE": str(self.audit_file),
        }
        done = await route311("dlq", *arguments, **environment)
        assert done.code == 0, done.errors
        return done.out

    async def replay(self, *arguments: str) -> Any:
        since = ("--since", self.began_at.isoformat())
        return json.loads(await self("replay", "--topic", DLQ, *since, "--json", *arguments))

    async def counts(self) -> Sequence[tuple[str, int, int, int]]:
        since = ("--since", self.began_at.isoformat())
        listed = json.loads(await self("list", "--topic", "intake-requests", *since, "--json"))
        return [(g["code"], g["waiting"], g["came_back"], g["replayed"]) for g in listed["groups"]]


@pytest.fixture
def dlq(database: Database, tmp_path: Path) -> Dlq:
    return Dlq(database, utc_now(), tmp_path / "audit.log")


@pytest.fixture(autouse=True)
async def owner(database: Database) -> AsyncGenerator[None]:
    """The relay of intake, which owns the topic: it publishes what is replayed."""
    stopping = asyncio.Event()
    async with open_pool(database.dsn("intake")) as pool, asyncio.TaskGroup() as group:
        group.create_task(Relay(pool, database.stores.access).run(stopping))
        yield
        stopping.set()


async def wait_for_dead_letters(topic_log: TopicLog, count: int) -> Sequence[Record]:
    async def enough() -> Sequence[Record]:
        found = await topic_log.records(DLQ)
        return found if len(found) >= count else []

    return await eventually(enough)


async def test_after_the_fault_is_mended_a_replay_has_each_event_handled_once_and_a_second_nothing(
    run_consumer: RunConsumer, pool: Pool, topic_log: TopicLog, dlq: Dlq
) -> None:
    async def fixed(messages: Sequence[Message[RequestSubmitted]], db: Connection) -> list[Event]:
        return await decide([_without_poison(message) for message in messages], db)

    poison = [request_submitted(description="poison") for _ in range(3)]
    async with run_consumer():
        await topic_log.publish(*poison)
        originals = await wait_for_dead_letters(topic_log, 3)

    async with run_consumer(fixed):
        first = await dlq.replay()
        await topic_log.at_least(3, TRIAGE_DECISIONS)
        second = await dlq.replay()
        third = await dlq.replay("--again")

    assert [run["sent"] for run in (first, second, third)] == [3, 0, 0]
    assert sorted(await noted(pool)) == sorted(e.data.request_id for e in poison)
    assert await dlq.counts() == [("permanent", 0, 0, 3)]
    assert len(originals) == len(await topic_log.records(DLQ))


async def test_a_replayed_record_is_the_one_that_was_sent_first_byte_for_byte(
    run_consumer: RunConsumer, topic_log: TopicLog, dlq: Dlq
) -> None:
    async with run_consumer():
        await topic_log.write(
            INTAKE_REQUESTS, KEY, b"\x00garbage", colour=b"\x00\xff", service=b"own"
        )
        await wait_for_dead_letters(topic_log, 1)
        assert (await dlq.replay())["sent"] == 1
        await wait_for_dead_letters(topic_log, 2)

    first, second = await topic_log.records(INTAKE_REQUESTS)
    assert (first.key, first.value, first.headers) == (second.key, second.value, second.headers)


async def test_garbage_that_comes_back_is_counted_once_and_sent_again_only_when_asked(
    run_consumer: RunConsumer, topic_log: TopicLog, dlq: Dlq
) -> None:
    async with run_consumer():
        await topic_log.write(INTAKE_REQUESTS, KEY, b"garbage")
        await wait_for_dead_letters(topic_log, 1)
        assert await dlq.counts() == [("undecodable_event", 1, 0, 0)]

        assert await dlq.replay() == {"sent": 1, "came_back": 0, "dry_run": False}
        await wait_for_dead_letters(topic_log, 2)
        assert await dlq.replay() == {"sent": 0, "came_back": 1, "dry_run": False}
        assert await dlq.counts() == [("undecodable_event", 0, 1, 0)]

        assert (await dlq.replay("--again"))["sent"] == 1
        await wait_for_dead_letters(topic_log, 3)

    assert len(await topic_log.records(INTAKE_REQUESTS)) == 3


async def test_a_dry_run_says_what_would_be_sent_and_sends_nothing(
    run_consumer: RunConsumer, topic_log: TopicLog, dlq: Dlq, database: Database
) -> None:
    async with run_consumer():
        await topic_log.write(INTAKE_REQUESTS, KEY, b"garbage")
        [record] = await wait_for_dead_letters(topic_log, 1)
    since = ("--since", dlq.began_at.isoformat())

    output = await dlq("replay", "--topic", DLQ, *since, "--dry-run")

    line, summary = output.splitlines()
    assert line.startswith(f"intake-requests  {DLQ}/0/{record.offset}  source intake-requests/")
    assert line.endswith("undecodable_event  7 bytes")
    assert summary == "1 would be sent again"
    db = await asyncpg.connect(database.admin_dsn)
    for schema in ("triage", "intake"):
        waiting = f"SELECT count(*) FROM {schema}.outbox WHERE NOT published"  # noqa: S608 - fixed names
        assert await db.fetchval(waiting) == 0
    await db.close()


async def test_show_keeps_the_bytes_back_until_asked_and_nothing_steers_the_terminal(
    run_consumer: RunConsumer, topic_log: TopicLog, dlq: Dlq
) -> None:
    value = b"ana@example.org \x1b[31m[red]"
    async with run_consumer():
        await topic_log.write(INTAKE_REQUESTS, KEY, value, colour=b"ana@example.org")
        [record] = await wait_for_dead_letters(topic_log, 1)
    source = dict(record.headers)["source"].decode()

    redacted = await dlq("show", f"{DLQ}/0/{record.offset}")
    assert not dlq.audit_file.exists()
    shown = await dlq("show", source, "--bytes")

    assert "ana@example.org" not in redacted
    assert "undecodable_event" in redacted
    assert source in redacted
    assert "ana@example.org \\x1b[31m[red]" in shown
    assert "\x1b" not in shown
    [noted] = [json.loads(line) for line in dlq.audit_file.read_text().splitlines()]
    assert (noted["event"], noted["source"]) == ("bytes_shown", source)
    assert noted["record"] == f"{DLQ}/0/{record.offset}"
    assert noted["user"]


async def test_only_what_was_parked_for_the_reason_named_is_sent(
    run_consumer: RunConsumer, topic_log: TopicLog, dlq: Dlq
) -> None:
    async with run_consumer():
        await topic_log.write(INTAKE_REQUESTS, KEY, b"garbage")
        await topic_log.publish(request_submitted(description="poison"))
        await wait_for_dead_letters(topic_log, 2)

        assert (await dlq.replay("--code", PermanentError.code))["sent"] == 1
        await wait_for_dead_letters(topic_log, 3)

    assert sorted(await dlq.counts()) == [("permanent", 0, 1, 0), ("undecodable_event", 1, 0, 0)]


def _without_poison(message: Message[RequestSubmitted]) -> Message[RequestSubmitted]:
    data = message.event.data.model_copy(update={"description": "mended"})
    return Message(message.record, message.event.model_copy(update={"data": data}))
