"""Apply the registry of topics to the broker."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal

from confluent_kafka.admin import (
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewPartitions,
    NewTopic,
    ResourceType,
)

from shared.contract.topic import DEAD_LETTERS, MAIN_PARTITIONS, MAX_RECORD_BYTES, Topic
from shared.runtime.kafka.admin import Admin, KafkaAdminError, open_admin, result_of
from shared.runtime.kafka_access import KafkaAccess

_DLQ_BYTES = MAX_RECORD_BYTES + 1024 * 1024

# Exceeds the downtime of a reader, and the age of a restored backup.
_TOMBSTONES_KEPT = timedelta(days=30)

_REPLICATED, _MIN_IN_SYNC = 3, 2
_IN_SYNC = "min.insync.replicas"
_VISIBLE_WITHIN_S = 60.0
_POLL_S = 0.1


@dataclass(frozen=True, slots=True)
class TopicChange:
    """A change to one topic, for display."""

    topic: str
    change: Literal["created", "partitions_added", "settings_changed", "left"]
    detail: str = ""


def broker_settings(topic: Topic, replicas: int = 1) -> dict[str, str]:
    """Return the broker settings that the registry defines for a topic.

    With three replicas or more, a write is acknowledged once two have it.
    """
    max_bytes = _DLQ_BYTES if topic.name.endswith(DEAD_LETTERS) else MAX_RECORD_BYTES
    settings = {
        "cleanup.policy": "compact" if topic.retention is None else "delete",
        "retention.ms": "-1" if topic.retention is None else _millis(topic.retention),
        "max.message.bytes": str(max_bytes),
    }
    if topic.compacted_within is not None:  # compaction leaves out the segment that is written to
        settings["max.compaction.lag.ms"] = _millis(topic.compacted_within)
        settings["segment.ms"] = _millis(topic.compacted_within)
    if topic.erasure is not None:
        settings["delete.retention.ms"] = _millis(_TOMBSTONES_KEPT)
    if replicas >= _REPLICATED:
        settings[_IN_SYNC] = str(_MIN_IN_SYNC)
    return settings


def differing_settings(
    topic: Topic, replicas: int, present: Mapping[str, str | None]
) -> dict[str, str]:
    """Return the settings to change; ``min.insync.replicas`` is raised and never lowered."""
    wanted = broker_settings(topic, replicas)
    if int(present.get(_IN_SYNC) or 1) >= _MIN_IN_SYNC:
        wanted.pop(_IN_SYNC, None)
    return {name: value for name, value in wanted.items() if present.get(name) != value}


def _millis(time: timedelta) -> str:
    return str(int(time.total_seconds() * 1000))


async def apply_topics(
    access: KafkaAccess,
    topics: Sequence[Topic],
    *,
    replication: int = 1,
    partitions: int | None = None,
) -> list[TopicChange]:
    """Create missing topics and correct differing ones; idempotent.

    It never deletes or shrinks a topic, touches no topic outside the registry, and leaves alone
    every setting that the registry does not define. When it returns, the broker's metadata
    contain every topic.

    Args:
        replication: The number of replicas of a new topic.
        partitions: The least number of partitions of a main topic. By default present ones keep
            theirs, and a new one has as many as they, else the registry's.

    Raises:
        KafkaAdminError: The broker refuses the credentials, or to create or alter a topic.
        TimeoutError: A created topic did not appear in the metadata within 60 s.
    """
    async with open_admin(access) as admin:
        existing = await _shapes(admin)
        topics = _sized(topics, existing, partitions)
        missing = [topic for topic in topics if topic.name not in existing]
        present = [topic for topic in topics if topic.name in existing]
        if missing:
            await _create(admin, missing, replication)
        changes = [TopicChange(topic.name, "created") for topic in missing]
        for topic in present:
            changes += await _grow(admin, topic, existing[topic.name], replication)
        return [*changes, *await _change_settings(admin, present, existing)]


@dataclass(frozen=True, slots=True)
class _Shape:
    """Numbers of partitions and of copies of a topic on the broker."""

    partitions: int
    replicas: int


def _sized(
    topics: Sequence[Topic], existing: Mapping[str, _Shape], partitions: int | None
) -> list[Topic]:
    """Return the topics, the main ones with the partitions that they have or should have."""
    main = [topic.name for topic in topics if topic.is_main]
    present = {name: existing[name].partitions for name in main if name in existing}
    wanted = dict.fromkeys(main, max([partitions or MAIN_PARTITIONS, *present.values()]))
    wanted |= dict.fromkeys(present, partitions) if partitions else present
    return [replace(topic, partitions=wanted.get(topic.name, topic.partitions)) for topic in topics]


async def _shapes(admin: Admin) -> dict[str, _Shape]:
    found = await admin.metadata()
    if found is None:
        return {}
    return {
        name: _Shape(len(topic.partitions), min(len(p.replicas) for p in topic.partitions.values()))
        for name, topic in found.topics.items()
        if topic.partitions
    }


async def _create(admin: Admin, topics: Sequence[Topic], replication: int) -> None:
    """Create topics, and wait until the broker's metadata contain them.

    That can take a busy broker seconds, and a client that asks for its topics too early does not
    ask again for minutes.
    """
    requests = admin.client.create_topics(
        [
            NewTopic(t.name, t.partitions, replication, config=broker_settings(t, replication))
            for t in topics
        ]
    )
    for name, request in requests.items():
        try:
            await result_of(request)
        except KafkaAdminError as error:
            if not str(error).startswith("TOPIC_ALREADY_EXISTS"):
                raise KafkaAdminError(f"{name}: {error}") from error
    names = {topic.name for topic in topics}
    async with asyncio.timeout(_VISIBLE_WITHIN_S):
        while not names <= (await _shapes(admin)).keys():  # noqa: ASYNC110 - nothing is announced
            await asyncio.sleep(_POLL_S)


async def _grow(admin: Admin, topic: Topic, present: _Shape, replication: int) -> list[TopicChange]:
    """Add partitions; report changes that only a person can make."""
    changes = []
    if present.replicas < replication:
        detail = f"has copies: {present.replicas}, asked for: {replication}"
        changes.append(TopicChange(topic.name, "left", detail))
    if present.partitions > topic.partitions:
        detail = f"has {present.partitions} partitions, the registry {topic.partitions}"
        changes.append(TopicChange(topic.name, "left", detail))
    if present.partitions < topic.partitions:
        request = admin.client.create_partitions([NewPartitions(topic.name, topic.partitions)])
        await result_of(request[topic.name])
        detail = f"{present.partitions} to {topic.partitions}"
        changes.append(TopicChange(topic.name, "partitions_added", detail))
    return changes


async def _change_settings(
    admin: Admin, topics: Sequence[Topic], shapes: Mapping[str, _Shape]
) -> list[TopicChange]:
    if not topics:
        return []
    described = admin.client.describe_configs(
        [ConfigResource(ResourceType.TOPIC, topic.name) for topic in topics]
    )
    present = {at.name: await result_of(request) for at, request in described.items()}
    differing: dict[str, dict[str, str]] = {}
    for topic in topics:
        now = {name: entry.value for name, entry in present[topic.name].items()}
        if other := differing_settings(topic, shapes[topic.name].replicas, now):
            differing[topic.name] = other
    if differing:
        await _alter(admin, differing)
    return [
        TopicChange(topic, "settings_changed", ", ".join(sorted(settings)))
        for topic, settings in differing.items()
    ]


async def _alter(admin: Admin, settings: dict[str, dict[str, str]]) -> None:
    requests = admin.client.incremental_alter_configs(
        [
            ConfigResource(
                ResourceType.TOPIC,
                topic,
                incremental_configs=[
                    ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
                    for name, value in values.items()
                ],
            )
            for topic, values in settings.items()
        ]
    )
    for request in requests.values():
        await result_of(request)
