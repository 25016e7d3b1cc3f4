"""Administration clients, through librdkafka: aiokafka cannot alter access or settings."""

import asyncio
from collections.abc import AsyncGenerator
from concurrent.futures import Future
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import structlog
from confluent_kafka import ConsumerGroupTopicPartitions, KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, ClusterMetadata

from shared.errors import Route311Error
from shared.runtime.kafka.records import Partition
from shared.runtime.kafka_access import KafkaAccess
from shared.runtime.ops.shutdown import pause

log = structlog.get_logger()

_ANSWER_WITHIN_S = 2.0
_CONNECT_AGAIN_AFTER_S = 0.5
_REQUEST_WITHIN_S = 60.0

T = TypeVar("T")


class KafkaAdminError(Route311Error):
    """The broker refuses a request of administration, or the client's credentials."""

    code = "kafka_admin"


class Admin:
    """A connected client for administration."""

    def __init__(self, access: KafkaAccess) -> None:
        self._refusal: str | None = None
        options: dict[str, Any] = {
            **access.librdkafka_options(),
            "log_level": 0,
            "reconnect.backoff.max.ms": 500,
            "error_cb": self._note,
        }
        self.client = AdminClient(options)

    def _note(self, error: KafkaError) -> None:
        """Record a refusal of the credentials, which requests report as a time-out only."""
        if error.code() == KafkaError._AUTHENTICATION:  # noqa: SLF001 - its public name
            self._refusal = error.str()

    async def metadata(self) -> ClusterMetadata | None:
        """Return brokers and topics, or None after 2 s; KafkaAdminError for refused credentials."""
        return await asyncio.to_thread(self.request_metadata)

    def request_metadata(self) -> ClusterMetadata | None:
        """Do the same while blocking the thread."""
        try:
            return self.client.list_topics(timeout=_ANSWER_WITHIN_S)
        except KafkaException:
            self.client.poll(0)
            if self._refusal:
                raise KafkaAdminError(
                    f"Kafka refuses the user name or the password: {self._refusal}"
                ) from None
            return None


@asynccontextmanager
async def open_admin(
    access: KafkaAccess, stopping: asyncio.Event | None = None
) -> AsyncGenerator[Admin]:
    """Yield a connected client, after waiting for the broker without a limit.

    Raises:
        KafkaAdminError: The broker refuses the credentials.
        StoppedError: The process was asked to stop before the broker was up.
    """
    admin = Admin(access)
    warned = False
    while not await admin.metadata():
        if not warned:
            log.warning("broker_unavailable", reason="no answer")
        warned = True
        await pause(stopping or asyncio.Event(), _CONNECT_AGAIN_AFTER_S)
    yield admin


def require_login(access: KafkaAccess) -> None:
    """Check the credentials, for a command: the clients for records would retry for ever.

    Raises:
        KafkaAdminError: The broker refuses them. A broker that does not answer is no error.
    """
    Admin(access).request_metadata()


async def answers(access: KafkaAccess) -> bool:
    """Return True when a broker accepts the credentials and is part of its cluster."""
    try:
        found = await Admin(access).metadata()
    except KafkaAdminError:
        return False
    return bool(found and found.brokers)


async def result_of(future: "Future[T]") -> T:
    """Return the result of a request; KafkaAdminError if the broker refused it."""
    try:
        async with asyncio.timeout(_REQUEST_WITHIN_S):
            return await asyncio.wrap_future(future)
    except KafkaException as error:
        cause = error.args[0]
        raise KafkaAdminError(f"{cause.name()}: {cause.str()}") from error


async def committed_offsets(access: KafkaAccess, group: str) -> dict[Partition, int]:
    """Return a group's committed offset in each of its partitions."""
    async with open_admin(access) as admin:
        request = admin.client.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group)])
        found = await result_of(request[group])
        return {Partition(at.topic, at.partition): at.offset for at in found.topic_partitions or ()}
