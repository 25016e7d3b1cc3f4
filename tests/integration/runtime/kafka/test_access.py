"""Each principal on each topic of a real broker: it may do what the registry says, and no more."""

import asyncio
from collections.abc import AsyncGenerator, Collection, Mapping
from dataclasses import dataclass, replace
from functools import partial

import pytest
import pytest_asyncio
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import GroupAuthorizationFailedError, TopicAuthorizationFailedError
from confluent_kafka import KafkaError, Producer

from cli.connection import find_kafka
from shared.contract.grants import CONSUMER_GROUPS, grants, is_operator
from shared.contract.topic import Topic
from shared.contract.topics import CHANNEL_SUBMISSIONS, DISPATCH_CASES, all_topics
from shared.runtime.kafka import Partition, open_sink
from shared.runtime.kafka.acls import apply_access
from shared.runtime.kafka.admin import KafkaAdminError, answers, committed_offsets, open_admin
from shared.runtime.kafka.reader import end_offsets, offset_bounds
from shared.runtime.kafka.topics import apply_topics
from shared.runtime.kafka.users import add_users, set_user_passwords
from shared.runtime.kafka_access import KafkaAccess
from shared.runtime.outgoing import Outgoing
from tests.support.builders import handed_in
from tests.support.stack import EXTERNAL_ADAPTERS, Stores
from tests.support.waiting import eventually

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]

BUREAUS = ("PBOT-MOD", "WATER")
STRANGER = "stranger"
PRINCIPALS = (
    *CONSUMER_GROUPS,
    "adapters",
    "adapter-acme",
    "bureau-pbot-mod",
    "bureau-water",
    "operator",
    "operator-ana",
    STRANGER,
)
_WITHIN_S = 30.0


@dataclass(frozen=True)
class Closed:
    """A broker with users, and the topics of a small router, each with a record to read."""

    admin: KafkaAccess
    topics: tuple[Topic, ...]
    records: Mapping[Partition, int]

    def access(self, principal: str) -> KafkaAccess:
        return replace(self.admin, username=principal, password=f"password of {principal}")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def closed(stores: Stores) -> AsyncGenerator[Closed]:
    if not stores.access.uses_password:
        pytest.skip("this broker has no users")
    topics = tuple(all_topics(BUREAUS, EXTERNAL_ADAPTERS))
    names = [topic.name for topic in topics]
    assert may_write(stores.access, names) == set(names)
    ends = await end_offsets(stores.access, names)
    records = {partition: end - 1 for partition, end in ends.items() if end}
    made = Closed(stores.access, topics, one_of_each(records))
    passwords = {name: made.access(name).password for name in PRINCIPALS}
    await set_user_passwords(stores.access, passwords)
    await apply_access(stores.access, made.topics, ["operator-ana"])
    yield made


def one_of_each(records: Mapping[Partition, int]) -> dict[Partition, int]:
    """Return one partition of each topic, with its offset."""
    return dict({p.topic: (p, at) for p, at in records.items()}.values())


async def visible(access: KafkaAccess, topics: Collection[Topic]) -> list[str]:
    """Return the topics that the broker shows: to read or to write one, it must be among them."""
    async with open_admin(access) as admin:
        found = await admin.metadata()
    assert found is not None
    return [topic.name for topic in topics if topic.name in found.topics]


def may_write(access: KafkaAccess, topics: Collection[str]) -> set[str]:
    """Return the topics to which the broker takes a record of this principal."""
    producer = Producer({**access.librdkafka_options(), "log_level": 0})
    outcomes: dict[str, KafkaError | None] = {}

    def note(name: str, error: KafkaError | None, _: object) -> None:
        outcomes[name] = error

    for topic in topics:
        producer.produce(topic, b"{}", key=b"matrix", on_delivery=partial(note, topic))
    producer.flush(_WITHIN_S)
    assert outcomes.keys() == set(topics)
    return {name for name, error in outcomes.items() if is_allowed(error)}


async def may_read(access: KafkaAccess, records: Mapping[Partition, int]) -> set[str]:
    """Return the topics from which the broker gives this principal a record that is there.

    Args:
        access: As whom to read.
        records: The offset of a record in a partition of each topic.
    """
    left, given = dict(records), set[str]()
    if not left:
        return given
    async with AIOKafkaConsumer(**access.aiokafka_options(), enable_auto_commit=False) as consumer:
        while left:
            consumer.assign(list(left))
            for partition, offset in left.items():
                consumer.seek(partition, offset)
            try:
                async with asyncio.timeout(_WITHIN_S):
                    while not (found := await consumer.getmany(timeout_ms=200)):
                        pass
            except TopicAuthorizationFailedError as error:
                refused = error.args[0]
            else:
                refused = ""
                given |= {partition.topic for partition in found}
            left = {p: at for p, at in left.items() if p.topic not in {*given, refused}}
    return given


def is_allowed(error: KafkaError | None) -> bool:
    """Tell whether the broker allowed it; any other failure fails the test."""
    if error is None:
        return True
    assert error.code() == KafkaError.TOPIC_AUTHORIZATION_FAILED, error.str()
    return False


def granted(principal: str, topics: tuple[Topic, ...]) -> Mapping[str, set[str]]:
    found: dict[str, set[str]] = {"read": set(), "write": set(), "describe": set()}
    for grant in grants(topics, [principal] if is_operator(principal) else []):
        if grant.principal == principal and grant.resource == "topic" and not grant.prefixed:
            found[grant.operation].add(grant.name)
    return found


