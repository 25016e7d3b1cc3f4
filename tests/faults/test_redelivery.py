"""Redelivery: every event three times, and out of order."""

from collections.abc import Awaitable, Callable, Mapping
from random import Random
from typing import TypeAlias

import pytest

from shared.contract.topics import CORE, bureau_updates
from shared.runtime.kafka import Partition, open_sink
from shared.runtime.kafka.reader import end_offsets, offset_bounds
from shared.runtime.outgoing import Outgoing
from tests.faults.kit.router import RouterUnderTest
from tests.faults.kit.trial import Scenario, Trial, run_trial
from tests.faults.kit.verdicts import assert_survived
from tests.support.topic_log import read_between

pytestmark = [
    pytest.mark.faults,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(420),
]

Since: TypeAlias = Callable[[RouterUnderTest], Awaitable[Mapping[Partition, int]]]

WINDOW = 100
CONSUMED_TOPICS = [topic.name for topic in CORE if topic.readers]


def shuffled(records: list[Outgoing], random: Random) -> list[Outgoing]:
    """Return the records in an order that moves each by less than ``WINDOW`` places."""
    order = sorted(range(len(records)), key=lambda index: index + random.uniform(0, WINDOW))
    return [records[index] for index in order]


async def first_offsets(router: RouterUnderTest) -> Mapping[Partition, int]:
    """Return the first offsets of all topics that our services read."""
    topics = _consumed_topics(router)
    bounds = await offset_bounds(router.access)
    return {p: first for p, (first, _) in bounds.items() if p.topic in topics}


async def present_ends(router: RouterUnderTest) -> Mapping[Partition, int]:
    """Return the present ends of all topics that our services read."""
    return await end_offsets(router.access, _consumed_topics(router))


def _consumed_topics(router: RouterUnderTest) -> list[str]:
    return [*CONSUMED_TOPICS, *(bureau_updates(code).name for code in router.keys.bureaus)]


async def redeliver(router: RouterUnderTest, since: Mapping[Partition, int], random: Random) -> int:
    """Write all records since these offsets twice more; return the number written."""
    count = 0
    async with open_sink(router.access) as sink:
        for topic in _consumed_topics(router):
            of_topic = {p: offset for p, offset in since.items() if p.topic == topic}
            found = [
                Outgoing("", r.topic, r.key or b"", r.value, r.headers)
                for r in await read_between(router.access, of_topic)
            ]
            again = shuffled(found, random) + shuffled(found, random)
            await sink.publish(again)
            count += len(again)
    return count


async def deliver_again(
    router: RouterUnderTest, seed: int, scenario: tuple[str, str], since: Since
) -> None:
    redelivered = 0

    async def inject(trial: Trial) -> None:
        nonlocal redelivered
        start_offsets = await since(router)
        await trial.run_traffic(10)
        redelivered = await redeliver(router, start_offsets, Random(trial.seed))
        await trial.run_traffic(10)

    def observe(trial: Trial) -> str:
        consumed = trial.counters.count("route311_messages_total")
        dropped = trial.counters.count("route311_messages_total", outcome="repeated")
        seen = dropped and consumed > redelivered > 1000
        return f"{redelivered:,} delivered again, {dropped:,} dropped by an inbox" if seen else ""

    assert_survived(await run_trial(router, Scenario(*scenario, inject, observe), seed))


async def test_t29_everything_is_delivered_three_times_and_shuffled(
    router: RouterUnderTest, seed: int
) -> None:
    scenario = "T29", "all delivered three times, shuffled"
    await deliver_again(router, seed, scenario, first_offsets)


@pytest.mark.quick
async def test_t29_what_passes_is_delivered_three_times_and_shuffled(
    router: RouterUnderTest, seed: int
) -> None:
    scenario = "T29b", "ten seconds delivered three times"
    await deliver_again(router, seed, scenario, present_ends)
