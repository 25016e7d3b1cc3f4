"""Records at which a process dies, and records at which it is killed."""

import asyncio
import signal

import pytest

from shared.runtime.postgres import Pool
from tests.integration.runtime.children import DyingService, all_noted, around, ids, noted
from tests.integration.runtime.dying_service import BEGUN
from tests.support.topic_log import TopicLog
from tests.support.waiting import eventually

pytestmark = pytest.mark.integration


@pytest.mark.parametrize(
    "fates", [("exit", "kill", "raise", "kill"), ("raise", "raise", "raise", "raise")]
)
async def test_the_third_crash_at_a_record_parks_it_alone_and_its_neighbours_are_handled_once(
    service: DyingService, pool: Pool, topic_log: TopicLog, fates: tuple[str, ...]
) -> None:
    before, fatal, after = around(5)
    await topic_log.publish(*before, fatal, *after)
    *crashes, last = fates
    for fate in crashes:
        async with service.child(fate) as child:
            await asyncio.wait_for(child.process.wait(), 60)

    async with service.child(last) as child:
        [parked] = await eventually(lambda: topic_log.records("intake-requests-dlq"))
        await eventually(lambda: all_noted(pool, 10))
        await child.end(signal.SIGTERM)

    assert await noted(pool) == ids([*before, *after])
    headers = dict(parked.headers)
    assert (headers["service"], headers["code"]) == (b"triage", b"crashed")
    assert parked.value
    assert fatal.data.request_id.encode() in parked.value
    assert child.process.returncode == 0
    assert any('"message_refused"' in line and '"error"' in line for line in child.lines)


@pytest.mark.long
async def test_the_third_crash_at_a_deferred_record_parks_it_and_those_behind_it_go_on(
    service: DyingService, pool: Pool, topic_log: TopicLog
) -> None:
    before, fatal, after = around(2)
    await topic_log.publish(*before, fatal, *after)
    for _ in range(3):
        async with service.child("deferred kill") as child:
            await asyncio.wait_for(child.process.wait(), 60)

    async with service.child("deferred kill") as child:
        [parked] = await eventually(lambda: topic_log.records("intake-requests-dlq"))
        await eventually(lambda: all_noted(pool, 4))
        await child.end(signal.SIGTERM)

    assert dict(parked.headers)["code"] == b"crashed"
    assert await noted(pool) == ids([*before, *after])


@pytest.mark.long
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
        await eventually(lambda: all_noted(pool, 11))
        await child.end(signal.SIGTERM)

    assert await noted(pool) == ids([*before, fatal, *after])
    assert await topic_log.records("intake-requests-dlq") == []


@pytest.mark.long
async def test_a_process_that_is_asked_to_stop_at_a_record_again_and_again_counts_no_crash(
    service: DyingService, pool: Pool, topic_log: TopicLog
) -> None:
    _, fatal, _ = around(0)
    await topic_log.publish(fatal)
    for _ in range(2):
        async with service.child("wait") as child:
            await child.says(BEGUN)
            await child.end(signal.SIGTERM)

    marks = "SELECT count(*) FROM consumer_offset WHERE busy_until IS NOT NULL OR crashes > 0"
    assert await pool.fetchval(marks) == 0


async def test_success_ends_the_count(
    service: DyingService, pool: Pool, topic_log: TopicLog
) -> None:
    before, fatal, after = around(5)
    await topic_log.publish(*before, fatal, *after)
    for _ in range(2):
        async with service.child("kill") as child:
            await asyncio.wait_for(child.process.wait(), 60)
    async with service.child("none") as child:
        await eventually(lambda: all_noted(pool, 11))
        await child.end(signal.SIGTERM)

    marks = "SELECT count(*) FROM consumer_offset WHERE busy_until IS NOT NULL OR crashes > 0"
    assert await pool.fetchval(marks) == 0
    assert await noted(pool) == ids([*before, fatal, *after])
