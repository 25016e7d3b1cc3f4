"""Ten minutes of everything."""

import time
from collections.abc import Awaitable, Callable
from random import Random

import pytest

from deploy.local.process import Process
from tests.faults.kit.links import LinkFaults
from tests.faults.kit.members import SERVICES, kill, pause, resume
from tests.faults.kit.router import RouterUnderTest
from tests.faults.kit.trial import Scenario, Trial, run_trial
from tests.faults.kit.verdicts import assert_survived

pytestmark = [
    pytest.mark.faults,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(1200),
]

LASTS_S = 600


async def a_service_dies(trial: Trial, random: Random) -> None:
    trial.router.members[random.choice(SERVICES)].kill()


async def asleep(trial: Trial, process: Process, seconds: float) -> None:
    pause(process)
    await trial.run_traffic(seconds)
    resume(process)


async def away(trial: Trial, process: Process, seconds: float) -> None:
    await kill(process)
    await trial.run_traffic(seconds)
    await process.start()


async def a_service_sleeps(trial: Trial, random: Random) -> None:
    service = trial.router.members[random.choice(SERVICES)]
    await asleep(trial, service, random.uniform(1, 15))


async def a_member_comes_and_goes(trial: Trial, random: Random) -> None:
    async with trial.router.with_second_member(random.choice(["triage", "dispatch", "notify"])):
        await trial.run_traffic(random.uniform(1, 10))


async def the_broker_dies(trial: Trial, random: Random) -> None:
    await away(trial, trial.router.broker, random.uniform(1, 10))


async def the_broker_hangs(trial: Trial, random: Random) -> None:
    await asleep(trial, trial.router.broker, random.uniform(1, 15))


async def the_database_dies(trial: Trial, random: Random) -> None:
    await away(trial, trial.router.postgres, random.uniform(1, 10))


async def the_database_hangs(trial: Trial, random: Random) -> None:
    await asleep(trial, trial.router.postgres, random.uniform(1, 10))


async def connections_are_reset(trial: Trial, random: Random) -> None:
    for _ in range(random.randrange(1, 6)):
        for link in trial.router.links:
            link.reset()
        await trial.run_traffic(random.uniform(0.1, 2))


async def a_link_is_bad(trial: Trial, random: Random) -> None:
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
    a_service_dies,
    a_service_sleeps,
    a_member_comes_and_goes,
    the_broker_dies,
    the_broker_hangs,
    the_database_dies,
    the_database_hangs,
    connections_are_reset,
    a_link_is_bad,
)


async def test_t30_ten_minutes_of_everything(router: RouterUnderTest, seed: int) -> None:
    done: list[str] = []

    async def harm(trial: Trial) -> None:
        random = Random(seed)
        ends_at = time.monotonic() + LASTS_S
        while time.monotonic() < ends_at:
            fault = random.choice(FAULTS)
            done.append(fault.__name__)
            await fault(trial, random)
            await trial.run_traffic(random.uniform(0, 8))

    def seen(trial: Trial) -> str:
        return f"{len(done)} faults, {trial.reconnects:,} new connections" if done else ""

    assert_survived(
        await run_trial(router, Scenario("T30", "ten minutes of a mix", harm, seen), seed)
    )
