"""Rebalances: members of a consumer group that join and leave."""

import time
from random import Random

import pytest

from tests.faults.kit.router import RouterUnderTest
from tests.faults.kit.trial import Scenario, Trial, run_trial
from tests.faults.kit.verdicts import assert_survived

pytestmark = [
    pytest.mark.faults,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(420),
]

LASTS_S = 60
STAYS_S = 3


async def test_t15_members_join_and_leave_every_three_seconds(
    router: RouterUnderTest, seed: int
) -> None:
    progress: dict[str, float] = {}

    async def inject(trial: Trial) -> None:
        progress["before"] = await arrivals_per_second(trial, 10)
        arrived, began = trial.arrivals(), time.monotonic()
        random = Random(trial.seed)
        while time.monotonic() - began < LASTS_S:
            async with router.with_second_member(random.choice(["triage", "dispatch", "notify"])):
                await trial.run_traffic(STAYS_S)
        progress["during"] = (trial.arrivals() - arrived) / (time.monotonic() - began)

    def observe(trial: Trial) -> str:
        changes = trial.counters.count("route311_assignments_total")
        return f"{changes} new assignments" if changes > LASTS_S / STAYS_S / 3 else ""

    assert_survived(
        await run_trial(router, Scenario("T15", "members come and go, 60 s", inject, observe), seed)
    )
    assert progress["during"] >= progress["before"] / 2, progress


async def arrivals_per_second(trial: Trial, seconds: float) -> float:
    before = trial.arrivals()
    await trial.run_traffic(seconds)
    return (trial.arrivals() - before) / seconds
