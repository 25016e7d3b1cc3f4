"""The only package that touches aiokafka, which has no types of its own."""

from shared.runtime.kafka.admin import TopicChange, apply_topics
from shared.runtime.kafka.errors import BrokerDownError, PositionLostError
from shared.runtime.kafka.record_batches import LenientRecords
from shared.runtime.kafka.records import (
    Partition,
    Record,
    headers_by_name,
    rebuild_record,
    written_at,
)
from shared.runtime.kafka.sink import KafkaSink, open_sink
from shared.runtime.kafka.source import KafkaSource, open_source

__all__ = [
    "BrokerDownError",
    "KafkaSink",
    "KafkaSource",
    "LenientRecords",
    "Partition",
    "PositionLostError",
    "Record",
    "TopicChange",
    "apply_topics",
    "headers_by_name",
    "open_sink",
    "open_source",
    "rebuild_record",
    "written_at",
]
