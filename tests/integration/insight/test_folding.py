"""The tables are the same whatever the order, repetition and lateness of events."""

import random
from collections.abc import Iterable, Sequence
from datetime import timedelta
from hashlib import sha256

import pytest

from services.insight.handlers import on_messages
from services.insight.store.facts import PostgresInsightStore
from shared.contract.events import Event, new_id
from shared.runtime.postgres import Pool, transaction
from tests.support.builders import NOON, feedback_given
from tests.support.insight.events import (
    asked,
    attached,
    closed,
    messages,
    moved,
    opened,
    reopened,
    split,
    triaged,
)

pytestmark = pytest.mark.integration

HOUR = timedelta(hours=1)
DUMP = """
    SELECT string_agg(line, E'\n' ORDER BY line) FROM (
        SELECT 'r' || r::text AS line FROM requests AS r
        UNION ALL SELECT 'v' || v::text FROM case_changes AS v
        UNION ALL SELECT 'c' || c::text FROM cases AS c) AS lines
"""


def history() -> list[Event]:
    """A case with a split, a merge, a reopening and two answers of one person."""
    first, second, third = new_id(), new_id(), new_id()
    case, apart, other = new_id(), new_id(), new_id()
    return [
        triaged(first, case, reporter="ana"),
        triaged(second, case, NOON + HOUR, outcome="duplicate"),
        triaged(third, other, NOON + 2 * HOUR, reporter="ben"),
        opened(first, case),
        attached(second, case, 2, NOON + HOUR),
        split(second, case, apart, 3),
        opened(second, apart, NOON + HOUR, moves=1, moved_from=case),
        opened(third, other, NOON + 2 * HOUR),
        closed(other, 2, NOON + 3 * HOUR, reason="merged", merged_into=case),
        attached(third, case, 4, NOON + 3 * HOUR, moves=1, moved_from=other),
        moved(case, 5, "acknowledged", NOON + 4 * HOUR),
        closed(case, 6, NOON + 5 * HOUR),
        asked(first, case),
        feedback_given(first, case, fixed=True, at=NOON + 6 * HOUR),
        feedback_given(first, case, fixed=False, at=NOON + 7 * HOUR),
        reopened(case, 7, NOON + 7 * HOUR),
    ]


async def tables_after(pool: Pool, batches: Iterable[Sequence[Event]]) -> str:
    async with transaction(pool) as db:
        await db.execute("TRUNCATE requests, case_changes, cases")
    for batch in batches:
        async with transaction(pool) as db:
            await on_messages(messages(batch), PostgresInsightStore(db))
    dump: str = await pool.fetchval(DUMP)
    return sha256(dump.encode()).hexdigest()


async def test_tables_are_the_same_in_any_order_of_repeated_events(pool: Pool) -> None:
    events = [event for _ in range(5) for event in history()]
    expected = await tables_after(pool, [events])
    rng = random.Random(7)

    for size in (1, 3, 40):
        mixed = rng.sample([*events, *events], k=2 * len(events))
        batches = [mixed[first : first + size] for first in range(0, len(mixed), size)]
        assert await tables_after(pool, batches) == expected


async def test_each_kind_of_event_changes_the_tables(pool: Pool) -> None:
    events = history()
    found = {
        await tables_after(pool, [[*events[:left_out], *events[left_out + 1 :]]])
        for left_out in range(len(events))
        if left_out != 13  # the first answer, which the second one replaces
    }

    assert len(found) == len(events) - 1
    assert await tables_after(pool, [events]) not in found


async def test_a_split_and_a_merge_move_their_requests(pool: Pool) -> None:
    events = history()
    await tables_after(pool, [events])

    cases = await pool.fetch("SELECT case_id, status, merged FROM cases ORDER BY opened_at")
    members = await pool.fetch("SELECT case_id, moves FROM requests ORDER BY submitted_at")

    case, apart, other = cases
    assert [(row["status"], row["merged"]) for row in cases] == [
        ("open", False),
        ("open", False),
        ("completed", True),
    ]
    assert [(row["case_id"], row["moves"]) for row in members] == [
        (case["case_id"], 0),
        (apart["case_id"], 1),
        (case["case_id"], 1),
    ]
    del other
