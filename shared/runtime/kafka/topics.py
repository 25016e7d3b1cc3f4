"""Make the broker's topics match the registry."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from confluent_kafka.admin import (
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewPartitions,
    NewTopic,
    ResourceType,
)

from shared.contract.topics import DEAD_LETTERS, MAX_RECORD_BYTES, Topic
from shared.runtime.kafka.admin import Admin, KafkaAdminError, open_admin, result_of
from shared.runtime.kafka_access import KafkaAccess

_DLQ_BYTES = MAX_RECORD_BYTES + 1024 * 1024
_VISIBLE_WITHIN_S = 60.0
_POLL_S = 0.1


@dataclass(frozen=True, slots=True)
class TopicChange:
    """A change to one topic, for display."""

    topic: str
    change: Literal["created", "partitions_added", "settings_changed", "left"]
    detail: str = ""


def broker_settings(topic: Topic) -> dict[str, str]:
    """Return the broker settings that the registry defines for a topic."""
    max_bytes = _DLQ_BYTES if topic.name.endswith(DEAD_LETTERS) else MAX_RECORD_BYTES
    retention_ms = "-1"
    if topic.retention is not None:
        retention_ms = str(int(topic.retention.total_seconds() * 1000))
    return {
        "cleanup.policy": "compact" if topic.retention is None else "delete",
        "retention.ms": retention_ms,
        "max.message.bytes": str(max_bytes),
    }


async def apply_topics(
    access: KafkaAccess, topics: Sequence[Topic], *, replication: int = 1
) -> list[TopicChange]:
    """Create missing topics and correct differing ones; idempotent.

    It never deletes or shrinks a topic, touches no topic outside the registry, and leaves alone
    every setting that the registry does not define. When it returns, the broker's metadata
    contain every topic.

    Args:
        access: Where Kafka is, and as whom to connect.
        topics: The topics of the registry.
        replication: The number of replicas of a new topic.

    Raises:
        KafkaAdminError: The broker refuses the credentials, or to create or alter a topic.
        TimeoutError: A created topic did not appear in the metadata within 60 s.
    """
    async with open_admin(access) as admin:
        existing = await _partition_counts(admin)
        missing = [topic for topic in topics if topic.name not in existing]
        present = [topic for topic in topics if topic.name in existing]
        if missing:
            await _create(admin, missing, replication)
        created = [TopicChange(topic.name, "created") for topic in missing]
        grown = [await _add_partitions(admin, topic, existing[topic.name]) for topic in present]
        changed = await _change_settings(admin, present)
        return [*created, *(change for change in grown if change), *changed]


async def _partition_counts(admin: Admin) -> dict[str, int]:
    found = await admin.metadata()
    return {name: len(topic.partitions) for name, topic in found.topics.items()} if found else {}


async def _create(admin: Admin, topics: Sequence[Topic], replication: int) -> None:
    """Create topics, and wait until the broker's metadata contain them.

    That can take a busy broker seconds, and a client that asks for its topics too early does not
    ask again for minutes.
    """
    requests = admin.client.create_topics(
        [NewTopic(t.name, t.partitions, replication, config=broker_settings(t)) for t in topics]
    )
    for name, request in requests.items():
        try:
            await result_of(request)
        except KafkaAdminError as error:
            if not str(error).startswith("TOPIC_ALREADY_EXISTS"):
                raise KafkaAdminError(f"{name}: {error}") from error
    names = {topic.name for topic in topics}
    async with asyncio.timeout(_VISIBLE_WITHIN_S):
        while not names <= (await _partition_counts(admin)).keys():  # noqa: ASYNC110 - nothing is announced
            await asyncio.sleep(_POLL_S)


async def _add_partitions(admin: Admin, topic: Topic, present: int) -> TopicChange | None:
    if present > topic.partitions:
        return TopicChange(
            topic.name, "left", f"has {present} partitions, the registry says {topic.partitions}"
        )
    if present == topic.partitions:
        return None
    request = admin.client.create_partitions([NewPartitions(topic.name, topic.partitions)])
    await result_of(request[topic.name])
    return TopicChange(topic.name, "partitions_added", f"{present} to {topic.partitions}")


async def _change_settings(admin: Admin, topics: Sequence[Topic]) -> list[TopicChange]:
    if not topics:
        return []
    described = admin.client.describe_configs(
        [ConfigResource(ResourceType.TOPIC, topic.name) for topic in topics]
    )
    present = {at.name: await result_of(request) for at, request in described.items()}
    differing: dict[str, dict[str, str]] = {}
    for topic in topics:
        now = present[topic.name]
        wanted = broker_settings(topic).items()
        if other := {name: value for name, value in wanted if now[name].value != value}:
            differing[topic.name] = other
    if differing:
        await _alter(admin, differing)
    return [
        TopicChange(topic, "settings_changed", ", ".join(sorted(settings)))
        for topic, settings in differing.items()
    ]


async def _alter(admin: Admin, settings: dict[str, dict[str, str]]) -> None:
    """Set these settings of these topics, and no others."""
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
