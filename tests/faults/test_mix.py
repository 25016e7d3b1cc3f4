"""Ten minutes of everything."""

import time
from collections.abc import Awaitable, Callable
from random import Random

import pytest

from deploy.local.process import Process
from tests.faults.kit.city import City
from tests.faults.kit.links import Weather
from tests.faults.kit.members import SERVICES, kill, pause, resume
from tests.faults.kit.trial import Scenario, Trial, endure
from tests.faults.kit.verdicts import stands

pytestmark = [
    pytest.mark.faults,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(1200),
]

LASTS_S = 600


async def a_service_dies(trial: Trial, random: Random) -> None:
    trial.city.members[random.choice(SERVICES)].kill()


async def asleep(trial: Trial, process: Process, seconds: float) -> None:
    pause(process)
    await trial.traffic(seconds)
    resume(process)


async def away(trial: Trial, process: Process, seconds: float) -> None:
    await kill(process)
    await trial.traffic(seconds)
    await process.start()


async def a_service_sleeps(trial: Trial, random: Random) -> None:
    service = trial.city.members[random.choice(SERVICES)]
    await asleep(trial, service, random.uniform(1, 15))


async def a_member_comes_and_goes(trial: Trial, random: Random) -> None:
    async with trial.city.joined_by(random.choice(["triage", "dispatch", "notify"])):
        await trial.traffic(random.uniform(1, 10))


async def the_broker_dies(trial: Trial, random: Random) -> None:
    await away(trial, trial.city.broker, random.uniform(1, 10))


async def the_broker_hangs(trial: Trial, random: Random) -> None:
    await asleep(trial, trial.city.broker, random.uniform(1, 15))


async def the_database_dies(trial: Trial, random: Random) -> None:
    await away(trial, trial.city.postgres, random.uniform(1, 10))


async def the_database_hangs(trial: Trial, random: Random) -> None:
    await asleep(trial, trial.city.postgres, random.uniform(1, 10))


async def connections_are_reset(trial: Trial, random: Random) -> None:
    for _ in range(random.randrange(1, 6)):
        for link in trial.city.links:
            link.reset()
        await trial.traffic(random.uniform(0.1, 2))


async def a_link_is_bad(trial: Trial, random: Random) -> None:
    link = random.choice(trial.city.links)
    link.weather = random.choice(
        [Weather(delay_s=0.1, jitter_s=0.05), Weather(deaf=True), Weather(silent=True)]
    )
    await trial.traffic(random.uniform(1, 15))
    link.weather = Weather()


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


async def test_t30_ten_minutes_of_everything(city: City, seed: int) -> None:
    done: list[str] = []

    async def harm(trial: Trial) -> None:
        random = Random(seed)
        ends_at = time.monotonic() + LASTS_S
        while time.monotonic() < ends_at:
            fault = random.choice(FAULTS)
            done.append(fault.__name__)
            await fault(trial, random)
            await trial.traffic(random.uniform(0, 8))

    def seen(trial: Trial) -> str:
        return f"{len(done)} faults, {trial.reconnects:,} new connections" if done else ""

    stands(await endure(city, Scenario("T30", "ten minutes of a mix", harm, seen), seed))
