"""A consumer that waits at the broker."""

import time
from collections.abc import Sequence
from dataclasses import replace
from statistics import median
from uuid import uuid4

import pytest

from shared.contract.topics import INTAKE_REQUESTS
from shared.runtime.kafka import KafkaSource, Record, open_sink, open_source
from shared.runtime.kafka.topics import apply_topics
from shared.runtime.outgoing import Outgoing
from tests.stack import Stores

pytestmark = pytest.mark.integration

_ROUNDS = 5


async def test_records_after_a_quiet_time_arrive_at_once(stores: Stores) -> None:
    """The second of two may not wait for a fetch that began while nothing came."""
    topic = replace(INTAKE_REQUESTS, name=f"quiet-{uuid4()}", partitions=2)
    await apply_topics(stores.access, [topic])
    group = f"quiet-{uuid4()}"
    waits: list[float] = []
    async with (
        open_sink(stores.access) as sink,
        open_source([topic], group=group, access=stores.access) as source,
    ):
        await take_over(source)
        for number in range(_ROUNDS):
            assert await source.poll(10, within_s=0.2) == []
            for which in ("first", "second"):
                record = Outgoing("any", topic.name, b"key", b"%d" % number)
                await sink.publish([record])
                began = time.monotonic()
                assert [found.value for found in await until_any(source)] == [record.value]
                if which == "second":
                    waits.append(time.monotonic() - began)

    assert median(waits) < 1


async def take_over(source: KafkaSource) -> None:
    while source.changed_assignment() is None:
        await source.poll(10, within_s=0.1)
    await source.resume(dict.fromkeys(source.assignment), {})


async def until_any(source: KafkaSource) -> Sequence[Record]:
    while not (found := await source.poll(10, within_s=5)):
        pass
    return found
