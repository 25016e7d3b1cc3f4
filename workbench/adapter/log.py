"""Records of an adapter in Kafka, and the receipts for them."""

import json
from collections import defaultdict, deque
from collections.abc import Collection, Iterable
from contextlib import aclosing

from services.intake.records.submissions import ReceiptEvent
from shared.contract.topics import INTAKE_RESUBMISSIONS, receipts_of, submission_topics
from shared.runtime.consumer.messages import (
    Message,
    parse_record,
    record_partition,
    record_position,
)
from shared.runtime.kafka import Partition, Record, headers_by_name, written_at
from shared.runtime.kafka.reader import offset_bounds, read_records
from shared.runtime.kafka_access import KafkaAccess
from workbench.adapter.records import (
    RECEIPT_DECODER,
    RefusedRecord,
    WrittenRecord,
    WrittenSubmission,
    read_record,
)


async def read_log(
    access: KafkaAccess, source: str, adapters: Collection[str], last: int
) -> tuple[list[WrittenSubmission | RefusedRecord], list[ReceiptEvent]]:
    """Return the latest records of a source, oldest first, and all its receipts.

    A record that cannot be read counts as the source's when its key or its text names it.

    Args:
        access: Address and credentials of Kafka; operators may read all topics.
        adapters: The names of the external adapters, which have topics of their own.
        last: How many records to return at most.
    """
    latest: dict[Partition, deque[tuple[int, WrittenSubmission | RefusedRecord]]] = defaultdict(
        lambda: deque(maxlen=last)
    )
    topics = {topic.name: topic for topic in submission_topics(adapters)}
    del topics[INTAKE_RESUBMISSIONS.name]  # operators write it
    async with aclosing(read_records(access, await offset_bounds(access, topics))) as records:
        async for record in records:
            if _mentions(record, source):
                found = read_record(_written(record), topics[record.topic])
                if isinstance(found, RefusedRecord) or found.event.source == source:
                    latest[record_partition(record)].append((record.timestamp, found))
    merged = sorted((one for each in latest.values() for one in each), key=lambda one: one[0])
    receipts = await _receipts(access, receipts_of(source, adapters).name, source)
    return [found for _, found in merged[-last:]], receipts


async def _receipts(access: KafkaAccess, topic: str, source: str) -> list[ReceiptEvent]:
    bounds = await offset_bounds(access, [topic])
    async with aclosing(read_records(access, bounds)) as records:
        parsed = [
            parse_record(record, RECEIPT_DECODER)
            async for record in records
            if record.key == source.encode()
        ]
    return [one.event for one in parsed if isinstance(one, Message)]


def _mentions(record: Record, source: str) -> bool:
    """Return True for a record that may be the source's, without reading it."""
    places: Iterable[bytes] = (record.key or b"", headers_by_name(record).get("ce_source", b""))
    written = (json.dumps(source).encode(), json.dumps(source, ensure_ascii=False).encode())
    value = record.value or b""
    return source.encode() in places or any(form in value for form in written)


def _written(record: Record) -> WrittenRecord:
    return WrittenRecord(
        record_position(record),
        record.value or b"",
        written_at(record),
        record.key or b"",
        headers_by_name(record),
    )
