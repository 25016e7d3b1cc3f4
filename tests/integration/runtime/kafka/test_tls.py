"""TLS with a password on a real broker, for each of the three client libraries."""

import asyncio
import os
import sys
from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import pytest_asyncio
import trustme
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from deploy.local.kafka import (
    format_data,
    java_command,
    kafka_jars,
    kafka_program,
    passwords_of,
    user_access,
    write_settings,
)
from deploy.local.launch import running
from deploy.local.process import Process
from deploy.local.readiness import LOOPBACK, http_ready
from deploy.local.report import ignore_events
from deploy.local.site import Site, open_site
from shared.contract.topics import CORE, TRIAGE_SURGES
from shared.runtime.kafka import open_sink
from shared.runtime.kafka.acls import apply_access
from shared.runtime.kafka.admin import answers
from shared.runtime.kafka.reader import end_offsets, read_range
from shared.runtime.kafka.topics import apply_topics
from shared.runtime.kafka.users import set_user_passwords
from shared.runtime.kafka_access import KafkaAccess
from shared.runtime.outgoing import Outgoing
from tests.support.waiting import eventually

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]


@dataclass(frozen=True)
class Encrypted:
    """A broker that speaks TLS alone, with the topics of a router and its users."""

    site: Site
    admin: KafkaAccess

    def access(self, user: str) -> KafkaAccess:
        access = user_access(self.site.credentials, self.admin.bootstrap, user)
        return replace(access, security_protocol="SASL_SSL", ca_file=self.admin.ca_file)


def issue(folder: Path) -> tuple[Path, Path]:
    """Write the certificate of an authority, and a key with a certificate for the loopback."""
    authority = trustme.CA()
    issued = authority.issue_cert(LOOPBACK)
    key = load_pem_private_key(issued.private_key_pem.bytes(), None)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    ca, keystore = folder / "ca.pem", folder / "keystore.pem"
    authority.cert_pem.write_to_path(str(ca))
    keystore.write_bytes(pem + b"".join(one.bytes() for one in issued.cert_chain_pems))
    return ca, keystore


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def encrypted(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Encrypted]:
    ca, keystore = issue(tmp_path_factory.mktemp("certificates"))
    java = java_command(await kafka_jars())
    async with open_site(tmp_path_factory.mktemp("tls") / "site") as site:
        port, controller = site.ports.port("kafka"), site.ports.port("controller")
        bootstrap = f"{LOOPBACK}:{port}"
        nobody = KafkaAccess(bootstrap, security_protocol="SSL", ca_file=ca)
        made = Encrypted(site, Encrypted(site, nobody).access("admin"))
        settings = write_settings(
            site.folder.kafka,
            {
                "listeners": f"CLIENTS://{bootstrap},CONTROLLER://{LOOPBACK}:{controller}",
                "listener.security.protocol.map": "CLIENTS:SASL_SSL,CONTROLLER:SASL_PLAINTEXT",
                "inter.broker.listener.name": "CLIENTS",
                "controller.quorum.voters": f"1@{LOOPBACK}:{controller}",
                "log.dirs": f"{site.folder.kafka / 'data'}",
                "ssl.keystore.type": "PEM",
                "ssl.keystore.location": f"{keystore}",
                "ssl.truststore.type": "PEM",
                "ssl.truststore.location": f"{ca}",
                **passwords_of(site.credentials, "clients"),
            },
        )
        await format_data(java, settings, site.folder.kafka / "data", site.credentials)

        async def build() -> Process:
            argv = (*java, "-Xmx384m", "kafka.Kafka", str(settings))
            program = kafka_program(site, "kafka", argv, port)

            async def ready(_: int) -> bool:
                return await answers(made.admin)

            return Process(replace(program, probe=ready), site.folder)

        async with running(build, ignore_events, 8.0):
            await apply_topics(made.admin, CORE)
            passwords = {"triage-stream": made.access("triage-stream").password}
            await set_user_passwords(made.admin, passwords)
            await apply_access(made.admin, CORE)
            yield made


async def test_records_are_written_and_read_over_tls(encrypted: Encrypted) -> None:
    async with open_sink(encrypted.admin) as sink:
        await sink.publish([Outgoing("", TRIAGE_SURGES.name, b"key", b"{}")])

    ends = await end_offsets(encrypted.admin, [TRIAGE_SURGES.name])
    bounds = {partition: (0, end) for partition, end in ends.items()}
    found = [r.value async for records in read_range(encrypted.admin, bounds) for r in records]
    assert found == [b"{}"]


async def test_a_certificate_of_an_unknown_authority_is_refused(
    encrypted: Encrypted, tmp_path: Path
) -> None:
    other, _ = issue(tmp_path)

    assert await eventually(lambda: answers(encrypted.admin))
    assert not await answers(replace(encrypted.admin, ca_file=other))


@pytest.mark.long
async def test_the_surge_watcher_gets_ready_over_tls(encrypted: Encrypted, tmp_path: Path) -> None:
    port = encrypted.site.ports.port("watcher")
    environment = encrypted.access("triage-stream").environment()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "services.triage.surges",
        env={
            **os.environ,
            **environment,
            "TRIAGE_STREAM_HTTP_PORT": str(port),
            "TRIAGE_STREAM_FOLDER": str(tmp_path),
        },
    )
    try:
        assert environment["ROUTE311_KAFKA_SECURITY_PROTOCOL"] == "SASL_SSL"
        assert await eventually(lambda: http_ready(port), within_s=60)
    finally:
        process.terminate()
        await process.wait()
