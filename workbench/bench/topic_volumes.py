"""Records and bytes that a benchmark wrote to Kafka, by topic."""

import asyncio
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from shared.runtime.kafka.reader import offset_bounds
from shared.runtime.kafka_access import KafkaAccess

_PARTITION = re.compile(r"(?P<topic>.+)-\d+")
_BUREAU = re.compile(r"bureau-.+-(?P<kind>work|updates|receipts)")


@dataclass(frozen=True, slots=True)
class TopicVolume:
    """Records of a topic, and the bytes of their batches in the log, as compressed there."""

    records: int
    bytes: int


async def topic_volumes(access: KafkaAccess, folder: Path) -> dict[str, TopicVolume]:
    """Return what every topic holds now."""
    records: Counter[str] = Counter()
    for partition, (_, end) in (await offset_bounds(access)).items():
        records[partition.topic] += end
    size = await asyncio.to_thread(_log_bytes, folder)
    return {topic: TopicVolume(records[topic], size[topic]) for topic in records}


def _log_bytes(folder: Path) -> Counter[str]:
    size: Counter[str] = Counter()
    for file in folder.glob("data/*/*.log"):
        if named := _PARTITION.fullmatch(file.parent.name):
            size[named["topic"]] += file.stat().st_size
    return size


def common_name(topic: str) -> str:
    """Return the name under which a topic is shown: one for the same topic of all bureaus."""
    bureau = _BUREAU.fullmatch(topic)
    return f"bureau-…-{bureau['kind']}" if bureau else topic


def written_since(
    before: Mapping[str, TopicVolume], now: Mapping[str, TopicVolume]
) -> dict[str, TopicVolume]:
    """Return what was written since a moment to each topic; the bureaus' topics count as one."""
    records: Counter[str] = Counter()
    size: Counter[str] = Counter()
    for topic, volume in now.items():
        earlier = before.get(topic, TopicVolume(0, 0))
        name = common_name(topic)
        records[name] += volume.records - earlier.records
        size[name] += volume.bytes - earlier.bytes
    return {name: TopicVolume(records[name], size[name]) for name in sorted(+records)}
