"""Types of consumed Kafka records."""

from collections.abc import Sequence
from typing import TypeAlias

from aiokafka import ConsumerRecord, TopicPartition

Record: TypeAlias = "ConsumerRecord[bytes, bytes]"
Partition: TypeAlias = TopicPartition


def rebuild_record(  # noqa: PLR0913 - a record has that many parts
    partition: Partition,
    offset: int,
    *,
    timestamp: int,
    key: bytes,
    value: bytes | None,
    headers: Sequence[tuple[str, bytes]],
) -> Record:
    """Return a record as it was consumed, from its parts that were stored elsewhere.

    Args:
        partition: Topic and partition.
        offset: Its offset.
        timestamp: Milliseconds since the epoch.
        key: Its key.
        value: Its value; None for a tombstone.
        headers: Its headers.
    """
    return ConsumerRecord(
        topic=partition.topic,
        partition=partition.partition,
        offset=offset,
        timestamp=timestamp,
        timestamp_type=0,
        key=key,
        value=value,
        checksum=None,
        serialized_key_size=len(key),
        serialized_value_size=-1 if value is None else len(value),
        headers=tuple(headers),
    )
