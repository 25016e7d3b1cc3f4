"""Kafka brokers: one or a cluster, each with a direct listener and one behind a proxy."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.local.kafka import (
    format_data,
    java_command,
    kafka_jars,
    kafka_program,
    passwords_of,
    write_settings,
)
from deploy.local.launch import running
from deploy.local.process import Process
from deploy.local.readiness import LOOPBACK
from deploy.local.site import Site

_STOP_WITHIN_S = 8.0


@dataclass(frozen=True, slots=True)
class Node:
    """One broker of a cluster.

    Attributes:
        number: Its node id, from 1.
        of: The number of brokers in the cluster.
        link_port: The port that it advertises to clients behind a proxy; None without a proxy.
    """

    number: int
    of: int
    link_port: int | None = None

    @property
    def name(self) -> str:
        """Its name in the data folder."""
        return "kafka" if self.of == 1 else f"kafka-{self.number}"


def link_port_name(node: Node) -> str:
    """Return the name of the port that the node's proxy forwards to."""
    return f"{node.name}-behind-link"


_REPLICATED = {
    "default.replication.factor": "3",
    "min.insync.replicas": "2",
    "offsets.topic.replication.factor": "3",
    "transaction.state.log.replication.factor": "3",
    "transaction.state.log.min.isr": "2",
}


@asynccontextmanager
async def running_broker(site: Site, node: Node) -> AsyncGenerator[Process]:
    """Run a broker; its address is that of the direct listener."""
    java = java_command(await kafka_jars())
    folder = site.folder.path / node.name

    async def build() -> Process:
        settings = _write_settings(site, node, folder)
        await format_data(java, settings, folder / "data", site.credentials)
        argv = (*java, "-Xms384m", "-Xmx384m", "-XX:+UseSerialGC", "kafka.Kafka", str(settings))
        port = site.ports.port(node.name)
        return Process(kafka_program(site, node.name, argv, port), site.folder)

    async with running(build, site.report, _STOP_WITHIN_S) as process:
        yield process


def _write_settings(site: Site, node: Node, folder: Path) -> Path:
    port, inner = site.ports.port(node.name), site.ports.port(link_port_name(node))
    controllers = {
        number: f"{LOOPBACK}:{site.ports.port(f'controller-{number}')}"
        for number in range(1, node.of + 1)
    }
    own = {
        "node.id": f"{node.number}",
        "listeners": f"CLIENTS://{LOOPBACK}:{port},LINK://{LOOPBACK}:{inner},"
        f"CONTROLLER://{controllers[node.number]}",
        "advertised.listeners": f"CLIENTS://{LOOPBACK}:{port},"
        f"LINK://{LOOPBACK}:{node.link_port or inner}",
        "listener.security.protocol.map": ",".join(
            f"{listener}:SASL_PLAINTEXT" for listener in ("CLIENTS", "LINK", "CONTROLLER")
        ),
        "inter.broker.listener.name": "CLIENTS",
        "controller.quorum.voters": ",".join(f"{n}@{at}" for n, at in controllers.items()),
        "log.dirs": f"{folder / 'data'}",
        **passwords_of(site.credentials, "clients"),
        **passwords_of(site.credentials, "link"),
    } | (_REPLICATED if node.of > 1 else {})
    return write_settings(folder, own)
