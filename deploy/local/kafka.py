"""A real Kafka broker (KRaft, one node) on the loopback interface."""

import os
import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from deploy.local.commands import run_to_end
from deploy.local.errors import StackError
from deploy.local.jars import kafka_jars
from deploy.local.launch import running
from deploy.local.ports import LOOPBACK
from deploy.local.process import Process
from deploy.local.program import Program
from deploy.local.readiness import kafka_answers
from deploy.local.site import Site

_HERE = Path(__file__).parent
_LOGGING = f"-Dlog4j2.configurationFile={_HERE / 'log4j2.yaml'}"
_HEAP = ("-Xms512m", "-Xmx512m", "-XX:+UseSerialGC")
_CLUSTER_ID = "cm91dGUzMTEtbG9jYWwtMQ"  # 16 bytes in URL-safe base64, as Kafka wants it
_STOP_WITHIN_S = 4.5


@asynccontextmanager
async def running_kafka(site: Site) -> AsyncGenerator[Process, None]:
    """Run a broker on the site's data; its address is ``process.program.address``.

    Raises:
        StackError: Java or Maven is missing, or the broker does not start.
    """
    java = java_command(await kafka_jars())

    async def build() -> Process:
        port = site.ports.port("kafka")
        settings = _write_settings(site.folder.kafka, port, site.ports.port("kafka-controller"))
        if not (site.folder.kafka / "data" / "meta.properties").exists():
            await format_data(java, settings)
        argv = (*java, *_HEAP, "kafka.Kafka", str(settings))
        return Process(Program("kafka", argv, port, kafka_answers), site.folder)

    async with running(build, site.report, _STOP_WITHIN_S) as process:
        yield process


def java_command(jars: Path) -> tuple[str, ...]:
    """Return the start of a command that runs one of Kafka's programs.

    Raises:
        StackError: Java is missing.
    """
    return (_find_java(), _LOGGING, "-cp", f"{jars}/*")


def kafka_properties() -> str:
    """Return the settings that do not differ from broker to broker."""
    return (_HERE / "kafka.properties").read_text()


async def format_data(java: tuple[str, ...], settings: Path) -> None:
    """Prepare the empty data folder that the settings name."""
    command = (*java, "kafka.tools.StorageTool", "format", "-t", _CLUSTER_ID, "-c", str(settings))
    await run_to_end("Kafka's data folder cannot be prepared", command)


def _find_java() -> str:
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=f"{home}/bin") if home else shutil.which("java")
    if java is None:
        raise StackError("Java is missing; Kafka needs version 17 or later")
    return java


def _write_settings(folder: Path, port: int, controller_port: int) -> Path:
    folder.mkdir(exist_ok=True)
    settings = folder / "server.properties"
    settings.write_text(
        f"{kafka_properties()}\n"
        f"listeners=PLAINTEXT://{LOOPBACK}:{port},CONTROLLER://{LOOPBACK}:{controller_port}\n"
        f"controller.quorum.voters=1@{LOOPBACK}:{controller_port}\n"
        f"log.dirs={folder / 'data'}\n"
    )
    return settings
