"""The raw limit: the same bytes copied through as many Kafka hops as in the router.

``python -m workbench.bench.raw FROM TO COUNT`` is one hop, and ends after COUNT records. The
environment holds the address of Kafka.
"""

import asyncio
import sys
import time
from asyncio.subprocess import Process
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from itertools import pairwise

import uvloop

from shared.contract.topics import CHANNEL_SUBMISSIONS
from shared.runtime.kafka import open_sink
from shared.runtime.kafka.reader import end_offsets, follow
from shared.runtime.kafka.topics import apply_topics
from shared.runtime.kafka_access import KafkaAccess
from shared.runtime.outgoing import Outgoing
from shared.runtime.settings import KafkaSettings
from workbench.bench.child import child, finished

HOPS = 3
"""From submission to request, to decision, to work order."""

_COPIER = "workbench.bench.raw"
_POLL_S = 1.0


async def measure_raw(access: KafkaAccess, records: Sequence[Outgoing]) -> float:
    """Return the records per second that bare aiokafka copies through all hops.

    Each hop is a process of its own; the clock starts when all of them wait for the first record.
    """
    names = [f"bench-hop-{number}" for number in range(HOPS + 1)]
    await apply_topics(access, [replace(CHANNEL_SUBMISSIONS, name=name) for name in names])
    async with AsyncExitStack() as children, open_sink(access) as sink:
        copiers = [
            await children.enter_async_context(child(access, _COPIER, *hop, str(len(records))))
            for hop in pairwise(names)
        ]
        await asyncio.gather(*map(_ready, copiers))
        began = time.perf_counter()
        await sink.publish([replace(record, topic=names[0]) for record in records])
        await asyncio.gather(*map(finished, copiers))
        return len(records) / (time.perf_counter() - began)


async def _ready(copier: Process) -> None:
    if copier.stdout is not None and not await copier.stdout.readline():
        await finished(copier)


async def _copy(access: KafkaAccess, source: str, target: str, count: int) -> None:
    """Copy the first ``count`` records of a topic with their keys."""
    since = dict.fromkeys(await end_offsets(access, [source]), 0)
    copied = 0
    async with open_sink(access) as sink, follow(access, since) as tail:
        print("ready", flush=True)  # noqa: T201 - the parent process waits for this line
        while copied < count:
            records = await tail.poll(_POLL_S)
            await sink.publish([Outgoing("", target, r.key or b"", r.value) for r in records])
            copied += len(records)


if __name__ == "__main__":
    source, target, count = sys.argv[1:]
    access = KafkaSettings().kafka_access
    uvloop.run(_copy(access, source, target, int(count)))
