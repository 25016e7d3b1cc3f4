"""The broker of the compose file, with its own settings, and `prepare`'s command against it."""

import asyncio
import os
import re
import sys
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from deploy.local.kafka import java_command, kafka_jars
from deploy.local.launch import running
from deploy.local.process import Process, Program, run_command
from deploy.local.readiness import LOOPBACK
from deploy.local.report import ignore_events
from deploy.local.site import open_site
from shared.contract.topics import INTAKE_CONTACTS
from shared.runtime.kafka import BrokerDownError, open_sink
from shared.runtime.kafka.admin import answers
from shared.runtime.kafka_access import KafkaAccess
from shared.runtime.outgoing import Outgoing
from tests.e2e.test_compose import COMPOSE, PROCESSES, filled
from tests.support.paths import REPOSITORY
from tests.support.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module")]

BROKER, PREPARE = (COMPOSE["services"][name]["environment"] for name in ("kafka", "prepare"))
NAMES = (*PROCESSES, "kafka-broker", "kafka-admin")
VALUES = {
    f"{name.upper().replace('-', '_')}{'' if 'kafka' in name else '_KAFKA'}_PASSWORD": f"of-{name}"
    for name in NAMES
}


def property_of(variable: str) -> str:
    """Return the broker's property of a variable, as the image of Apache Kafka translates it."""
    name = variable.removeprefix("KAFKA_").lower()
    for underscores, instead in (("___", "-"), ("__", "_"), ("_", ".")):
        name = re.sub(rf"(?<=[^_]){underscores}(?=[^_])", instead, name)
    return name


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def admin(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[KafkaAccess]:
    """Access of the administrator to a broker with the settings of the compose file."""
    folder = tmp_path_factory.mktemp("compose-kafka")
    java = java_command(await kafka_jars())
    async with open_site(folder / "site") as site:
        port, controller = site.ports.port("kafka"), site.ports.port("controller")
        access = KafkaAccess(
            f"{LOOPBACK}:{port}",
            security_protocol=PREPARE["ROUTE311_KAFKA_SECURITY_PROTOCOL"],
            sasl_mechanism=PREPARE["ROUTE311_KAFKA_SASL_MECHANISM"],
            username=PREPARE["ROUTE311_KAFKA_USERNAME"],
            password=filled(PREPARE["ROUTE311_KAFKA_PASSWORD"], VALUES),
        )
        here = {
            "CLIENTS://:9092": f"CLIENTS://{LOOPBACK}:{port}",
            "CLIENTS://kafka:9092": f"CLIENTS://{LOOPBACK}:{port}",
            "CONTROLLER://:9093": f"CONTROLLER://{LOOPBACK}:{controller}",
            "1@kafka:9093": f"1@{LOOPBACK}:{controller}",
            "/var/lib/kafka/data": str(folder / "data"),
        }
        lines = []
        for variable, value in BROKER.items():
            if not variable.startswith("KAFKA_") or variable == "KAFKA_HEAP_OPTS":
                continue
            text = filled(str(value), VALUES)
            for there, instead in here.items():
                text = text.replace(there, instead)
            lines.append(f"{property_of(variable)}={text}\n")
        settings = folder / "server.properties"
        settings.write_text("".join(lines))
        tool = (*java, "kafka.tools.StorageTool", "format", "-t", "cm91dGUzMTEtbG9jYWwtMQ")
        await run_command("the data cannot be prepared", (*tool, "-c", str(settings)))

        async def build() -> Process:
            argv = (*java, "-Xmx384m", "kafka.Kafka", str(settings))

            async def ready(_: int) -> bool:
                return await answers(access)

            return Process(Program("kafka", argv, port, ready), site.folder)

        async with running(build, ignore_events, 8.0):
            await prepare(access)
            yield access


async def prepare(access: KafkaAccess) -> None:
    """Run the part of `prepare`'s command that is about Kafka, with its environment."""
    _, _, command = COMPOSE["services"]["prepare"]["command"]
    _, _, apply = command.partition(" && ")
    process = await asyncio.create_subprocess_exec(
        Path(sys.executable).with_name("route311"),
        *apply.split()[1:],
        env={"PATH": os.environ["PATH"], **VALUES, **access.environment()},
        cwd=REPOSITORY,
    )
    assert await process.wait() == 0


@pytest.mark.parametrize("service", PROCESSES)
async def test_each_service_logs_in_with_its_own_environment(
    service: str, admin: KafkaAccess
) -> None:
    environment = COMPOSE["services"][service]["environment"]

    access = KafkaAccess(
        admin.bootstrap,
        security_protocol=environment["ROUTE311_KAFKA_SECURITY_PROTOCOL"],
        username=environment["ROUTE311_KAFKA_USERNAME"],
        password=filled(environment["ROUTE311_KAFKA_PASSWORD"], VALUES),
    )
    assert await eventually(lambda: answers(access))


async def test_nobody_else_is_let_in(admin: KafkaAccess) -> None:
    as_service = replace(admin, sasl_mechanism="SCRAM-SHA-512", username="intake")

    assert not await answers(KafkaAccess(admin.bootstrap))
    assert not await answers(replace(as_service, password="guess"))  # noqa: S106 - wrong on purpose
    assert not await answers(replace(admin, username="broker"))


async def test_a_service_cannot_write_what_is_not_its_own(admin: KafkaAccess) -> None:
    notify = replace(
        admin,
        sasl_mechanism="SCRAM-SHA-512",
        username="notify",
        password=VALUES["NOTIFY_KAFKA_PASSWORD"],
    )
    async with open_sink(notify) as sink:
        with pytest.raises(BrokerDownError, match="TopicAuthorizationFailed"):
            await sink.publish([Outgoing("", INTAKE_CONTACTS.name, b"key", b"{}")])
