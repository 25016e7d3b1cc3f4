"""The raw limit: the same bytes copied through as many Kafka hops as in the router."""

import asyncio
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import replace

from shared.contract.topics import CHANNEL_SUBMISSIONS
from shared.runtime.kafka import open_sink
from shared.runtime.kafka.topics import apply_topics
from shared.runtime.kafka_access import KafkaAccess
from shared.runtime.outgoing import Outgoing

HOPS = 3
"""From submission to request, to decision, to work order."""

_COPIER = (sys.executable, "-m", "cli.bench.copier")


async def measure_raw(access: KafkaAccess, records: Sequence[Outgoing]) -> float:
    """Return the records per second that bare aiokafka copies through all hops.

    Each hop is a process of its own; the clock starts when all of them wait for the first record.
    """
    names = [f"bench-hop-{number}" for number in range(HOPS + 1)]
    await apply_topics(access, [replace(CHANNEL_SUBMISSIONS, name=name) for name in names])
    copiers = [
        await asyncio.create_subprocess_exec(
            *_COPIER,
            *(names[hop], names[hop + 1], str(len(records))),
            stdout=asyncio.subprocess.PIPE,
            env=os.environ | access.environment(),
        )
        for hop in range(HOPS)
    ]
    await asyncio.gather(*(_ready(copier) for copier in copiers))
    async with open_sink(access) as sink:
        began = time.perf_counter()
        await sink.publish([replace(record, topic=names[0]) for record in records])
        await asyncio.gather(*(copier.wait() for copier in copiers))
        return len(records) / (time.perf_counter() - began)


async def _ready(copier: asyncio.subprocess.Process) -> None:
    if copier.stdout is not None:
        await copier.stdout.readline()
