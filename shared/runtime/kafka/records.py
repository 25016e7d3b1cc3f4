"""Types of consumed Kafka records."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import TypeAlias, cast

from aiokafka import ConsumerRecord, TopicPartition

from shared.errors import Route311Error, SystemicError
from shared.vocabulary import END_OF_TIME

Record: TypeAlias = "ConsumerRecord[bytes, bytes]"
Partition: TypeAlias = TopicPartition

_LAST_TIMESTAMP = int(END_OF_TIME.timestamp() * 1000)


def written_at(record: Record) -> datetime:
    """Return the timestamp of a record, UTC, clamped to 1970 to 2100."""
    return datetime.fromtimestamp(min(max(record.timestamp, 0), _LAST_TIMESTAMP) / 1000, UTC)


def headers_by_name(record: Record) -> dict[str, bytes]:
    """Return the headers of a record that have a value; the last of each name wins."""
    headers = cast("Sequence[tuple[str, bytes | None]]", record.headers)
    return {name: value for name, value in headers if value is not None}


def rebuild_record(  # noqa: PLR0913 - a record has that many parts
    partition: Partition,
    offset: int,
    *,
    timestamp: int,
    key: bytes,
    value: bytes | None,
    headers: Sequence[tuple[str, bytes | None]],
) -> Record:
    """Return a consumed record, from its stored parts; ``value`` is None for a tombstone."""
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
        headers=cast("Sequence[tuple[str, bytes]]", tuple(headers)),
    )


class PositionLostError(Route311Error):
    """The broker does not have the next offset of some partitions; an operator must decide."""

    code = "position_lost"

    def __init__(self, text: str, partitions: Collection[Partition]) -> None:
        super().__init__(text)
        self.partitions = frozenset(partitions)


class BrokerDownError(SystemicError):
    """Kafka did not acknowledge in time; the records may or may not have been written."""

    code = "broker_down"
