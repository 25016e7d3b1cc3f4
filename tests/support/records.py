"""Builder of consumed Kafka records."""

from typing import Any

from aiokafka import ConsumerRecord

from shared.runtime.kafka import Record


def record(
    value: bytes | None = b"{}", *, offset: int = 0, topic: str = "test", **changes: Any
) -> Record:
    fields: dict[str, Any] = {
        "topic": topic,
        "partition": 0,
        "offset": offset,
        "timestamp": 0,
        "timestamp_type": 0,
        "key": b"key",
        "value": value,
        "checksum": None,
        "serialized_key_size": 3,
        "serialized_value_size": len(value or b""),
        "headers": (),
    }
    return ConsumerRecord(**(fields | changes))