@pytest.mark.parametrize("principal", PRINCIPALS)
async def test_a_principal_does_on_each_topic_what_the_registry_says_and_no_more(
    closed: Closed, principal: str
) -> None:
    access, wanted = closed.access(principal), granted(principal, closed.topics)

    names = await visible(access, closed.topics)
    written = may_write(access, names)
    read = await may_read(access, {p: at for p, at in closed.records.items() if p.topic in names})

    print(f"\n{principal}: {len(closed.topics)} topics")  # noqa: T201 - the matrix, with `-s`
    for topic in closed.topics:
        marks = "R" * (topic.name in read) + "W" * (topic.name in written)
        print(f"  {topic.name:<40} {marks or '-'}")  # noqa: T201 - as above
    assert written == wanted["write"]
    assert read == wanted["read"]
    assert (principal == STRANGER) == (not read | written)


async def test_a_principal_cannot_join_the_group_of_another(closed: Closed) -> None:
    options = closed.access("operator").aiokafka_options()
    consumer = AIOKafkaConsumer(DISPATCH_CASES.name, group_id="notify", **options)
    try:
        with pytest.raises(GroupAuthorizationFailedError):
            await consumer.start()
    finally:
        await consumer.stop()


async def test_the_sink_of_a_service_writes_with_no_more_than_its_rights(closed: Closed) -> None:
    event = handed_in({})
    async with open_sink(closed.access("adapters")) as sink:
        await sink.publish([Outgoing.to_topic(CHANNEL_SUBMISSIONS.name, event.source, event)])


async def test_a_wrong_password_is_refused_and_named(closed: Closed) -> None:
    wrong = replace(closed.access("adapters"), password="guess")  # noqa: S106 - wrong on purpose

    assert not await answers(wrong)
    with pytest.raises(KafkaAdminError, match="user name or the password"):
        await apply_topics(wrong, [])


async def test_the_broker_reserves_no_memory_for_large_requests_of_who_has_not_logged_in(
    closed: Closed,
) -> None:
    host, _, port = closed.admin.bootstrap.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write((64 * 1024).to_bytes(4))  # the length of a request
    async with asyncio.timeout(_WITHIN_S):
        assert await reader.read() == b""
    writer.close()
    await writer.wait_closed()


async def test_a_command_with_a_wrong_password_ends_with_a_sentence(
    closed: Closed, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = replace(closed.access("operator"), password="guess")  # noqa: S106 - wrong on purpose
    for access in (closed.access("operator"), wrong):
        for name, value in access.environment().items():
            monkeypatch.setenv(name, value)
        if access is wrong:
            with pytest.raises(KafkaAdminError, match="user name or the password"):
                find_kafka()
        else:
            assert find_kafka() == access


async def test_applying_the_rules_again_changes_nothing(closed: Closed) -> None:
    again = await apply_access(closed.admin, closed.topics)

    assert (again.added, again.removed) == ((), ())


async def test_a_user_who_exists_keeps_the_password(closed: Closed) -> None:
    new = replace(closed.admin, username="new", password="first")  # noqa: S106 - of a test
    passwords = {"adapters": "other", new.username: new.password}

    assert set(await add_users(closed.admin, passwords)) == {"new"}
    assert not await add_users(closed.admin, dict.fromkeys(passwords, "other"))
    for access in (new, closed.access("adapters")):
        await eventually(partial(answers, access), within_s=_WITHIN_S)


async def test_rules_of_a_bureau_that_is_gone_are_removed_and_those_of_others_kept(
    closed: Closed,
) -> None:
    fewer = all_topics(("WATER",), EXTERNAL_ADAPTERS)

    gone = await apply_access(closed.admin, fewer)
    back = await apply_access(closed.admin, closed.topics)

    assert any(rule.startswith("bureau-pbot-mod allow read") for rule in gone.removed)
    assert all("pbot-mod" in rule for rule in gone.removed)
    assert set(back.added) == set(gone.removed)
    assert not any(rule.startswith("operator-ana") for rule in gone.removed if "pbot" not in rule)


async def test_a_user_without_rights_may_not_write_rules_or_passwords(closed: Closed) -> None:
    with pytest.raises(KafkaAdminError, match="CLUSTER_AUTHORIZATION_FAILED"):
        await set_user_passwords(closed.access("operator"), {"dispatch": "mine"})
    with pytest.raises(KafkaAdminError, match="CLUSTER_AUTHORIZATION_FAILED"):
        await apply_access(closed.access("operator"), closed.topics)


async def test_an_operator_sees_the_log_and_the_position_of_the_surge_watcher(
    closed: Closed,
) -> None:
    operator = closed.access("operator")

    bounds = await offset_bounds(operator)

    assert {topic.name for topic in closed.topics} <= {p.topic for p in bounds}

    async def position() -> bool:
        try:
            return await committed_offsets(operator, "triage-stream") is not None
        except KafkaAdminError as error:
            if "COORDINATOR_LOAD_IN_PROGRESS" not in str(error):
                raise
            return False  # nobody had a position in this broker yet

    await eventually(position)
    with pytest.raises(KafkaAdminError, match="GROUP_AUTHORIZATION_FAILED"):
        await committed_offsets(closed.access("adapters"), "triage-stream")
