"""The raw limit of triage: consume, validate and produce with bare aiokafka.

``python -m workbench.bench.validator FROM TO COUNT bare|tuned`` ends after COUNT requests. The
environment says where Kafka is.
"""

import asyncio
import sys
from typing import Any

import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from shared.contract.events import Decoder, RequestSubmitted, encode
from shared.runtime.kafka_access import KafkaAccess
from shared.runtime.settings import KafkaSettings

_POLL_MS = 1000
_PRODUCERS: dict[str, dict[str, Any]] = {
    "bare": {},
    "tuned": {
        "acks": "all",
        "enable_idempotence": True,
        "max_batch_size": 512 * 1024,  # as large and as full as triage's own
        "linger_ms": 5,
    },
}


async def validate(access: KafkaAccess, source: str, target: str, count: int, mode: str) -> None:
    """Read the first ``count`` requests of a topic and write them again.

    Args:
        source: The topic that is read, from its oldest record.
        target: The topic that is written, with the same keys.
        count: Number of requests to copy.
        mode: ``bare`` uses aiokafka's default producer, ``tuned`` one as safe and with batches as
            large as triage's.
    """
    requests = Decoder([RequestSubmitted])
    consumer = AIOKafkaConsumer(
        source, **access.aiokafka_options(), auto_offset_reset="earliest", enable_auto_commit=False
    )
    producer = AIOKafkaProducer(**access.aiokafka_options(), **_PRODUCERS[mode])
    async with consumer, producer:
        done = 0
        while done < count:
            by_partition = await consumer.getmany(timeout_ms=_POLL_MS)
            records = [record for records in by_partition.values() for record in records]
            sent = [
                await producer.send(target, encode(requests.decode(record.value)), record.key)
                for record in records
            ]
            await asyncio.gather(*sent)
            done += len(records)


if __name__ == "__main__":
    source, target, count, mode = sys.argv[1:]
    access = KafkaSettings().kafka_access
    uvloop.run(validate(access, source, target, int(count), mode))
