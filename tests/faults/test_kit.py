"""Tests of the kit itself: without a guard, the trial detects the violation."""

from random import Random

import pytest

from tests.faults.conftest import NewRouter
from tests.faults.kit.trial import Scenario, Trial, run_trial
from tests.faults.kit.verdicts import Verdict
from tests.faults.test_redelivery import first_offsets, redeliver
from tests.faults.test_zombie import altered_triage, fenced, suspend_mid_batch

pytestmark = [
    pytest.mark.faults,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(420),
]

UNORDERED = ("tests.faults.altered.member", "dispatch", "no-order")


def invariants(verdict: Verdict) -> set[str]:
    return {line.split(":")[0] for line in verdict.broken}


async def no_fault(trial: Trial) -> None:
    await trial.run_traffic(10)


async def redeliver_all(trial: Trial) -> None:
    await trial.run_traffic(5)
    await redeliver(trial.router, await first_offsets(trial.router), Random(trial.seed))
    await trial.run_traffic(5)


async def test_without_the_fence_the_zombie_is_not_stopped(
    new_router: NewRouter, seed: int
) -> None:
    async with new_router(altered=altered_triage("no-fence")) as router:
        verdict = await run_trial(router, Scenario("T06", "", suspend_mid_batch, fenced), seed)
    assert not verdict.seen


async def test_without_fence_and_first_decision_a_zombie_decides_twice(
    new_router: NewRouter, seed: int
) -> None:
    altered = altered_triage("no-fence", "no-first-decision")
    async with new_router(altered=altered) as router:
        verdict = await run_trial(router, Scenario("T06", "", suspend_mid_batch, fenced), seed)
    assert "I2" in invariants(verdict)


async def test_without_order_in_the_relay_versions_arrive_out_of_order(
    new_router: NewRouter, seed: int
) -> None:
    async with new_router(altered={"dispatch": UNORDERED}) as router:
        verdict = await run_trial(router, Scenario("", "", no_fault, fenced), seed)
    assert invariants(verdict) & {"I4", "I9"}


async def test_without_first_decision_repeats_are_decided_again(
    new_router: NewRouter, seed: int
) -> None:
    async with new_router(altered=altered_triage("no-first-decision")) as router:
        verdict = await run_trial(router, Scenario("T29", "", redeliver_all, fenced), seed)
    assert invariants(verdict) & {"I1", "I2"}
