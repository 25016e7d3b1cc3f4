"""Stores that are away, hang, or are restarted."""

import os
import signal

import pytest

from tests.faults.kit.city import City
from tests.faults.kit.members import kill, pause, resume
from tests.faults.kit.trial import Scenario, Trial, endure
from tests.faults.kit.verdicts import stands

pytestmark = [
    pytest.mark.faults,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(420),
]


def reconnected(trial: Trial) -> str:
    return f"{trial.reconnects:,} new connections" if trial.reconnects > 4 else ""


def retried(trial: Trial) -> str:
    retries = trial.evidence.count("route311_retries_total", code="database_down")
    turned_away = trial.history.statuses[503]
    return f"{retries} retries, {turned_away:,} answers 503" if retries or turned_away else ""


async def test_t04_the_broker_is_down_for_70_seconds_and_when_the_services_start(
    city: City, seed: int
) -> None:
    async def harm(trial: Trial) -> None:
        await kill(city.broker)
        await trial.traffic(10)
        for process in city.members.values():
            process.kill()
        await trial.traffic(60)
        alive = [process.pid for process in city.members.values()]
        assert all(alive)
        await city.broker.start()
        assert [process.pid for process in city.members.values()] == alive, "a service gave up"

    scenario = Scenario("T04", "broker down 70 s, also at start", harm, reconnected)
    stands(await endure(city, scenario, seed))


async def test_t07_the_broker_hangs_for_30_seconds(city: City, seed: int) -> None:
    async def harm(trial: Trial) -> None:
        pause(city.broker)
        await trial.traffic(30)
        resume(city.broker)

    def seen(trial: Trial) -> str:
        waiting = trial.reconnects
        return f"{waiting} new connections" if waiting else ""

    verdict = stands(await endure(city, Scenario("T07", "SIGSTOP broker, 30 s", harm, seen), seed))
    assert not verdict.callers_noticed, verdict.reasons


@pytest.mark.quick
async def test_t07_postgresql_hangs_for_10_seconds(city: City, seed: int) -> None:
    async def harm(trial: Trial) -> None:
        pause(city.postgres)
        await trial.traffic(10)
        resume(city.postgres)

    scenario = Scenario("T07b", "SIGSTOP PostgreSQL, 10 s", harm, retried)
    verdict = stands(await endure(city, scenario, seed))
    assert verdict.slowest_call_s < 2, "a caller hung"


@pytest.mark.parametrize(
    ("how", "number"),
    [("fast", signal.SIGINT), ("immediate", signal.SIGQUIT), ("kill -9", signal.SIGKILL)],
)
async def test_t08_postgresql_is_restarted(
    city: City, seed: int, how: str, number: signal.Signals
) -> None:
    async def harm(trial: Trial) -> None:
        assert city.postgres.pid
        os.kill(city.postgres.pid, number)
        await city.postgres.wait_for_exit()
        await trial.traffic(2)
        await city.postgres.start()

    verdict = stands(
        await endure(city, Scenario("T08", f"PostgreSQL restarted, {how}", harm, retried), seed)
    )
    assert verdict.recovery_s < 10


async def test_t12_the_database_is_down_for_60_seconds_and_nothing_is_parked(
    city: City, seed: int
) -> None:
    async def harm(trial: Trial) -> None:
        await kill(city.postgres)
        await trial.traffic(60)
        await city.postgres.start()

    stands(await endure(city, Scenario("T12", "database down 60 s", harm, retried), seed))
