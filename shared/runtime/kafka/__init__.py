"""The only package that touches Kafka's drivers: aiokafka for records, librdkafka for the rest."""

from shared.runtime.kafka.acls import AccessChanges, apply_access
from shared.runtime.kafka.admin import KafkaAdminError, answers, committed_offsets, require_login
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
from shared.runtime.kafka.topics import TopicChange, apply_topics
from shared.runtime.kafka.users import set_user_passwords

__all__ = [
    "AccessChanges",
    "BrokerDownError",
    "KafkaAdminError",
    "KafkaSink",
    "KafkaSource",
    "LenientRecords",
    "Partition",
    "PositionLostError",
    "Record",
    "TopicChange",
    "answers",
    "apply_access",
    "apply_topics",
    "committed_offsets",
    "headers_by_name",
    "open_sink",
    "open_source",
    "rebuild_record",
    "require_login",
    "set_user_passwords",
    "written_at",
]
