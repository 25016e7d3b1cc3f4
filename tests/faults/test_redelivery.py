"""Every event delivered three times, and out of order."""

from collections.abc import Awaitable, Callable, Mapping
from random import Random
from typing import TypeAlias

import pytest

from shared.contract.topics import CORE, bureau_updates
from shared.runtime.kafka import Partition, open_sink
from shared.runtime.kafka.reader import end_offsets, offset_bounds
from shared.runtime.outbox.records import Outgoing
from tests.faults.kit.city import City
from tests.faults.kit.trial import Scenario, Trial, endure
from tests.faults.kit.verdicts import stands
from tests.topic_log import read_between

pytestmark = [
    pytest.mark.faults,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(420),
]

Since: TypeAlias = Callable[[City], Awaitable[Mapping[Partition, int]]]

WINDOW = 100
READ_BY_US = [topic.name for topic in CORE if topic.readers]


def shuffled(records: list[Outgoing], random: Random) -> list[Outgoing]:
    """Return the records, each moved by less than the window."""
    order = sorted(range(len(records)), key=lambda place: place + random.uniform(0, WINDOW))
    return [records[place] for place in order]


async def beginning(city: City) -> Mapping[Partition, int]:
    """Return where everything that our services read begins."""
    topics = _read_by_us(city)
    bounds = await offset_bounds(city.bootstrap)
    return {p: first for p, (first, _) in bounds.items() if p.topic in topics}


async def present(city: City) -> Mapping[Partition, int]:
    """Return where everything that our services read ends by now."""
    return await end_offsets(city.bootstrap, _read_by_us(city))


def _read_by_us(city: City) -> list[str]:
    return [*READ_BY_US, *(bureau_updates(code).name for code in city.keys.bureaus)]


async def redeliver(city: City, since: Mapping[Partition, int], random: Random) -> int:
    """Write everything from there on twice more; return how many records that were."""
    count = 0
    async with open_sink(city.bootstrap) as sink:
        for topic in _read_by_us(city):
            of_topic = {p: offset for p, offset in since.items() if p.topic == topic}
            found = [
                Outgoing("", r.topic, r.key or b"", r.value, r.headers)
                for r in await read_between(city.bootstrap, of_topic)
            ]
            again = shuffled(found, random) + shuffled(found, random)
            await sink.publish(again)
            count += len(again)
    return count


async def deliver_again(city: City, seed: int, scenario: tuple[str, str], since: Since) -> None:
    redelivered = 0

    async def harm(trial: Trial) -> None:
        nonlocal redelivered
        began_at = await since(city)
        await trial.traffic(10)
        redelivered = await redeliver(city, began_at, Random(trial.seed))
        await trial.traffic(10)

    def seen(trial: Trial) -> str:
        repeats = trial.evidence.count("route311_messages_total", outcome="repeated")
        return f"{repeats:,} of {redelivered:,} dropped as repeats" if repeats > 1000 else ""

    stands(await endure(city, Scenario(*scenario, harm, seen), seed))


async def test_t29_everything_is_delivered_three_times_and_shuffled(city: City, seed: int) -> None:
    scenario = "T29", "all delivered three times, shuffled"
    await deliver_again(city, seed, scenario, beginning)


@pytest.mark.quick
async def test_t29_what_passes_is_delivered_three_times_and_shuffled(city: City, seed: int) -> None:
    scenario = "T29b", "ten seconds delivered three times"
    await deliver_again(city, seed, scenario, present)
