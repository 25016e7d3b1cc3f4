"""A real Kafka broker (KRaft, one node) on the loopback interface, with passwords, and its jars."""

import hashlib
import os
import re
import shutil
import signal
import tempfile
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from deploy.local.errors import OtherVersionError, StackError, StartError
from deploy.local.folder import locked, write_secret
from deploy.local.launch import running
from deploy.local.process import Process, Program, run_command
from deploy.local.readiness import LOOPBACK
from deploy.local.site import Credentials, Site, open_site
from shared.runtime.kafka.admin import answers
from shared.runtime.kafka_access import KafkaAccess

_HERE = Path(__file__).parent
_LOGGING = f"-Dlog4j2.configurationFile={_HERE / 'log4j2.yaml'}"
_SHORT_RUN = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
_BROKER = ("-Xms512m", "-Xmx512m", "-XX:+ExitOnOutOfMemoryError", *_SHORT_RUN)
"""A broker out of memory would stay without its threads for the network; a new one has them."""
_CLUSTER_ID = "cm91dGUzMTEtbG9jYWwtMQ"  # 16 bytes in URL-safe base64, as Kafka requires

# A killed broker checks all its logs at its next start, and waits for its old session.
_STOP_WITHIN_S = 10.0

_ARCHIVE_WITHIN_S = 30.0
_POM = _HERE / "pom.xml"
_MAVEN_GOAL = ("dependency:copy-dependencies", "-DincludeScope=runtime")
_FORMATTED = "formatted-with-passwords"


@asynccontextmanager
async def running_kafka(site: Site) -> AsyncGenerator[Process, None]:
    """Run a broker on the site's data; StackError if Java or Maven is missing, or it fails."""
    java = java_command(await kafka_jars())
    async with running(lambda: _build(site, java), site.report, _STOP_WITHIN_S) as process:
        yield process


async def _build(site: Site, java: tuple[str, ...], *options: str) -> Process:
    port = site.ports.port("kafka")
    settings = _write_settings(site, port, site.ports.port("kafka-controller"))
    await format_data(java, settings, site.folder.kafka / "data", site.credentials)
    argv = (*java, *_BROKER, *options, "kafka.Kafka", str(settings))
    return Process(kafka_program(site, "kafka", argv, port), site.folder)


def kafka_program(site: Site, name: str, argv: Sequence[str], port: int) -> Program:
    """Return the program of a broker, which is ready once its administrator can log in."""
    access = admin_access(site.credentials, f"{LOOPBACK}:{port}")

    async def answers_its_administrator(_: int) -> bool:
        return await answers(access)

    return Program(name, argv, port, answers_its_administrator)


def java_command(jars: Path) -> tuple[str, ...]:
    """Return the beginning of a command line for Kafka's programs; StackError without Java."""
    java, archive = _find_java(), _class_archive(jars)
    shared = (f"-XX:SharedArchiveFile={archive}",) if archive.exists() else ()
    return (java, *shared, _LOGGING, "-cp", f"{jars}/*")


async def format_data(
    java: tuple[str, ...], settings: Path, data: Path, credentials: Credentials
) -> None:
    """Format the data folder of a broker with the passwords of its super users, once.

    Raises:
        OtherVersionError: A newer Kafka formatted it.
        StackError: It was formatted without passwords, or cannot be formatted.
    """
    marker = data.with_name(_FORMATTED)
    if (data / "meta.properties").exists():
        if marker.exists():
            _refuse_newer(data, marker.read_text())
            return
        raise StackError(
            f"the broker in {data} was made by a version without passwords; `--fresh` starts over"
        )
    marker.write_text(_kafka_version())
    arguments = data.with_name("format-arguments")  # passwords are not for the list of processes
    lines = ["format", "-t", _CLUSTER_ID, "-c", str(settings)]
    lines += [part for user in super_users(credentials) for part in ("--add-scram", user)]
    write_secret(arguments, "\n".join(lines) + "\n")
    try:
        command = (*java, *_SHORT_RUN, "kafka.tools.StorageTool", f"@{arguments}")
        await run_command("Kafka's data folder cannot be prepared", command)
    finally:
        arguments.unlink()


def _refuse_newer(data: Path, found: str) -> None:
    """Refuse data of a newer Kafka, whose metadata level this one lacks."""
    here = _kafka_version()
    if found and _release(found) > _release(here):
        raise OtherVersionError(str(data), f"Kafka {found}, here is {here}")


def _kafka_version() -> str:
    found = re.search(r"<artifactId>kafka_[0-9.]+</artifactId>\s*<version>(.+?)<", _POM.read_text())
    return found[1] if found else ""


def _release(version: str) -> tuple[int, ...]:
    """Return major and minor version, by which levels of metadata differ."""
    return tuple(int(part) for part in version.split(".")[:2])


def _find_java() -> str:
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=f"{home}/bin") if home else shutil.which("java")
    if java is None:
        raise StackError("Java is missing; Kafka needs version 17 or later")
    return java


