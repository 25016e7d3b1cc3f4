"""Topic administration: make the broker's topics match the registry."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import NoError, TopicAlreadyExistsError, for_code

from shared.contract.topics import DEAD_LETTERS, MAX_RECORD_BYTES, Topic
from shared.runtime.kafka.clients import connect

_DLQ_BYTES = MAX_RECORD_BYTES + 1024 * 1024
_TOMBSTONES_KEPT_MS = str(30 * 24 * 60 * 60 * 1000)
"""Longer than a reader may be down, and than the oldest backup that is restored."""
_VISIBLE_WITHIN_S = 60.0
_POLL_S = 0.1


class AdminClient(AIOKafkaAdminClient):
    """aiokafka's admin client, with the ``stop`` method that its other clients have."""

    def __init__(self, bootstrap: str) -> None:
        super().__init__(bootstrap_servers=bootstrap)

    async def stop(self) -> None:
        """Close its connections."""
        await self.close()  # type: ignore[no-untyped-call] # aiokafka has no types


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
    settings = {
        "cleanup.policy": "compact" if topic.retention is None else "delete",
        "retention.ms": retention_ms,
        "max.message.bytes": str(max_bytes),
    }
    if topic.erasure is not None:
        settings["delete.retention.ms"] = _TOMBSTONES_KEPT_MS
    return settings


async def apply_topics(
    bootstrap: str, topics: Sequence[Topic], *, replication: int = 1
) -> list[TopicChange]:
    """Create missing topics and correct differing ones; idempotent.

    It never deletes or shrinks a topic, and touches no topic outside the registry. When it
    returns, the broker's metadata contain every topic.

    Args:
        bootstrap: Host and port of the brokers.
        topics: The topics of the registry.
        replication: The number of replicas of a new topic.

    Raises:
        KafkaError: The broker refuses to create a topic.
        TimeoutError: A created topic did not appear in the metadata within 60 s.
    """
    async with connect(lambda: AdminClient(bootstrap)) as admin:
        existing = set(await admin.list_topics())
        missing = [topic for topic in topics if topic.name not in existing]
        present = [topic for topic in topics if topic.name in existing]
        if missing:
            await _create(admin, missing, replication)
        created = [TopicChange(topic.name, "created") for topic in missing]
        return [*created, *await _correct(admin, present)]


async def _create(admin: AIOKafkaAdminClient, topics: Sequence[Topic], replication: int) -> None:
    """Create topics, and wait until the broker's metadata contain them.

    That can take a busy broker seconds, and a client that asks for its topics too early does not
    ask again for minutes.
    """
    response: Any = await admin.create_topics(
        [
            NewTopic(t.name, t.partitions, replication, topic_configs=broker_settings(t))
            for t in topics
        ]
    )
    for name, code, *_ in response.topic_errors:
        if code not in {NoError.errno, TopicAlreadyExistsError.errno}:
            raise for_code(code)(name)
    names = [topic.name for topic in topics]
    async with asyncio.timeout(_VISIBLE_WITHIN_S):
        while not await _are_visible(admin, names):  # noqa: ASYNC110 - the broker announces nothing
            await asyncio.sleep(_POLL_S)


async def _are_visible(admin: AIOKafkaAdminClient, names: list[str]) -> bool:
    return all(found["partitions"] for found in await admin.describe_topics(names))


async def _correct(admin: AIOKafkaAdminClient, topics: Sequence[Topic]) -> list[TopicChange]:
    if not topics:
        return []
    partitions = {
        found["topic"]: len(found["partitions"])
        for found in await admin.describe_topics([topic.name for topic in topics])
    }
    settings = await _settings(admin, topics)
    return [
        change
        for topic in topics
        for change in (
            await _add_partitions(admin, topic, partitions[topic.name]),
            await _change_settings(admin, topic, settings[topic.name]),
        )
        if change
    ]


async def _settings(
    admin: AIOKafkaAdminClient, topics: Sequence[Topic]
) -> dict[str, dict[str, str]]:
    resources = [ConfigResource(ConfigResourceType.TOPIC, topic.name) for topic in topics]
    responses: Any = await admin.describe_configs(resources)
    return {
        resource[3]: {entry[0]: entry[1] for entry in resource[4]}
        for response in responses
        for resource in response.resources
    }


async def _add_partitions(
    admin: AIOKafkaAdminClient, topic: Topic, present: int
) -> TopicChange | None:
    if present > topic.partitions:
        return TopicChange(
            topic.name, "left", f"has {present} partitions, the registry says {topic.partitions}"
        )
    if present == topic.partitions:
        return None
    await admin.create_partitions({topic.name: NewPartitions(topic.partitions)})
    return TopicChange(topic.name, "partitions_added", f"{present} to {topic.partitions}")


async def _change_settings(
    admin: AIOKafkaAdminClient, topic: Topic, present: dict[str, str]
) -> TopicChange | None:
    wanted = broker_settings(topic)
    differing = {name: value for name, value in wanted.items() if present.get(name) != value}
    if not differing:
        return None
    await admin.alter_configs(
        [ConfigResource(ConfigResourceType.TOPIC, topic.name, configs=wanted)]
    )
    return TopicChange(topic.name, "settings_changed", ", ".join(sorted(differing)))
