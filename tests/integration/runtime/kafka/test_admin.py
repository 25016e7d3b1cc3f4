from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from confluent_kafka.admin import AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType

from shared.contract.topics import INTAKE_CONTACTS, INTAKE_REQUESTS, TRIAGE_SURGES
from shared.runtime.kafka.admin import Admin, KafkaAdminError, open_admin, result_of
from shared.runtime.kafka.reader import end_offsets
from shared.runtime.kafka.topics import apply_topics
from tests.support.stack import Stores
from tests.support.waiting import eventually

pytestmark = pytest.mark.integration

_MAIN = ("earlier", "later")


async def test_applying_the_registry_again_changes_nothing(stores: Stores) -> None:
    async def nothing() -> bool:  # a busy broker shows what was mended before a moment later
        return await apply_topics(stores.access, stores.topics) == []

    assert await eventually(nothing)


async def test_missing_topics_are_made_and_differing_ones_mended(stores: Stores) -> None:
    topic = replace(TRIAGE_SURGES, name="registry-test", partitions=1)
    longer = replace(topic, partitions=2, retention=timedelta(days=1))

    created = await apply_topics(stores.access, [topic])
    mended = await apply_topics(stores.access, [longer])
    after = await apply_topics(stores.access, [longer])

    assert [change.change for change in created] == ["created"]
    assert {change.change for change in mended} == {"partitions_added", "settings_changed"}
    assert after == []


async def test_a_topic_that_was_made_is_there_though_the_broker_is_busy(stores: Stores) -> None:
    topic = replace(TRIAGE_SURGES, name="registry-test-named")
    many = [NewTopic(f"registry-test-{number}", 12, 1) for number in range(40)]
    admin = AIOKafkaAdminClient(**stores.access.aiokafka_options())
    await admin.start()
    await admin.create_topics(many)  # the broker makes their files one after the other
    await apply_topics(stores.access, [topic])

    ends = await end_offsets(stores.access, [topic.name])

    await admin.delete_topics([topic.name, *(other.name for other in many)])
    await admin.close()
    assert len(ends) == topic.partitions


async def test_what_the_broker_refuses_to_make_is_said(stores: Stores) -> None:
    with pytest.raises(KafkaAdminError, match="no topic"):
        await apply_topics(stores.access, [replace(TRIAGE_SURGES, name="no topic")])


async def test_partitions_are_never_taken_away(stores: Stores) -> None:
    [change] = await apply_topics(stores.access, [replace(TRIAGE_SURGES, partitions=1)])

    assert change.change == "left"


@pytest.mark.parametrize(
    ("setting", "partitions", "changes"),
    [
        (None, (12, 12), [("later", "created")]),
        (8, (12, 12), [("earlier", "left"), ("later", "created")]),
        (16, (16, 16), [("earlier", "partitions_added"), ("later", "created")]),
    ],
)
async def test_main_topics_keep_their_partitions_and_a_new_one_has_as_many(
    stores: Stores,
    setting: int | None,
    partitions: tuple[int, int],
    changes: list[tuple[str, str]],
) -> None:
    """A router that began with another number: no key moves unless the setting says so."""
    earlier, later = (replace(INTAKE_REQUESTS, name=f"{name}-{setting}") for name in _MAIN)
    await apply_topics(stores.access, [replace(earlier, partitions=12)])

    made = await apply_topics(stores.access, [earlier, later], partitions=setting)

    async def are_so_many() -> bool:  # a busy broker shows what was mended a moment later
        names = [earlier.name, later.name]
        found = Counter(p.topic for p in await end_offsets(stores.access, names))
        return tuple(found[name] for name in names) == partitions

    assert await eventually(are_so_many)
    assert sorted((c.topic.split("-")[0], c.change) for c in made) == changes


async def test_settings_of_an_operator_stay_when_a_topic_is_mended(stores: Stores) -> None:
    topic = replace(TRIAGE_SURGES, name="registry-test-settings")
    await apply_topics(stores.access, [topic])
    async with open_admin(stores.access) as admin:
        own = {"min.insync.replicas": "7", "segment.bytes": "1048576"}
        await set_settings(admin, topic.name, own)

        [change] = await apply_topics(stores.access, [replace(topic, retention=timedelta(days=1))])

        assert change.detail == "retention.ms"
        assert {**await settings_of(admin, topic.name)}.items() >= own.items()


async def settings_of(admin: Admin, topic: str) -> dict[str, str | None]:
    asked = admin.client.describe_configs([ConfigResource(ResourceType.TOPIC, topic)])
    [found] = [await result_of(request) for request in asked.values()]
    return {name: entry.value for name, entry in found.items()}


async def set_settings(admin: Admin, topic: str, settings: dict[str, str]) -> None:
    entries = [
        ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
        for name, value in settings.items()
    ]
    asked = admin.client.incremental_alter_configs(
        [ConfigResource(ResourceType.TOPIC, topic, incremental_configs=entries)]
    )
    for request in asked.values():
        await result_of(request)


async def test_an_erased_contact_leaves_the_log_within_a_day(stores: Stores) -> None:
    topic = replace(INTAKE_CONTACTS, name="registry-test-erased")
    await apply_topics(stores.access, [topic])
    day = "86400000"
    wanted = {"cleanup.policy": "compact", "max.compaction.lag.ms": day, "segment.ms": day}
    async with open_admin(stores.access) as admin:

        async def has_them() -> bool:  # a busy broker shows what was made a moment later
            return (await settings_of(admin, topic.name)).items() >= wanted.items()

        assert await eventually(has_them)


async def test_contacts_are_kept_by_key_and_not_by_age(stores: Stores) -> None:
    topic = replace(INTAKE_CONTACTS, name="registry-test-contacts")
    await apply_topics(stores.access, [topic])

    [change] = await apply_topics(stores.access, [replace(topic, retention=timedelta(days=1))])

    assert change.detail == "cleanup.policy, retention.ms"
