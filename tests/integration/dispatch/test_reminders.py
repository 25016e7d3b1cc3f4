"""Reminders on the real broker and database: once each, over restarts and by several processes."""

import asyncio
from datetime import datetime

import asyncpg
import pytest

from services.dispatch.policy import DispatchPolicy
from services.dispatch.settings import DispatchSettings
from services.dispatch.workers import ReminderWorker
from shared.catalogue import load_catalogue
from shared.contract.events import WorkOrderReminded
from shared.contract.topics import DISPATCH_CASES, bureau_work
from shared.runtime.postgres import open_pool
from tests.integration.dispatch.conftest import running_dispatch
from tests.support.builders import NOON
from tests.support.databases import Database
from tests.support.dispatch.factories import HOUR
from tests.support.dispatch.sinkholes import BUREAUS, LEAD, opened, sinkhole
from tests.support.topic_log import TopicLog
from tests.support.waiting import eventually

pytestmark = pytest.mark.integration

SOON = NOON + HOUR / 5  # 80 % of the quarter of an hour
OVERDUE = NOON + HOUR / 4
ALL = {"acknowledge_soon", "acknowledge_overdue"}


async def test_reminders_come_once_each_whatever_stops_and_starts(
    settings: DispatchSettings, topic_log: TopicLog
) -> None:
    now = NOON

    def clock() -> datetime:
        return now

    async def reminders() -> list[tuple[str, str]]:
        return [
            (bureau, event.data.reminder)
            for bureau in BUREAUS
            for event in await topic_log.events(bureau_work(bureau))
            if isinstance(event, WorkOrderReminded)
        ]

    async def every(kind: str) -> bool:
        return {bureau for bureau, one in await reminders() if one == kind} == set(BUREAUS)

    async with running_dispatch(settings, clock):
        await opened(topic_log, sinkhole())
        now = SOON
        await eventually(lambda: every("acknowledge_soon"))
    now = OVERDUE
    async with running_dispatch(settings, clock), running_dispatch(settings, clock):
        await eventually(lambda: every("acknowledge_overdue"))

    assert sorted(await reminders()) == sorted((b, one) for b in BUREAUS for one in ALL)
    _, overdue = await topic_log.events(DISPATCH_CASES)
    assert (overdue.data.version, overdue.data.what, overdue.data.escalated_to) == (
        2,
        "acknowledge",
        "311-TRIAGE",
    )
    last = (await topic_log.events(bureau_work(LEAD)))[-1].data
    assert (last.reminder, last.version, last.case_version) == ("acknowledge_overdue", 2, 2)


async def test_of_two_workers_one_sends_each_reminder(
    database: Database, settings: DispatchSettings, topic_log: TopicLog
) -> None:
    async with running_dispatch(settings):
        await opened(topic_log, sinkhole())
    sent: list[int] = []
    policy = DispatchPolicy.of(load_catalogue())
    async with open_pool(database.dsn("dispatch")) as pool:
        workers = [
            ReminderWorker(
                pool,
                policy,
                lambda batches: sent.extend(len(b.records) for b in batches),
                lambda: SOON,
            )
            for _ in range(2)
        ]
        await asyncio.gather(*(worker.send_due() for worker in workers))
        assert [await worker.send_due() for worker in workers] == [0, 0]

    assert sum(sent) == len(BUREAUS)


async def test_a_work_order_of_an_older_version_is_looked_at_once(
    database: Database, settings: DispatchSettings, topic_log: TopicLog
) -> None:
    async with running_dispatch(settings):
        await opened(topic_log, sinkhole())
    policy = DispatchPolicy.of(load_catalogue())
    async with open_pool(database.dsn("dispatch")) as pool:
        await pool.execute(
            "UPDATE work_orders SET acknowledge_soon = NULL, complete_soon = NULL,"
            " next_reminder_at = $1",
            NOON - HOUR,
        )
        worker = ReminderWorker(pool, policy, lambda _: None, lambda: NOON)
        assert [await worker.send_due(), await worker.send_due()] == [1, 0]
        found = await pool.fetchval("SELECT min(next_reminder_at) FROM work_orders")

    assert found == OVERDUE


async def test_what_is_due_is_found_by_its_index(database: Database) -> None:
    connection = await asyncpg.connect(database.dsn("dispatch"))
    await connection.execute("SET enable_seqscan = off")  # the table is empty here
    plan = await connection.fetch(
        "EXPLAIN SELECT case_id FROM work_orders WHERE next_reminder_at <= now()"
        " ORDER BY next_reminder_at LIMIT 200"
    )
    await connection.close()

    assert any("work_orders_next_reminder" in row[0] for row in plan)
