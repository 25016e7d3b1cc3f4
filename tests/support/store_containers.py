"""Kafka and PostgreSQL in containers, with the images of docker-compose.yml.

The engine is Docker, or podman where ``DOCKER_HOST`` names its socket, as in ``make
test-containers``.
"""

import asyncio
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import yaml

from shared.runtime.kafka.admin import answers
from shared.runtime.kafka_access import KafkaAccess
from tests.support.paths import REPOSITORY
from tests.support.waiting import eventually

_COMPOSE = REPOSITORY / "docker-compose.yml"
_LOOPBACK = "127.0.0.1"
_KAFKA_PORT, _POSTGRES_PORT = 9092, 5432
_BROKER = {
    "KAFKA_HEAP_OPTS": "-Xms512m -Xmx512m",
    "KAFKA_NODE_ID": "1",
    "KAFKA_PROCESS_ROLES": "broker,controller",
    "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
    "KAFKA_LISTENERS": f"CLIENTS://:{_KAFKA_PORT},CONTROLLER://:9093",
    "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
    "KAFKA_INTER_BROKER_LISTENER_NAME": "CLIENTS",
    "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "CLIENTS:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
    "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
    "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
    "KAFKA_SHARE_COORDINATOR_STATE_TOPIC_REPLICATION_FACTOR": "1",
    "KAFKA_SHARE_COORDINATOR_STATE_TOPIC_MIN_ISR": "1",
    "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
    "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
    "KAFKA_MESSAGE_MAX_BYTES": "10485760",
}


@asynccontextmanager
async def stores_in_containers() -> AsyncGenerator[tuple[KafkaAccess, str]]:
    """Yield the access to a broker and the DSN of a database's administrator."""
    kafka, access = _kafka()
    postgres = _postgres()
    await asyncio.gather(asyncio.to_thread(kafka.start), asyncio.to_thread(postgres.start))
    try:
        await eventually(lambda: answers(access), within_s=60)
        yield access, postgres.get_connection_url()
    finally:
        await asyncio.gather(asyncio.to_thread(kafka.stop), asyncio.to_thread(postgres.stop))


def _kafka() -> tuple[Any, KafkaAccess]:
    """Return the container; a broker must know its port outside before it starts."""
    from testcontainers.core.container import DockerContainer  # noqa: PLC0415 - asks the engine

    port = _free_port()
    container = DockerContainer(_image("kafka"))
    _bind(container, _KAFKA_PORT, port)
    for name, value in _BROKER.items():
        container.with_env(name, value)
    container.with_env("KAFKA_ADVERTISED_LISTENERS", f"CLIENTS://{_LOOPBACK}:{port}")
    return container, KafkaAccess(f"{_LOOPBACK}:{port}")


def _postgres() -> Any:
    from testcontainers.community.postgres import (  # noqa: PLC0415 - asks the engine
        PostgresContainer,
    )

    container = PostgresContainer(_image("postgres"), driver=None)
    _bind(container, _POSTGRES_PORT, _free_port())
    return container


def _bind(container: Any, inside: int, outside: int) -> None:
    """Open a port on the loopback interface alone; ``with_bind_ports`` knows no address."""
    container.ports[f"{inside}/tcp"] = (_LOOPBACK, outside)


def _image(service: str) -> str:
    image: str = yaml.safe_load(_COMPOSE.read_text())["services"][service]["image"]
    return image


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port
