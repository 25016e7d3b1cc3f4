"""Making the topics what the registry says."""

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
_NAMED_WITHIN_S = 60.0
_ASK_EVERY_S = 0.1


class AdminClient(AIOKafkaAdminClient):
    """A client for what is no message, stopped like the others."""

    def __init__(self, bootstrap: str) -> None:
        super().__init__(bootstrap_servers=bootstrap)

    async def stop(self) -> None:
        """Close its connections."""
        await self.close()  # type: ignore[no-untyped-call]


@dataclass(frozen=True, slots=True)
class TopicChange:
    """What was done to one topic, in words."""

    topic: str
    change: Literal["created", "partitions_added", "settings_changed", "left"]
    detail: str = ""


def broker_settings(topic: Topic) -> dict[str, str]:
    """Return the broker settings that the registry fixes for a topic."""
    largest = _DLQ_BYTES if topic.name.endswith(DEAD_LETTERS) else MAX_RECORD_BYTES
    kept = "-1" if topic.retention is None else str(int(topic.retention.total_seconds() * 1000))
    return {
        "cleanup.policy": "compact" if topic.retention is None else "delete",
        "retention.ms": kept,
        "max.message.bytes": str(largest),
    }


async def apply_topics(
    bootstrap: str, topics: Sequence[Topic], *, replication: int = 1
) -> list[TopicChange]:
    """Create what is missing and mend what differs; never delete, never shrink, touch no other.

    Calling it again changes nothing. When it returns, the broker names every topic.

    Raises:
        KafkaError: The broker refuses to create a topic.
        TimeoutError: It does not name one that was created.
    """
    async with connect(lambda: AdminClient(bootstrap)) as admin:
        existing = set(await admin.list_topics())
        missing = [topic for topic in topics if topic.name not in existing]
        present = [topic for topic in topics if topic.name in existing]
        if missing:
            await _create(admin, missing, replication)
        created = [TopicChange(topic.name, "created") for topic in missing]
        return [*created, *await _mend(admin, present)]


async def _create(admin: AIOKafkaAdminClient, topics: Sequence[Topic], replication: int) -> None:
    """Create topics, and wait until they are more than a plan of the controller.

    A broker that is busy names them seconds later, and a client that asks it for its topics before
    that does not ask again for minutes.
    """
    answer: Any = await admin.create_topics(
        [
            NewTopic(t.name, t.partitions, replication, topic_configs=broker_settings(t))
            for t in topics
        ]
    )
    for name, code, *_ in answer.topic_errors:
        if code not in {NoError.errno, TopicAlreadyExistsError.errno}:
            raise for_code(code)(name)
    names = [topic.name for topic in topics]
    async with asyncio.timeout(_NAMED_WITHIN_S):
        while not await _are_named(admin, names):  # noqa: ASYNC110 - the broker tells nobody
            await asyncio.sleep(_ASK_EVERY_S)


async def _are_named(admin: AIOKafkaAdminClient, names: list[str]) -> bool:
    return all(found["partitions"] for found in await admin.describe_topics(names))


async def _mend(admin: AIOKafkaAdminClient, topics: Sequence[Topic]) -> list[TopicChange]:
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
            await _grow(admin, topic, partitions[topic.name]),
            await _set(admin, topic, settings[topic.name]),
        )
        if change
    ]


async def _settings(
    admin: AIOKafkaAdminClient, topics: Sequence[Topic]
) -> dict[str, dict[str, str]]:
    asked = [ConfigResource(ConfigResourceType.TOPIC, topic.name) for topic in topics]
    answers: Any = await admin.describe_configs(asked)
    return {
        resource[3]: {entry[0]: entry[1] for entry in resource[4]}
        for answer in answers
        for resource in answer.resources
    }


async def _grow(admin: AIOKafkaAdminClient, topic: Topic, present: int) -> TopicChange | None:
    if present > topic.partitions:
        return TopicChange(
            topic.name, "left", f"has {present} partitions, the registry says {topic.partitions}"
        )
    if present == topic.partitions:
        return None
    await admin.create_partitions({topic.name: NewPartitions(topic.partitions)})
    return TopicChange(topic.name, "partitions_added", f"{present} to {topic.partitions}")


async def _set(
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