def _write_settings(site: Site, port: int, controller_port: int) -> Path:
    folder = site.folder.kafka
    return write_settings(
        folder,
        {
            "listeners": f"CLIENTS://{LOOPBACK}:{port},CONTROLLER://{LOOPBACK}:{controller_port}",
            "listener.security.protocol.map": "CLIENTS:SASL_PLAINTEXT,CONTROLLER:SASL_PLAINTEXT",
            "inter.broker.listener.name": "CLIENTS",
            "controller.quorum.voters": f"1@{LOOPBACK}:{controller_port}",
            "log.dirs": f"{folder / 'data'}",
            **passwords_of(site.credentials, "clients"),
        },
    )


def write_settings(folder: Path, own: Mapping[str, str]) -> Path:
    """Write the shared settings of all brokers, and a broker's own; return the file."""
    folder.mkdir(mode=0o700, exist_ok=True)
    settings = folder / "server.properties"
    shared = (_HERE / "kafka.properties").read_text()
    write_secret(settings, shared + "".join(f"{name}={value}\n" for name, value in own.items()))
    return settings


async def kafka_jars() -> Path:
    """Return the folder with the broker's jars, shared by all stacks of this user.

    The first call downloads them with Maven, and archives their classes.

    Raises:
        StackError: Java or Maven is missing, or Maven could not download them.
    """
    cache = _cache_folder()
    version = hashlib.sha256(_POM.read_bytes()).hexdigest()[:8]
    jars = cache / f"kafka-{version}"
    archive = _class_archive(jars)
    if not (jars.exists() and archive.exists()):
        async with locked(cache / "fetch.lock"):  # another process may be faster
            if not jars.exists():
                await _fetch(jars)
            if not archive.exists():
                await _archive_classes(jars, archive)
    return jars


def _cache_folder() -> Path:
    given = os.environ.get("ROUTE311_CACHE")
    cache = Path(given).absolute() if given else Path.home() / ".cache" / "route311"
    cache.mkdir(parents=True, exist_ok=True)
    return cache


async def _fetch(jars: Path) -> None:
    """Download into a temporary folder and rename it, so that an incomplete set is never used."""
    maven = shutil.which("mvn")
    if maven is None:
        raise StackError("Maven (mvn) is missing; it fetches Kafka's jars, once")
    with tempfile.TemporaryDirectory(dir=jars.parent, prefix="fetching-") as folder:
        fetched = Path(folder) / "jars"
        goal = (*_MAVEN_GOAL, f"-DoutputDirectory={fetched}")
        command = (maven, "-B", "-q", "-f", str(_POM), *goal)
        await run_command("Maven could not fetch Kafka's jars", command)
        fetched.rename(jars)


def _class_archive(jars: Path) -> Path:
    """Return the class data archive (CDS) of this Java."""
    java = Path(_find_java()).resolve()
    version = hashlib.sha256(f"{java} {java.stat().st_mtime_ns}".encode()).hexdigest()[:8]
    return jars.with_name(f"{jars.name}-{version}.jsa")


async def _archive_classes(jars: Path, archive: Path) -> None:
    """Run a broker for a moment; at exit Java archives the loaded classes.

    With them a broker starts in about half the time. A Java that cannot do so leaves an empty file,
    which every Java ignores.
    """
    with tempfile.TemporaryDirectory(dir=jars.parent, prefix="archiving-") as folder:
        new = Path(folder) / "classes"
        async with open_site(Path(folder) / "site") as site:
            option = f"-XX:ArchiveClassesAtExit={new}"
            process = await _build(site, java_command(jars), option)
            try:
                with suppress(StartError):
                    await process.start()
            finally:
                await process.stop(_ARCHIVE_WITHIN_S)
        if not new.exists() or process.exit_code == -signal.SIGKILL:
            new = Path(folder) / "none"
            new.touch()
        new.rename(archive)


_BROKER_USER, _ADMIN = "broker", "admin"  # the super users; see kafka.properties
_MODULES = "org.apache.kafka.common.security"


def admin_access(credentials: Credentials, bootstrap: str) -> KafkaAccess:
    """Return the access of the administrator, who has all rights."""
    return user_access(credentials, bootstrap, _ADMIN)


def user_access(credentials: Credentials, bootstrap: str, user: str) -> KafkaAccess:
    """Return the access of a user of the stack's broker."""
    return KafkaAccess(
        bootstrap,
        security_protocol="SASL_PLAINTEXT",
        username=user,
        password=_user_password(credentials, user),
    )


def passwords_of(credentials: Credentials, listener: str) -> dict[str, str]:
    """Return the settings for mutual authentication of brokers and controllers."""
    password = _user_password(credentials, _BROKER_USER)
    login = f'required username="{_BROKER_USER}" password="{password}"'
    known = f'user_{_BROKER_USER}="{password}"'
    return {
        f"listener.name.{listener}.scram-sha-512.sasl.jaas.config": (
            f"{_MODULES}.scram.ScramLoginModule {login};"
        ),
        "listener.name.controller.plain.sasl.jaas.config": (
            f"{_MODULES}.plain.PlainLoginModule {login} {known};"
        ),
    }


def super_users(credentials: Credentials) -> Iterator[str]:
    """Yield the super users with their passwords, as arguments of the formatter."""
    for user in (_BROKER_USER, _ADMIN):
        yield f"SCRAM-SHA-512=[name={user},password={_user_password(credentials, user)}]"


def _user_password(credentials: Credentials, user: str) -> str:
    return credentials.get(f"kafka-{user}")
