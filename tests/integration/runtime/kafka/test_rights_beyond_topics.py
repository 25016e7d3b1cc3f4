"""What outsiders ask of a real broker beside records: topics, settings, groups, transactions."""

from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
import pytest_asyncio
from confluent_kafka import (
    ConsumerGroupTopicPartitions,
    ElectionType,
    KafkaException,
    Producer,
    TopicPartition,
)
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewPartitions,
    NewTopic,
    ResourceType,
)

from shared.contract.topics import CHANNEL_SUBMISSIONS, all_topics, bureau_updates
from shared.runtime.kafka.acls import apply_access
from shared.runtime.kafka.users import set_user_passwords
from shared.runtime.kafka_access import KafkaAccess
from tests.support.stack import EXTERNAL_ADAPTERS, Stores

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]

BUREAUS = ("PBOT-MOD", "WATER")
OUTSIDERS = ("bureau-pbot-mod", "adapter-acme", "adapters", "operator", "stranger")
OWN_TOPIC: Mapping[str, str] = {
    "bureau-pbot-mod": bureau_updates("PBOT-MOD").name,
    "adapter-acme": "channel-submissions-acme",
    "adapters": CHANNEL_SUBMISSIONS.name,
    "operator": "operator-commands",
    "stranger": CHANNEL_SUBMISSIONS.name,
}
_WITHIN_S = 20.0
_REFUSED = {
    "CLUSTER_AUTHORIZATION_FAILED",
    "TOPIC_AUTHORIZATION_FAILED",
    "GROUP_AUTHORIZATION_FAILED",
    "TRANSACTIONAL_ID_AUTHORIZATION_FAILED",
    "UNKNOWN_TOPIC_OR_PART",  # what one may not describe does not exist
    "_UNKNOWN_TOPIC",
    "_NOENT",
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def admin(stores: Stores) -> AsyncGenerator[KafkaAccess]:
    if not stores.access.uses_password:
        pytest.skip("this broker has no users")
    passwords = {name: f"password of {name}" for name in OUTSIDERS}
    await set_user_passwords(stores.access, passwords)
    await apply_access(stores.access, all_topics(BUREAUS, EXTERNAL_ADAPTERS))
    yield stores.access


def requests(own: str) -> Iterator[tuple[str, Callable[[AdminClient], Any]]]:
    """Yield what somebody may try who can write to a topic.

    Questions about rules, users and members of groups are left out: refused, librdkafka 2.16 ends
    the process.
    """
    wider = NewPartitions(own, 100)
    kept = ConfigEntry("retention.ms", "1", incremental_operation=AlterConfigOpType.SET)
    topic = ConfigResource(ResourceType.TOPIC, own, incremental_configs=[kept])
    broker = ConfigResource(ResourceType.BROKER, "1", incremental_configs=[kept])
    offsets = ConsumerGroupTopicPartitions("dispatch", [TopicPartition(own, 0, 0)])
    yield "create a topic", lambda admin: admin.create_topics([NewTopic("mine", 1, 1)])
    yield "create one like its own", lambda admin: admin.create_topics([NewTopic(f"{own}-x", 1, 1)])
    yield "delete its topic", lambda admin: admin.delete_topics([own])
    yield "add partitions", lambda admin: admin.create_partitions([wider])
    yield "set its retention", lambda admin: admin.incremental_alter_configs([topic])
    yield "set the broker", lambda admin: admin.incremental_alter_configs([broker])
    yield "see the broker's settings", lambda admin: admin.describe_configs([broker])
    yield "delete records", lambda admin: admin.delete_records([TopicPartition(own, 0, 0)])
    yield "elect leaders", lambda admin: admin.elect_leaders(ElectionType.PREFERRED)
    yield (
        "see offsets",
        lambda admin: admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions("dispatch")]),
    )
    yield "set offsets", lambda admin: admin.alter_consumer_group_offsets([offsets])
    yield "delete a group", lambda admin: admin.delete_consumer_groups(["dispatch"])


def outcome(ask: Callable[[], Any]) -> str:
    """Return the name of the error by which the broker refuses, or what it answered."""
    try:
        answer = ask()
        for future in answer.values() if isinstance(answer, dict) else [answer]:
            if isinstance(future, Future):
                found = future.result(_WITHIN_S)
                answer = found
    except KafkaException as error:
        return str(error.args[0].name())
    return f"allowed: {answer}"


@pytest.mark.parametrize("principal", OUTSIDERS)
async def test_an_outsider_can_do_nothing_but_read_and_write_records(
    admin: KafkaAccess, principal: str
) -> None:
    access = replace(admin, username=principal, password=f"password of {principal}")
    client = AdminClient({**access.librdkafka_options(), "log_level": 0})
    done = {
        what: outcome(partial(request, client)) for what, request in requests(OWN_TOPIC[principal])
    }
    done["use a transaction"] = outcome(partial(begin_transaction, access))
    done["write to a new topic"] = outcome(partial(write, access, "mine"))

    assert {what: how for what, how in done.items() if how not in _REFUSED} == {}
    groups = client.list_consumer_groups().result(_WITHIN_S).valid
    others = {group.group_id for group in groups or ()} - {"triage-stream"}
    assert all(name.partition(".")[0] == principal for name in others), others


def begin_transaction(access: KafkaAccess) -> None:
    options = {**access.librdkafka_options(), "log_level": 0, "transactional.id": "dispatch"}
    Producer(options).init_transactions(_WITHIN_S)


def write(access: KafkaAccess, topic: str) -> None:
    producer = Producer({**access.librdkafka_options(), "log_level": 0})
    errors: list[Any] = []
    producer.produce(topic, b"{}", on_delivery=lambda error, _: errors.append(error))
    producer.flush(_WITHIN_S)
    [error] = errors
    if error:
        raise KafkaException(error)
