"""Ten minutes of random faults."""

import time
from collections.abc import Awaitable, Callable
from random import Random

import pytest

from deploy.local.process import Process
from tests.faults.kit.members import SERVICES, kill, pause, resume
from tests.faults.kit.router import RouterUnderTest
from tests.faults.kit.trial import Scenario, Trial, run_trial
from tests.faults.kit.verdicts import assert_survived
from tests.support.tcp_proxy import LinkFaults

pytestmark = [
    pytest.mark.faults,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(1200),
]

LASTS_S = 600


async def kill_service(trial: Trial, random: Random) -> None:
    trial.router.members[random.choice(SERVICES)].kill()


async def suspend(trial: Trial, process: Process, seconds: float) -> None:
    pause(process)
    await trial.run_traffic(seconds)
    resume(process)


async def stop_temporarily(trial: Trial, process: Process, seconds: float) -> None:
    await kill(process)
    await trial.run_traffic(seconds)
    await process.start()


async def suspend_service(trial: Trial, random: Random) -> None:
    service = trial.router.members[random.choice(SERVICES)]
    await suspend(trial, service, random.uniform(1, 15))


async def join_and_leave(trial: Trial, random: Random) -> None:
    async with trial.router.with_second_member(random.choice(["triage", "dispatch", "notify"])):
        await trial.run_traffic(random.uniform(1, 10))


async def kill_broker(trial: Trial, random: Random) -> None:
    await stop_temporarily(trial, trial.router.broker, random.uniform(1, 10))


async def suspend_broker(trial: Trial, random: Random) -> None:
    await suspend(trial, trial.router.broker, random.uniform(1, 15))


async def kill_database(trial: Trial, random: Random) -> None:
    await stop_temporarily(trial, trial.router.postgres, random.uniform(1, 10))


async def suspend_database(trial: Trial, random: Random) -> None:
    await suspend(trial, trial.router.postgres, random.uniform(1, 10))


async def reset_connections(trial: Trial, random: Random) -> None:
    for _ in range(random.randrange(1, 6)):
        for link in trial.router.links:
            link.reset()
        await trial.run_traffic(random.uniform(0.1, 2))


async def degrade_link(trial: Trial, random: Random) -> None:
    link = random.choice(trial.router.links)
    link.faults = random.choice(
        [
            LinkFaults(delay_s=0.1, jitter_s=0.05),
            LinkFaults(drop_from_clients=True),
            LinkFaults(drop_all=True),
        ]
    )
    await trial.run_traffic(random.uniform(1, 15))
    link.faults = LinkFaults()


FAULTS: tuple[Callable[[Trial, Random], Awaitable[None]], ...] = (
    kill_service,
    suspend_service,
    join_and_leave,
    kill_broker,
    suspend_broker,
    kill_database,
    suspend_database,
    reset_connections,
    degrade_link,
)


async def test_t30_ten_minutes_of_everything(router: RouterUnderTest, seed: int) -> None:
    done: list[str] = []

    async def inject(trial: Trial) -> None:
        random = Random(seed)
        ends_at = time.monotonic() + LASTS_S
        while time.monotonic() < ends_at:
            fault = random.choice(FAULTS)
            done.append(fault.__name__)
            await fault(trial, random)
            await trial.run_traffic(random.uniform(0, 8))

    def observe(trial: Trial) -> str:
        return f"{len(done)} faults, {trial.reconnects:,} new connections" if done else ""

    assert_survived(
        await run_trial(router, Scenario("T30", "ten minutes of a mix", inject, observe), seed)
    )
