"""One hop of the raw limit: copies records from one topic to the next with bare aiokafka.

``python -m workbench.bench.copier FROM TO COUNT`` ends after COUNT records. The environment says
where Kafka is.
"""

import sys

import uvloop

from shared.runtime.kafka import open_sink
from shared.runtime.kafka.reader import end_offsets, follow
from shared.runtime.kafka_access import KafkaAccess
from shared.runtime.outgoing import Outgoing
from shared.runtime.settings import KafkaSettings

_POLL_S = 1.0


async def copy(access: KafkaAccess, source: str, target: str, count: int) -> None:
    """Copy the first ``count`` records of a topic with their keys.

    Args:
        access: Address and credentials of Kafka.
        source: The topic that is read, from its oldest record.
        target: The topic that is written.
        count: Number of records to copy.
    """
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
    uvloop.run(copy(access, source, target, int(count)))
