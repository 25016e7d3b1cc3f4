"""Garbage among the submissions, and its replay."""

import json
from statistics import quantiles

import pytest

from tests.faults.kit.city import City
from tests.faults.kit.trial import Scenario, Trial, endure
from tests.faults.kit.verdicts import stands

pytestmark = [
    pytest.mark.faults,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(420),
]


async def parked(city: City) -> int:
    status = json.loads(await city.command("status", "--json"))
    return sum(status["parked"].values())


async def test_t11_garbage_is_parked_and_holds_up_nothing_else(city: City, seed: int) -> None:
    delays: dict[str, float] = {}

    async def harm(trial: Trial) -> None:
        await trial.traffic(10)
        delays["before"] = p99(trial)
        trial.poison_share = 0.01
        await trial.traffic(20)
        trial.poison_share = 0.001
        delays["during"] = p99(trial)

    def seen(trial: Trial) -> str:
        return f"{len(trial.history.poison)} parked" if trial.history.poison else ""

    stands(await endure(city, Scenario("T11", "1 % garbage, 20 s", harm, seen), seed))
    assert delays["during"] < delays["before"] + 1, delays


def p99(trial: Trial) -> float:
    """Return the delay from acceptance to the bureau in seconds."""
    return quantiles(trial.delays(), n=100)[-1]


async def test_t13_a_second_replay_of_what_was_parked_changes_nothing(
    city: City, seed: int
) -> None:
    counts: list[int] = []

    async def harm(trial: Trial) -> None:
        trial.poison_share = 0.05
        await trial.traffic(10)
        trial.poison_share = 0.0
        await trial.traffic(3)
        counts.append(await parked(city))
        for _ in range(2):
            await city.command("dlq", "replay", "--topic", "channel-submissions")
            await trial.traffic(5)
            counts.append(await parked(city))

    def seen(_: Trial) -> str:
        return f"{counts[1] - counts[0]} parked again" if counts[1] > counts[0] else ""

    stands(
        await endure(city, Scenario("T13", "replay of what was parked, twice", harm, seen), seed)
    )
    assert counts[2] == counts[1], "the second replay had an effect"
