"""Concurrent transactions of several members of notify."""

import asyncio
import random
from contextlib import suppress

import pytest

from services.notify.handlers import on_messages
from services.notify.inbound import collect_updates
from services.notify.rules.updates import Updates
from services.notify.store.notifications import PostgresNotificationStore
from shared.contract.events import Event, new_id
from shared.errors import DatabaseBusyError
from shared.runtime.postgres import Pool, transaction
from tests.support.builders import NOON, contact_given
from tests.support.notify.factories import (
    CONTACT_KEY,
    POLICY,
    SEALER,
    attached,
    closed,
    messages,
    moved,
    opened,
    triaged,
)
from tests.support.waiting import eventually

pytestmark = pytest.mark.integration

MEMBERS = 4
_WAITING_SQL = """
    SELECT count(*) FROM pg_stat_activity
     WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


async def handle(pool: Pool, *events: Event) -> None:
    async with transaction(pool) as db:
        await on_messages(messages(events), PostgresNotificationStore(db, SEALER), POLICY, NOON)


def updates_of(*events: Event) -> Updates:
    return collect_updates(events, CONTACT_KEY)


async def templates_added(pool: Pool) -> list[str]:
    rows = await pool.fetch("SELECT template FROM deliveries ORDER BY template")
    return [row["template"] for row in rows]


@pytest.mark.parametrize("contact_first", [True, False])
@pytest.mark.parametrize("joined_before", [True, False])
async def test_of_two_that_learn_two_halves_at_once_the_later_one_sees_the_whole(
    pool: Pool, contact_first: bool, joined_before: bool
) -> None:
    r, c = new_id(), new_id()
    await handle(pool, triaged(r, c), *([opened(r, c)] if joined_before else []))
    halves = [[contact_given(r)], [closed(c, 2)] if joined_before else [opened(r, c)]]
    earlier, later = halves if contact_first else reversed(halves)

    async def is_waiting_for_lock() -> bool:
        return bool(await pool.fetchval(_WAITING_SQL))

    async with transaction(pool) as db:
        await on_messages(messages(earlier), PostgresNotificationStore(db, SEALER), POLICY, NOON)
        waiting = asyncio.create_task(handle(pool, *later))
        await eventually(is_waiting_for_lock)
    await waiting

    expected = ["completed", "received"] if joined_before else ["received"]
    assert await templates_added(pool) == expected


@pytest.mark.parametrize("seed", range(4))
async def test_members_that_learn_side_by_side_miss_nothing_and_double_nothing(
    seed: int, pool: Pool
) -> None:
    rng = random.Random(seed)
    shares: list[list[Event]] = [[] for _ in range(MEMBERS)]
    for _ in range(20):
        r1, r2, c = new_id(), new_id(), new_id()
        for r in (r1, r2):
            rng.choice(shares).append(contact_given(r, email=f"{r}@example.org"))
            rng.choice(shares).append(triaged(r, c))
        of_one_partition = [opened(r1, c), attached(r2, c, 2), moved(c, 3, "in_progress")]
        rng.choice(shares).extend(of_one_partition)
    for share in shares:
        rng.shuffle(share)

    async def member(share: list[Event]) -> None:
        while batch := share[-5:]:
            with suppress(DatabaseBusyError):
                await handle(pool, *batch)
                del share[-5:]

    async with asyncio.TaskGroup() as group:
        for share in shares:
            group.create_task(member(share))

    assert (
        await templates_added(pool) == ["attached"] * 20 + ["in_progress"] * 40 + ["received"] * 20
    )
