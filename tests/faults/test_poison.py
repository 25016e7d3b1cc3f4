"""Poison messages among the submissions, and their replay."""

import json
from statistics import quantiles

import pytest

from tests.faults.kit.router import RouterUnderTest
from tests.faults.kit.trial import Scenario, Trial, run_trial
from tests.faults.kit.verdicts import assert_survived

pytestmark = [
    pytest.mark.faults,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(420),
]


async def dead_letter_count(router: RouterUnderTest) -> int:
    status = json.loads(await router.command("status", "--json"))
    return sum(status["parked"].values())


async def test_t11_garbage_is_parked_and_holds_up_nothing_else(
    router: RouterUnderTest, seed: int
) -> None:
    delays: dict[str, float] = {}

    async def inject(trial: Trial) -> None:
        await trial.run_traffic(10)
        delays["before"] = p99(trial)
        trial.poison_share = 0.01
        await trial.run_traffic(20)
        trial.poison_share = 0.001
        delays["during"] = p99(trial)

    def observe(trial: Trial) -> str:
        return f"{len(trial.history.poison)} parked" if trial.history.poison else ""

    assert_survived(
        await run_trial(router, Scenario("T11", "1 % garbage, 20 s", inject, observe), seed)
    )
    assert delays["during"] < delays["before"] + 1, delays


def p99(trial: Trial) -> float:
    """Return the 99th percentile from acceptance to arrival at the bureau, in seconds."""
    return quantiles(trial.delays(), n=100)[-1]


async def test_t13_a_second_replay_of_what_was_parked_changes_nothing(
    router: RouterUnderTest, seed: int
) -> None:
    counts: list[int] = []

    async def inject(trial: Trial) -> None:
        trial.poison_share = 0.05
        await trial.run_traffic(10)
        trial.poison_share = 0.0
        await trial.run_traffic(3)
        counts.append(await dead_letter_count(router))
        for _ in range(2):
            await router.command("dlq", "replay", "--topic", "channel-submissions")
            await trial.run_traffic(5)
            counts.append(await dead_letter_count(router))

    def observe(_: Trial) -> str:
        return f"{counts[1] - counts[0]} parked again" if counts[1] > counts[0] else ""

    assert_survived(
        await run_trial(
            router, Scenario("T13", "replay of what was parked, twice", inject, observe), seed
        )
    )
    assert counts[2] == counts[1], "the second replay had an effect"
