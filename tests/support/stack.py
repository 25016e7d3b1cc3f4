"""One real Kafka and one real PostgreSQL for all tests of a run."""

import asyncio
import os
import shutil
import subprocess
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import uuid4

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.protocol.group import LeaveGroupRequest
from confluent_kafka import ConsumerGroupState, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from deploy.local.infrastructure import infrastructure
from shared.catalogue import load_catalogue
from shared.contract.topic import Topic
from shared.contract.topics import all_topics
from shared.runtime.kafka import Partition
from shared.runtime.kafka.topics import apply_topics
from shared.runtime.kafka_access import KafkaAccess
from shared.runtime.migrate import OPERATIONS, SCHEMAS, migrate, set_passwords
from shared.runtime.postgres import open_database
from tests.support.store_containers import stores_in_containers
from tests.support.waiting import eventually

PASSWORD = "only-for-these-tests"  # noqa: S105 - the servers live as long as the tests
TEMPLATE = "route311_template"
EXTERNAL_ADAPTERS = ("acme",)
_ANSWERS_WITHIN_S = 30
_BUSY = frozenset(
    {
        KafkaError.NOT_LEADER_FOR_PARTITION,
        KafkaError.LEADER_NOT_AVAILABLE,
        KafkaError.FENCED_LEADER_EPOCH,
        KafkaError.UNKNOWN_LEADER_EPOCH,
        KafkaError.UNKNOWN_TOPIC_OR_PART,
        KafkaError.REQUEST_TIMED_OUT,
        KafkaError._TIMED_OUT,  # noqa: SLF001 - the library's name of a local timeout
    }
)
"""What a broker answers while its partitions move or its requests queue."""
_WITH_MEMBERS = {
    ConsumerGroupState.STABLE,
    ConsumerGroupState.PREPARING_REBALANCING,
    ConsumerGroupState.COMPLETING_REBALANCING,
}


# Without a repr: asyncio makes those of its tasks' results at the end of each test, 25 ms of them.
@dataclass(frozen=True, slots=True, repr=False)
class Stores:
    """Addresses of the tests' Kafka and PostgreSQL, with all topics and schemas created."""

    access: KafkaAccess
    admin_dsn: str
    topics: tuple[Topic, ...]
    _kafka_admin: AdminClient

    async def end_offsets(self) -> dict[Partition, int]:
        """Return the offset of the next record for each partition of each topic."""
        newest = {
            TopicPartition(topic.name, number): OffsetSpec.latest()  # type: ignore[no-untyped-call] # it has none
            for topic in self.topics
            for number in range(topic.partitions)
        }

        async def found() -> dict[Partition, int]:
            answers = self._kafka_admin.list_offsets(newest, request_timeout=_ANSWERS_WITHIN_S)
            try:
                return {
                    Partition(p.topic, p.partition): a.result().offset for p, a in answers.items()
                }
            except KafkaException as error:  # a busy broker loses its partitions for a moment
                if error.args[0].code() not in _BUSY:
                    raise
                return {}

        return await eventually(found)

    async def evict_members(self, group: str | None = None) -> None:
        """Let the broker forget dead members of a group, or of all, before their session's 10 s."""
        groups = [group] if group else await asyncio.to_thread(self._groups_with_members)
        if not groups:
            return
        admin = AIOKafkaAdminClient(**self.access.aiokafka_options())
        await admin.start()
        try:
            for name in groups:
                coordinator = await admin.find_coordinator(name)
                answers: list[Any] = await admin.describe_consumer_groups([name], coordinator)
                [(_, _, _, _, _, members, *_)] = answers[0].groups
                for member_id, *_ in members:
                    leaving = LeaveGroupRequest(name, member_id)
                    await admin._send_request(leaving, coordinator)  # noqa: SLF001 - it has no method for it
        finally:
            await admin.close()

    def _groups_with_members(self) -> list[str]:
        listing = self._kafka_admin.list_consumer_groups(
            request_timeout=_ANSWERS_WITHIN_S, states=_WITH_MEMBERS
        )
        return [group.group_id for group in listing.result().valid]

    def dsn(self, database: str, service: str) -> str:
        """Return the DSN of a database for a service's own role, or that of operations."""
        return f"postgresql://route311_{service}:{PASSWORD}@{self._address}/{database}"

    def admin_dsn_of(self, database: str) -> str:
        """Return the administrator's DSN of a database."""
        return f"{self.admin_dsn.rpartition('/')[0]}/{database}"

    @property
    def _address(self) -> str:
        return self.admin_dsn.rpartition("@")[2].rpartition("/")[0]

    async def new_database(self) -> str:
        """Create a database with every service's empty schema; return its name."""
        name = f"test_{uuid4().hex}"
        await self._execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
        return name

    async def drop_database(self, name: str) -> None:
        """Drop the database, if it exists, and its connections."""
        await self._execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    async def _execute(self, statement: str) -> None:
        async with open_database(self.admin_dsn) as db:
            await db.execute(statement)


@asynccontextmanager
async def running_stores() -> AsyncGenerator[Stores]:
    """Run the stores in containers if an engine answers as Docker, else as local processes."""
    start = stores_in_containers if _is_docker_available() else _as_processes
    async with start() as (access, admin_dsn):
        topics = tuple(all_topics(load_catalogue().bureau_codes, EXTERNAL_ADAPTERS))
        stores = Stores(access, admin_dsn, topics, AdminClient({**access.librdkafka_options()}))
        await apply_topics(access, stores.topics)
        await _derive_keys_cheaply(admin_dsn)
        await stores._execute(f"CREATE DATABASE {TEMPLATE}")  # noqa: SLF001 - its own maker
        await migrate(stores.admin_dsn_of(TEMPLATE))
        await set_passwords(
            stores.admin_dsn_of(TEMPLATE), dict.fromkeys((*SCHEMAS, OPERATIONS), PASSWORD)
        )
        yield stores


async def _derive_keys_cheaply(admin_dsn: str) -> None:
    """Let each of the many logins derive its key in one step instead of 4,096."""
    password = unquote(urlsplit(admin_dsn).password or "")
    async with open_database(admin_dsn) as db:
        await db.execute("ALTER ROLE CURRENT_USER SET scram_iterations = 1")
    async with open_database(admin_dsn) as db:
        quoted = await db.fetchval("SELECT quote_literal($1)", password)
        await db.execute(f"ALTER ROLE CURRENT_USER PASSWORD {quoted}")


def _is_docker_available() -> bool:
    if os.environ.get("ROUTE311_TESTS_WITHOUT_DOCKER") or not (docker := shutil.which("docker")):
        return False
    info = subprocess.run([docker, "info"], capture_output=True, check=False)  # noqa: S603 - a fixed command
    return info.returncode == 0


def _folder() -> Path:
    folder = Path(mkdtemp(prefix="route311-tests-"))
    folder.chmod(0o755)  # PostgreSQL runs as another user when the tests run as root
    return folder


@asynccontextmanager
async def _as_processes() -> AsyncGenerator[tuple[KafkaAccess, str]]:
    folder = _folder()
    try:
        async with infrastructure(folder, durable=False, mail=False) as parts:
            yield parts.access, parts.admin_dsn
    finally:
        shutil.rmtree(folder)
