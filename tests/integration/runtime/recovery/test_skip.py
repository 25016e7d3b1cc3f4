"""``route311 skip`` and ``status`` beside a service that is down or dies again and again."""

import asyncio
import json
import signal
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeAlias

import pytest

from shared.contract.events import Event
from shared.contract.topics import INTAKE_REQUESTS, TRIAGE_DECISIONS
from shared.runtime.consumer.messages import Message
from shared.runtime.postgres import Connection, Pool
from tests.integration.runtime.children import DyingService, all_noted, around, ids, noted
from tests.integration.runtime.conftest import RunConsumer
from tests.support import program
from tests.support.builders import decision, request_submitted, request_triaged
from tests.support.databases import Database
from tests.support.topic_log import TopicLog
from tests.support.waiting import eventually

pytestmark = pytest.mark.integration

REASON = "It stops triage"
AT = "UPDATE consumer_offset SET next_offset = $3 WHERE topic = $1 AND partition = $2"
Route311: TypeAlias = Callable[..., Awaitable[tuple[int, str]]]


@pytest.fixture
def route311(database: Database) -> Route311:
    """Run the command line; return the exit code and what it printed."""

    async def run(*arguments: str) -> tuple[int, str]:
        environment = {
            **database.stores.access.environment(),
            "ROUTE311_ADMIN_DSN": database.admin_dsn,
        }
        done = await program.route311(*arguments, **environment)
        return done.code, done.out or done.errors

    return run


async def place_of(topic_log: TopicLog, request_id: str) -> str:
    [at] = [
        f"{record.topic}/{record.partition}/{record.offset}"
        for record in await topic_log.records(INTAKE_REQUESTS)
        if request_id.encode() in (record.value or b"")
    ]
    return at


@pytest.mark.long
async def test_what_a_person_skips_while_the_service_is_down_is_parked_at_its_start(
    service: DyingService, pool: Pool, topic_log: TopicLog, route311: Route311
) -> None:
    before, fatal, after = around(2)
    await topic_log.publish(*before, fatal, *after)
    at = await place_of(topic_log, fatal.data.request_id)
    skip = ("skip", at, "--reason", REASON, "--actor", "ana")

    first, again = await route311(*skip), await route311(*skip)
    async with service.child("kill") as child:
        [parked] = await eventually(lambda: topic_log.records("intake-requests-dlq"))
        await eventually(lambda: all_noted(pool, 4))
        await child.end(signal.SIGTERM)
    too_late = await route311(*skip)

    assert first == (0, f"triage dead-letters {at} when it reads it\n")
    assert again == (0, f"triage dead-letters {at} when it reads it (already recorded)\n")
    headers = dict(parked.headers)
    assert (headers["code"], headers["reason"]) == (b"skipped", b"It stops triage (by ana)")
    assert headers["source"] == at.encode()
    assert await noted(pool) == ids([*before, *after])
    assert await pool.fetchval("SELECT count(*) FROM skips") == 0
    assert too_late[0] == 1
    assert "triage has already handled or parked offset" in too_late[1]


async def test_a_crash_loop_is_named_by_status_and_ended_by_a_skip(
    service: DyingService, pool: Pool, topic_log: TopicLog, route311: Route311
) -> None:
    before, fatal, after = around(2)
    await topic_log.publish(*before, fatal, *after)
    at = await place_of(topic_log, fatal.data.request_id)
    assert (await route311("status"))[0] == 0
    for _ in range(2):
        async with service.child("kill") as child:
            await asyncio.wait_for(child.process.wait(), 60)

    async def alarm() -> str:
        code, printed = await route311("status")
        return printed if code == 1 else ""

    printed = await eventually(alarm)
    [loop] = json.loads((await route311("status", "--json"))[1])["crash_loops"]
    await route311("skip", at, "--reason", REASON)
    async with service.child("kill") as child:
        await eventually(lambda: all_noted(pool, 4))
        await child.end(signal.SIGTERM)

    assert f"triage died 2 times at {at}" in printed
    assert f"route311 skip {at} --service triage" in printed
    assert (loop["service"], loop["record"], loop["crashes"]) == ("triage", at, 2)
    assert (await route311("status"))[0] == 0
    assert await noted(pool) == ids([*before, *after])


@pytest.mark.long
async def test_a_skip_reaches_a_service_that_is_at_work(
    run_consumer: RunConsumer, pool: Pool, topic_log: TopicLog, route311: Route311
) -> None:
    may_go_on = asyncio.Event()

    async def waiting(messages: Sequence[Message[Any]], db: Connection) -> list[Event]:
        await may_go_on.wait()
        for message in messages:
            await db.execute("INSERT INTO noted VALUES ($1)", message.event.data.request_id)
        return []

    first, second = request_submitted(), request_submitted()
    await topic_log.publish(first, second)
    at = await place_of(topic_log, second.data.request_id)
    async with run_consumer(waiting) as consumer:
        await eventually(lambda: is_ready(consumer))
        assert (await route311("skip", at, "--reason", REASON))[0] == 0
        may_go_on.set()
        await eventually(lambda: topic_log.records("intake-requests-dlq"))

    assert await noted(pool) == ids([first])


async def is_ready(consumer: object) -> bool:
    return bool(getattr(consumer, "ready", False))


async def test_what_cannot_be_skipped_is_refused_in_a_clear_sentence(
    topic_log: TopicLog, route311: Route311, pool: Pool
) -> None:
    handled, request = request_submitted(), request_submitted()
    await topic_log.publish(handled, request, request_triaged(decision(request.data)))
    topic, partition, offset = (await place_of(topic_log, request.data.request_id)).split("/")
    [decided] = await topic_log.records(TRIAGE_DECISIONS)
    shared = f"{decided.topic}/{decided.partition}/{decided.offset}"
    where = f"{topic}/{partition}"
    await pool.execute(AT, topic, int(partition), int(offset))
    refusals = {
        (f"{where}/{int(offset) - 1}",): "triage has already handled or parked offset",
        (f"{where}/{int(offset) + 1}",): f"there is no offset {int(offset) + 1}",
        (f"{topic}/99/0",): "intake-requests has no partition 99",
        ("nothing/0/0",): "no service reads the topic nothing",
        ("intake-requests-dlq/0/0",): "name the original topic",
        (shared,): "several services read it: give --service dispatch or notify or intake",
        (shared, "--service", "triage"): "triage does not read triage-decisions",
    }
    for arguments, text in refusals.items():
        code, printed = await route311("skip", *arguments, "--reason", REASON)

        assert (code, text in printed) == (1, True), printed
    assert (await route311("skip", "intake-requests", "--reason", REASON))[0] == 2
    assert (await route311("skip", f"{where}/{offset}", "--reason", " "))[0] == 2
