"""The raw limit of triage: aiokafka alone that consumes, validates and produces, nothing else.

``python -m cli.bench.validator BOOTSTRAP FROM TO COUNT bare|tuned`` ends when it has done
that many.
"""

import asyncio
import sys
from typing import Any

import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from shared.contract.events import Decoder, RequestSubmitted, encode

_WITHIN_MS = 1000
_PRODUCERS: dict[str, dict[str, Any]] = {
    "bare": {},
    "tuned": {
        "acks": "all",
        "enable_idempotence": True,
        "max_batch_size": 512 * 1024,  # as large and as full as triage's own
        "linger_ms": 5,
    },
}


async def validate(bootstrap: str, source: str, target: str, count: int, how: str) -> None:
    """Read the first ``count`` requests of a topic and write them again.

    Args:
        bootstrap: Host and port of the broker.
        source: The topic that is read, from its oldest record.
        target: The topic that is written, with the same keys.
        count: After so many it ends.
        how: ``bare`` produces as aiokafka comes, ``tuned`` as safely and in batches as large as
            triage does.
    """
    requests = Decoder([RequestSubmitted])
    consumer = AIOKafkaConsumer(
        source, bootstrap_servers=bootstrap, auto_offset_reset="earliest", enable_auto_commit=False
    )
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, **_PRODUCERS[how])
    async with consumer, producer:
        done = 0
        while done < count:
            found = await consumer.getmany(timeout_ms=_WITHIN_MS)
            records = [record for of_partition in found.values() for record in of_partition]
            sent = [
                await producer.send(target, encode(requests.decode(record.value)), record.key)
                for record in records
            ]
            await asyncio.gather(*sent)
            done += len(records)


if __name__ == "__main__":
    bootstrap, source, target, count, how = sys.argv[1:]
    uvloop.run(validate(bootstrap, source, target, int(count), how))
