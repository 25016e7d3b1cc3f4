"""Crashes: processes killed at random moments."""

import time
from random import Random
from statistics import median

import pytest

from deploy.local.process import Process
from tests.faults.conftest import NewRouter
from tests.faults.kit.members import SERVICES, kill, start_aside
from tests.faults.kit.router import RouterUnderTest
from tests.faults.kit.trial import Scenario, Trial, run_trial
from tests.faults.kit.verdicts import assert_survived
from tests.support.waiting import eventually

pytestmark = [
    pytest.mark.faults,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(420),
]


async def kill_and_wait_for_restart(process: Process) -> None:
    killed = process.pid
    process.kill()

    async def is_back() -> bool:
        return process.pid not in {None, killed} and await process.program.probe(
            process.program.port
        )

    await eventually(is_back, within_s=60)


async def kill_often(trial: Trial, service: str, times: int) -> None:
    random = Random(trial.seed)
    for _ in range(times):
        await trial.run_traffic(random.uniform(0.2, 1.5))
        await kill_and_wait_for_restart(trial.router.members[service])


@pytest.mark.quick
async def test_t01_intake_is_killed_ten_times_while_it_accepts(
    router: RouterUnderTest, seed: int
) -> None:
    async def inject(trial: Trial) -> None:
        await kill_often(trial, "intake", 10)

    def observe(trial: Trial) -> str:
        return f"{trial.history.statuses[0]:,} broken calls" if trial.history.statuses[0] else ""

    assert_survived(
        await run_trial(router, Scenario("T01", "kill -9 intake, 10 times", inject, observe), seed)
    )


async def test_t01b_intake_is_back_within_three_seconds_at_200_a_second(
    router: RouterUnderTest, seed: int
) -> None:
    absences: list[float] = []

    async def inject(trial: Trial) -> None:
        for _ in range(3):
            await trial.run_traffic(6)
            trial.router.members["intake"].kill()
            killed_at = time.monotonic() + 0.1  # responses that were already on their way
            absences.append(0.1 + await trial.wait_for_acceptance(killed_at))

    def observe(_: Trial) -> str:
        return " ".join(f"{absence:.1f} s" for absence in absences)

    scenario = Scenario("T01b", "kill -9 intake at 200/s", inject, observe, rate=200)
    assert_survived(await run_trial(router, scenario, seed))
    assert median(absences) < 3, absences


async def test_t02_every_other_service_is_killed_five_times(
    router: RouterUnderTest, seed: int
) -> None:
    others = [service for service in SERVICES if service != "intake"]

    async def inject(trial: Trial) -> None:
        for service in others:
            await kill_often(trial, service, 5)

    before = sum(router.deaths.values())

    def observe(_: Trial) -> str:
        deaths = sum(router.deaths.values()) - before
        return f"{deaths} deaths" if deaths >= 5 * len(others) else ""

    what = "kill -9 triage, dispatch, notify, 5 times each"
    verdict = assert_survived(await run_trial(router, Scenario("T02", what, inject, observe), seed))
    assert verdict.recovery_s < 15


@pytest.mark.quick
async def test_t03_the_broker_is_killed_and_comes_back_after_20_seconds(
    router: RouterUnderTest, seed: int
) -> None:
    async def inject(trial: Trial) -> None:
        await kill(router.broker)
        await trial.run_traffic(20)
        await start_aside(router.broker)

    def observe(trial: Trial) -> str:
        return f"{trial.reconnects:,} new connections" if trial.reconnects > 10 else ""

    scenario = Scenario("T03", "kill -9 the broker, 20 s away", inject, observe)
    verdict = assert_survived(await run_trial(router, scenario, seed))
    assert not verdict.callers_noticed, verdict.reasons
    assert verdict.recovery_s < 30


async def test_one_of_three_brokers_is_killed_and_nothing_stops(
    new_router: NewRouter, seed: int
) -> None:
    async with new_router(brokers=3) as router:

        async def inject(trial: Trial) -> None:
            await kill(router.brokers[1])
            await trial.wait_for_flow(within_s=30)
            await trial.run_traffic(10)
            await router.brokers[1].start()

        def observe(trial: Trial) -> str:
            return f"{trial.reconnects:,} new connections" if trial.reconnects else ""

        what = "kill -9 one of 3 brokers, min ISR 2"
        verdict = assert_survived(
            await run_trial(router, Scenario("T03b", what, inject, observe), seed)
        )
        assert not verdict.callers_noticed, verdict.reasons
