"""One hop of the raw limit: copies records from one topic to the next with bare aiokafka.

``python -m cli.bench.copier BOOTSTRAP FROM TO COUNT`` ends after COUNT records.
"""

import sys

import uvloop

from shared.runtime.kafka import open_sink
from shared.runtime.kafka.reader import end_offsets, follow
from shared.runtime.outgoing import Outgoing

_POLL_S = 1.0


async def copy(bootstrap: str, source: str, target: str, count: int) -> None:
    """Copy the first ``count`` records of a topic with their keys.

    Args:
        bootstrap: Host and port of the broker.
        source: The topic that is read, from its oldest record.
        target: The topic that is written.
        count: Number of records to copy.
    """
    since = dict.fromkeys(await end_offsets(bootstrap, [source]), 0)
    copied = 0
    async with open_sink(bootstrap) as sink, follow(bootstrap, since) as tail:
        print("ready", flush=True)  # noqa: T201 - the parent process waits for this line
        while copied < count:
            records = await tail.poll(_POLL_S)
            await sink.publish([Outgoing("", target, r.key or b"", r.value) for r in records])
            copied += len(records)


if __name__ == "__main__":
    bootstrap, source, target, count = sys.argv[1:]
    uvloop.run(copy(bootstrap, source, target, int(count)))
