"""The only package that uses Kafka's drivers: aiokafka for records, librdkafka for administration.

A service that only reads and writes never imports the modules of administration: ``acls``,
``admin``, ``topics`` and ``users``.
"""

from shared.runtime.kafka.record_batches import LenientRecords
from shared.runtime.kafka.records import (
    BrokerDownError,
    Partition,
    PositionLostError,
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
    "headers_by_name",
    "open_sink",
    "open_source",
    "rebuild_record",
    "written_at",
]
