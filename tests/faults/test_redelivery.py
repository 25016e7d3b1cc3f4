"""Every event delivered three times, and out of order."""

from random import Random

import pytest

from shared.runtime.kafka import open_sink
from shared.runtime.kafka.reader import ends_of
from shared.runtime.records import Outgoing
from shared.topics import CORE, bureau_updates
from tests.faults.kit.city import City
from tests.faults.kit.trial import Scenario, Trial, endure
from tests.faults.kit.verdicts import stands
from tests.topic_log import read_between

pytestmark = [
    pytest.mark.faults,
    pytest.mark.quick,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(420),
]

WINDOW = 100
READ_BY_US = [topic.name for topic in CORE if topic.readers]


def shuffled(records: list[Outgoing], random: Random) -> list[Outgoing]:
    """Return the records, each moved by less than the window."""
    order = sorted(range(len(records)), key=lambda place: place + random.uniform(0, WINDOW))
    return [records[place] for place in order]


async def traffic_three_times(trial: Trial, seconds: float) -> int:
    """Let traffic pass, and write what our services read of it twice more.

    Returns:
        How many records were written.
    """
    city, random = trial.city, Random(trial.seed)
    bureaus = [bureau_updates(code).name for code in city.keys.bureaus]
    began_at = await ends_of(city.bootstrap, [*READ_BY_US, *bureaus])
    await trial.traffic(seconds)
    count = 0
    async with open_sink(city.bootstrap) as sink:
        for topic in {partition.topic: None for partition in began_at}:
            since = {p: offset for p, offset in began_at.items() if p.topic == topic}
            found = [
                Outgoing("", r.topic, r.key or b"", r.value, r.headers)
                for r in await read_between(city.bootstrap, since)
            ]
            again = shuffled(found, random) + shuffled(found, random)
            await sink.publish(again)
            count += len(again)
    return count


async def test_t29_everything_is_delivered_three_times_and_shuffled(city: City, seed: int) -> None:
    redelivered = 0

    async def harm(trial: Trial) -> None:
        nonlocal redelivered
        redelivered = await traffic_three_times(trial, 10)
        await trial.traffic(10)

    def seen(trial: Trial) -> str:
        repeats = trial.evidence.count("route311_messages_total", outcome="repeated")
        return f"{repeats:,} of {redelivered:,} dropped as repeats" if repeats > 1000 else ""

    scenario = Scenario("T29", "all delivered three times, shuffled", harm, seen)
    stands(await endure(city, scenario, seed))
