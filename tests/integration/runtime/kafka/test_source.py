"""A consumer that waits at the broker."""

import time
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, replace
from statistics import median
from uuid import uuid4

import pytest

from shared.contract.topics import INTAKE_REQUESTS
from shared.runtime.batch_size import Gathering
from shared.runtime.kafka import KafkaSink, KafkaSource, Record, clients, open_sink, open_source
from shared.runtime.kafka.topics import apply_topics
from shared.runtime.outgoing import Outgoing
from tests.support.stack import Stores

pytestmark = pytest.mark.integration

_ROUNDS = 5


async def test_records_after_a_quiet_time_arrive_at_once(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second of two may not wait for a fetch that began while nothing came."""
    monkeypatch.setattr(clients, "_WAIT_S", 10.0)
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

    assert median(waits) < 5


@dataclass(frozen=True, slots=True)
class Lanes:
    """Two topics, of which one is express, with a sink and a source of both."""

    sink: KafkaSink
    source: KafkaSource
    express: str
    others: str

    async def write(self, topic: str, *values: bytes) -> None:
        await self.sink.publish([Outgoing("any", topic, b"key", value) for value in values])

    async def poll(self) -> list[bytes | None]:
        return [record.value for record in await self.source.poll(10, within_s=0.5)]


@pytest.fixture
async def lanes(stores: Stores) -> AsyncGenerator[Lanes]:
    express, others = (replace(INTAKE_REQUESTS, name=f"{lane}-{uuid4()}") for lane in ("e", "o"))
    await apply_topics(stores.access, [express, others])
    async with (
        open_sink(stores.access) as sink,
        open_source(
            [express, others],
            group=others.name,
            access=stores.access,
            express=[express.name],
            gathering=Gathering(3_600, 3_600),
        ) as source,
    ):
        yield Lanes(sink, source, express.name, others.name)


async def test_while_others_are_gathered_express_records_come_at_once(lanes: Lanes) -> None:
    await take_over(lanes.source)
    await lanes.write(lanes.others, b"first")
    assert [found.value for found in await until_any(lanes.source)] == [b"first"]

    await lanes.write(lanes.others, b"second")
    assert await lanes.poll() == []
    await lanes.write(lanes.express, b"urgent")
    assert [found.value for found in await until_any(lanes.source)] == [b"urgent"]


async def test_what_the_log_still_holds_is_not_gathered(lanes: Lanes) -> None:
    for _ in range(2):  # a fetch takes 1 MiB of a partition
        await lanes.write(lanes.others, bytes(700 * 1024))
    await take_over(lanes.source)

    assert [len(await until_any(lanes.source)) for _ in range(2)] == [1, 1]


async def test_what_fills_a_batch_is_not_gathered(lanes: Lanes) -> None:
    await take_over(lanes.source)
    await lanes.write(lanes.others, b"first", b"second", b"third")

    found = [record for _ in range(3) for record in await until_any(lanes.source, limit=1)]

    assert [record.value for record in found] == [b"first", b"second", b"third"]


async def take_over(source: KafkaSource) -> None:
    while source.changed_assignment() is None:
        await source.poll(10, within_s=0.1)
    await source.resume(dict.fromkeys(source.assignment), {})


async def until_any(source: KafkaSource, limit: int = 10) -> Sequence[Record]:
    while not (found := await source.poll(limit, within_s=5)):
        pass
    return found
