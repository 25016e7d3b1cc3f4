"""The raw limit of triage: bare aiokafka that consumes, validates and produces, nothing else.

``python -m shared.cli.bench.validator BOOTSTRAP FROM TO COUNT`` ends when it has done that many.
"""

import sys

import uvloop

from shared.events import Decoder, RequestSubmitted, encode
from shared.runtime.kafka import open_sink
from shared.runtime.kafka.reader import ends_of, tailing
from shared.runtime.records import Outgoing

_WITHIN_S = 1.0


async def validate(bootstrap: str, source: str, target: str, count: int) -> None:
    """Read the first ``count`` requests of a topic, and write each anew as an event."""
    decoder = Decoder([RequestSubmitted])
    since = dict.fromkeys(await ends_of(bootstrap, [source]), 0)
    done = 0
    async with open_sink(bootstrap) as sink, tailing(bootstrap, since) as tail:
        while done < count:
            records = await tail.more(_WITHIN_S)
            events = [decoder.decode(record.value) for record in records]
            await sink.publish(
                [
                    Outgoing(event.id, target, record.key or b"", encode(event))
                    for record, event in zip(records, events, strict=True)
                ]
            )
            done += len(records)


if __name__ == "__main__":
    bootstrap, source, target, count = sys.argv[1:]
    uvloop.run(validate(bootstrap, source, target, int(count)))
