"""A real Kafka broker (KRaft, one node) on the loopback interface, and its jars."""

import asyncio
import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from deploy.local.errors import StackError
from deploy.local.launch import running
from deploy.local.process import Process, Program, run_command
from deploy.local.readiness import LOOPBACK, kafka_answers
from deploy.local.site import Site

_HERE = Path(__file__).parent
_LOGGING = f"-Dlog4j2.configurationFile={_HERE / 'log4j2.yaml'}"
_HEAP = ("-Xms512m", "-Xmx512m", "-XX:+UseSerialGC")
_CLUSTER_ID = "cm91dGUzMTEtbG9jYWwtMQ"  # 16 bytes in URL-safe base64, as Kafka requires
_STOP_WITHIN_S = 4.5
_POM = _HERE / "pom.xml"
_MAVEN_GOAL = ("dependency:copy-dependencies", "-DincludeScope=runtime")
_LOCK_POLL_S = 0.1


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
    """Return the first part of a command line that runs one of Kafka's programs.

    Raises:
        StackError: Java is missing.
    """
    return (_find_java(), _LOGGING, "-cp", f"{jars}/*")


def kafka_properties() -> str:
    """Return the settings that are the same for every broker."""
    return (_HERE / "kafka.properties").read_text()


async def format_data(java: tuple[str, ...], settings: Path) -> None:
    """Format the empty data folder that the settings name."""
    command = (*java, "kafka.tools.StorageTool", "format", "-t", _CLUSTER_ID, "-c", str(settings))
    await run_command("Kafka's data folder cannot be prepared", command)


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


async def kafka_jars() -> Path:
    """Return the folder with the broker's jars, shared by all stacks of this user.

    The first call fetches them with Maven.

    Raises:
        StackError: Maven is missing or could not fetch them.
    """
    cache = _cache_folder()
    version = hashlib.sha256(_POM.read_bytes()).hexdigest()[:8]
    jars = cache / f"kafka-{version}"
    if not jars.exists():
        async with _lock(cache):
            if not jars.exists():  # another process may have been faster
                await _fetch(jars)
    return jars


def _cache_folder() -> Path:
    given = os.environ.get("ROUTE311_CACHE")
    cache = Path(given).absolute() if given else Path.home() / ".cache" / "route311"
    cache.mkdir(parents=True, exist_ok=True)
    return cache


async def _fetch(jars: Path) -> None:
    """Fetch into a temporary folder and rename it, so that an incomplete set is never used."""
    maven = shutil.which("mvn")
    if maven is None:
        raise StackError("Maven (mvn) is missing; it fetches Kafka's jars, once")
    with tempfile.TemporaryDirectory(dir=jars.parent, prefix="fetching-") as folder:
        fetched = Path(folder) / "jars"
        goal = (*_MAVEN_GOAL, f"-DoutputDirectory={fetched}")
        command = (maven, "-B", "-q", "-f", str(_POM), *goal)
        await run_command("Maven could not fetch Kafka's jars", command)
        fetched.rename(jars)


@asynccontextmanager
async def _lock(folder: Path) -> AsyncGenerator[None, None]:
    """Exclude other processes of this user meanwhile."""
    with (folder / "fetch.lock").open("a") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                await asyncio.sleep(_LOCK_POLL_S)
        yield
