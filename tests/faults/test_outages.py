"""Outages: stores that are down, hang, or restart."""

import os
import signal

import pytest

from tests.faults.kit.members import kill, pause, resume
from tests.faults.kit.router import RouterUnderTest
from tests.faults.kit.trial import Scenario, Trial, run_trial
from tests.faults.kit.verdicts import assert_survived

pytestmark = [
    pytest.mark.faults,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(420),
]


def reconnected(trial: Trial) -> str:
    return f"{trial.reconnects:,} new connections" if trial.reconnects > 4 else ""


def retried(trial: Trial) -> str:
    retries = trial.counters.count("route311_retries_total", code="database_down")
    turned_away = trial.history.statuses[503]
    return f"{retries} retries, {turned_away:,} answers 503" if retries or turned_away else ""


async def test_t04_the_broker_is_down_for_70_seconds_and_when_the_services_start(
    router: RouterUnderTest, seed: int
) -> None:
    async def inject(trial: Trial) -> None:
        await kill(router.broker)
        await trial.run_traffic(10)
        for process in router.members.values():
            process.kill()
        await trial.run_traffic(60)
        alive = [process.pid for process in router.members.values()]
        assert all(alive)
        await router.broker.start()
        assert [process.pid for process in router.members.values()] == alive, "a service gave up"

    scenario = Scenario("T04", "broker down 70 s, also at start", inject, reconnected)
    assert_survived(await run_trial(router, scenario, seed))


async def test_t07_the_broker_hangs_for_30_seconds(router: RouterUnderTest, seed: int) -> None:
    async def inject(trial: Trial) -> None:
        pause(router.broker)
        await trial.run_traffic(30)
        resume(router.broker)

    def observe(trial: Trial) -> str:
        waiting = trial.reconnects
        return f"{waiting} new connections" if waiting else ""

    verdict = assert_survived(
        await run_trial(router, Scenario("T07", "SIGSTOP broker, 30 s", inject, observe), seed)
    )
    assert not verdict.callers_noticed, verdict.reasons


@pytest.mark.quick
async def test_t07_postgresql_hangs_for_10_seconds(router: RouterUnderTest, seed: int) -> None:
    async def inject(trial: Trial) -> None:
        pause(router.postgres)
        await trial.run_traffic(10)
        resume(router.postgres)

    scenario = Scenario("T07b", "SIGSTOP PostgreSQL, 10 s", inject, retried)
    verdict = assert_survived(await run_trial(router, scenario, seed))
    assert verdict.slowest_call_s < 2, "a caller hung"


@pytest.mark.parametrize(
    ("how", "number"),
    [("fast", signal.SIGINT), ("immediate", signal.SIGQUIT), ("kill -9", signal.SIGKILL)],
)
async def test_t08_postgresql_is_restarted(
    router: RouterUnderTest, seed: int, how: str, number: signal.Signals
) -> None:
    async def inject(trial: Trial) -> None:
        assert router.postgres.pid
        os.kill(router.postgres.pid, number)
        await router.postgres.wait_for_exit()
        await trial.run_traffic(2)
        await router.postgres.start()

    verdict = assert_survived(
        await run_trial(
            router, Scenario("T08", f"PostgreSQL restarted, {how}", inject, retried), seed
        )
    )
    assert verdict.recovery_s < 10


async def test_t12_the_database_is_down_for_60_seconds_and_nothing_is_parked(
    router: RouterUnderTest, seed: int
) -> None:
    async def inject(trial: Trial) -> None:
        await kill(router.postgres)
        await trial.run_traffic(60)
        await router.postgres.start()

    assert_survived(
        await run_trial(router, Scenario("T12", "database down 60 s", inject, retried), seed)
    )
