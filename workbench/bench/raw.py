"""The raw limit: the same bytes copied through as many Kafka hops as in the router."""

import asyncio
import time
from asyncio.subprocess import Process
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from itertools import pairwise

from shared.contract.topics import CHANNEL_SUBMISSIONS
from shared.runtime.kafka import open_sink
from shared.runtime.kafka.topics import apply_topics
from shared.runtime.kafka_access import KafkaAccess
from shared.runtime.outgoing import Outgoing
from workbench.bench.child import child, finished

HOPS = 3
"""From submission to request, to decision, to work order."""

_COPIER = "workbench.bench.copier"


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
