"""Insight: killed, rebuilt, fed everything three times in another order, and after an erasure."""

from collections.abc import Awaitable, Callable
from random import Random

import pytest

from shared.runtime.kafka.reader import end_offsets
from shared.runtime.postgres import open_database
from tests.faults.kit.router import RouterUnderTest
from tests.faults.kit.trial import Scenario, Trial, run_trial
from tests.faults.kit.verdicts import assert_survived
from tests.faults.test_crashes import kill_often
from tests.faults.test_redelivery import first_offsets, redeliver
from tests.support.waiting import eventually

pytestmark = [
    pytest.mark.faults,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(900),
]

DIGEST = """
    SELECT md5(string_agg(line, E'\n' ORDER BY line)) FROM (
        SELECT 'r' || r::text AS line FROM insight.requests AS r
        UNION ALL SELECT 'v' || v::text FROM insight.case_changes AS v
        UNION ALL SELECT 'c' || c::text FROM insight.cases AS c) AS lines
"""
POSITIONS = "SELECT topic, partition, next_offset FROM insight.consumer_offset"
EMPTY = """
    TRUNCATE insight.requests, insight.case_changes, insight.cases;
    UPDATE insight.consumer_offset SET next_offset = NULL, last_offset = NULL
"""


async def figures(router: RouterUnderTest) -> str:
    """Return a digest of insight's tables, once it has read everything."""

    async def has_read_all() -> bool:
        async with open_database(router.admin_dsn) as db:
            rows = await db.fetch(POSITIONS)
        read = {(row["topic"], row["partition"]): row["next_offset"] or 0 for row in rows}
        ends = await end_offsets(router.access, {topic for topic, _ in read})
        return all(read[p.topic, p.partition] >= end for p, end in ends.items())

    await eventually(has_read_all, within_s=180)
    async with open_database(router.admin_dsn) as db:
        digest: str = await db.fetchval(DIGEST)
    return digest


async def rebuild(router: RouterUnderTest) -> None:
    """Empty insight's tables and let it read its topics from their first records."""
    async with router.without_services(), open_database(router.admin_dsn) as db:
        await db.execute(EMPTY)


async def test_t45_insight_has_the_same_figures_after_whatever_happened(
    router: RouterUnderTest, seed: int
) -> None:
    async def inject(trial: Trial) -> None:
        await kill_often(trial, "insight", 8)

    def observe(_: Trial) -> str:
        return f"{router.deaths.get('insight', 0)} deaths"

    verdict = await run_trial(
        router, Scenario("T45", "kill -9 insight, 8 times", inject, observe), seed
    )
    assert_survived(verdict)
    expected = await figures(router)

    async def feed_again() -> None:
        await redeliver(router, await first_offsets(router), Random(seed))

    async def erase_somebody() -> None:
        request = next(one for _, one in router.histories[-1].outcomes.values() if one)
        await router.command("erase", "--request", request)

    steps: dict[str, Callable[[], Awaitable[None]]] = {
        "rebuilt": lambda: rebuild(router),
        "fed three times": feed_again,
        "a person is erased": erase_somebody,
        "rebuilt from what came three times": lambda: rebuild(router),
    }
    found = {}
    for step, act in steps.items():
        await act()
        found[step] = await figures(router)

    assert found == dict.fromkeys(steps, expected)
