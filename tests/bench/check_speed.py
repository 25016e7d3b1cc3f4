"""How long ``route311 check`` takes, and how much memory: ``python -m tests.bench.check_speed``.

A whole router takes in made-up reports with repeats and garbage among them, and is checked once
it has come to rest.
"""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from deploy.local.supervisor import running_stack
from shared.contract.topics import CHANNEL_SUBMISSIONS
from shared.runtime.kafka import open_sink
from shared.runtime.kafka_access import KafkaAccess
from shared.runtime.outgoing import Outgoing
from tests.support.temporary_folders import open_to_postgres
from workbench.bench.load import submissions
from workbench.check.wait_until_idle import no_progress, wait_until_idle

PROGRAM = Path(sys.executable).with_name("route311")
AT_ONCE = 5_000
ADAPTERS = 50
AT_REST_WITHIN_S = 3_600


def records(count: int) -> Iterator[Outgoing]:
    """Yield the reports; one in a hundred comes twice, and one in a thousand is garbage."""
    topic = CHANNEL_SUBMISSIONS.name
    for number, event in enumerate(submissions(count)):
        record = Outgoing.to_topic(topic, f"{event.source}/{number % ADAPTERS}", event)
        yield record
        if number % 100 == 0:
            yield record
        if number % 1000 == 0:
            yield Outgoing("", topic, b"garbage", b"garbage %d" % number)


async def hand_in(access: KafkaAccess, count: int) -> None:
    async with open_sink(access) as sink:
        batch: list[Outgoing] = []
        for record in records(count):
            batch.append(record)
            if len(batch) == AT_ONCE:
                await sink.publish(batch)
                batch.clear()
        await sink.publish(batch)


def checked(data: Path) -> str:
    command = (PROGRAM, "check", "--json", "--data", str(data))
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:  # noqa: S603 - ours
        assert process.stdout is not None
        found = json.load(process.stdout)
        _, _, used = os.wait4(process.pid, 0)
    return (
        f"{found['requests']:,} requests, {found['records']:,} records, holds: {found['holds']}; "
        f"{found['seconds']:.1f} s, {used.ru_utime + used.ru_stime:.1f} CPU s, "
        f"{used.ru_maxrss / 1024:.0f} MiB"
    )


async def measure(count: int) -> str:
    with open_to_postgres("check") as data:
        async with running_stack(data) as stack:
            await hand_in(stack.access, count)
            await wait_until_idle(stack.access, stack.postgres, AT_REST_WITHIN_S, no_progress)
            return await asyncio.to_thread(checked, data)


if __name__ == "__main__":
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    sys.stdout.write(asyncio.run(measure(wanted)) + "\n")
