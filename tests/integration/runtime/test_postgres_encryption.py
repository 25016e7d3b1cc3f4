"""Encrypted connections to a real server whose certificate a private authority signed."""

import asyncio
import os
import ssl
import sys
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

import asyncpg
import pytest
import pytest_asyncio
import trustme

from deploy.local.postgres import admin_dsn, running_postgres
from deploy.local.postgres_files import cluster_home, postgres_account
from deploy.local.report import ignore_events
from deploy.local.site import open_site
from shared.errors import DatabaseDownError
from shared.runtime.http.key_store import open_key_store
from shared.runtime.migrate import OPERATIONS, SERVICES, migrate, set_passwords
from shared.runtime.postgres import acquire, open_pool
from tests.stack import PASSWORD

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]

ENCRYPTED = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
ROUTE311 = Path(sys.executable).with_name("route311")


@dataclass(frozen=True, slots=True)
class EncryptedServer:
    """A server with a certificate for ``localhost``.

    Attributes:
        plain_dsn: DSN of its administrator, without encryption.
        ca_file: Certificate of the authority that signed its own.
        other_ca_file: Certificate of another authority.
    """

    plain_dsn: str
    ca_file: Path
    other_ca_file: Path

    def dsn(
        self, *, ca_file: Path | None = None, host: str = "localhost", role: str | None = None
    ) -> str:
        """Return a DSN that demands a certificate for the host from an authority."""
        parts = urlsplit(self.plain_dsn)
        login = f"{role}:{PASSWORD}" if role else f"{parts.username}:{parts.password}"
        authority = quote(str(ca_file or self.ca_file), safe="")
        return (
            f"postgresql://{login}@{host}:{parts.port}/postgres"
            f"?sslmode=verify-full&sslrootcert={authority}"
        )


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[EncryptedServer]:
    folder = tmp_path_factory.mktemp("encrypted")
    authority, other = trustme.CA(), trustme.CA()
    files = EncryptedServer("", folder / "ca.pem", folder / "other.pem")
    authority.cert_pem.write_to_path(files.ca_file)
    other.cert_pem.write_to_path(files.other_ca_file)
    async with (
        open_site(folder / "data", report=ignore_events) as site,
        running_postgres(site, durable=False) as process,
    ):
        account = await postgres_account()
        cluster = cluster_home(site.folder, account) / "cluster"
        certificate = authority.issue_cert("localhost")
        for file, blob in (
            ("server.crt", certificate.cert_chain_pems[0]),
            ("server.key", certificate.private_key_pem),
        ):
            blob.write_to_path(cluster / file)
            (cluster / file).chmod(0o600)
            if account:
                os.chown(cluster / file, account.user_id, account.group_id)
        dsn = admin_dsn(site, process)
        connection = await asyncpg.connect(dsn)
        await connection.execute("ALTER SYSTEM SET ssl = on")
        await connection.execute("SELECT pg_reload_conf()")
        await connection.close()
        await migrate(dsn)
        await set_passwords(dsn, dict.fromkeys((*SERVICES, OPERATIONS), PASSWORD))
        yield EncryptedServer(dsn, files.ca_file, files.other_ca_file)


@pytest.mark.parametrize("service", SERVICES)
async def test_a_service_connects_with_the_certificate_checked(
    server: EncryptedServer, service: str
) -> None:
    async with (
        open_pool(server.dsn(role=f"route311_{service}")) as pool,
        acquire(pool) as connection,
    ):
        assert await connection.fetchval(ENCRYPTED) is True
        assert await connection.fetchval("SELECT current_schema()") == service


@pytest.mark.parametrize("fault", ["other authority", "other name"])
async def test_a_certificate_that_proves_nothing_is_refused(
    server: EncryptedServer, fault: str
) -> None:
    dsn = (
        server.dsn(ca_file=server.other_ca_file)
        if fault == "other authority"
        else server.dsn(host="127.0.0.1")
    )

    async with open_pool(dsn) as pool:
        with pytest.raises(DatabaseDownError, match="SSLCertVerificationError"):
            async with acquire(pool):
                pass
    for use in (migrate(dsn), _list_keys(dsn)):
        with pytest.raises(ssl.SSLCertVerificationError):
            await use


async def test_a_server_that_offers_no_encryption_is_refused(server: EncryptedServer) -> None:
    admin = await asyncpg.connect(server.plain_dsn)
    await admin.execute("ALTER SYSTEM SET ssl = off")
    await admin.execute("SELECT pg_reload_conf()")
    try:
        async with open_pool(server.dsn()) as pool:
            with pytest.raises(DatabaseDownError):
                async with acquire(pool):
                    pass
    finally:
        await admin.execute("ALTER SYSTEM SET ssl = on")
        await admin.execute("SELECT pg_reload_conf()")
        await admin.close()


async def _list_keys(dsn: str) -> None:
    async with open_key_store(dsn) as store:
        await store.keys()


async def _command(*arguments: str, dsn: str) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        ROUTE311,
        *arguments,
        env={"PATH": os.environ["PATH"], "ROUTE311_ADMIN_DSN": dsn},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await process.communicate()
    return process.returncode or 0, output.decode(), errors.decode()


async def test_commands_connect_with_the_certificate_checked(server: EncryptedServer) -> None:
    assert await _command("migrate", dsn=server.dsn()) == (0, "nothing to do\n", "")
    code, output, _ = await _command("keys", "list", "--json", dsn=server.dsn())
    assert (code, output) == (0, '{"keys": []}\n')

    code, _, errors = await _command("migrate", dsn=server.dsn(host="127.0.0.1"))
    assert code == 1
    assert len(errors.splitlines()) == 1
    assert "certificate" in errors.lower()


async def test_a_command_refuses_plain_text_to_another_machine() -> None:
    code, _, errors = await _command("migrate", dsn="postgresql://a:canary@db.example.org/x")

    assert code == 1
    assert len(errors.splitlines()) == 1
    assert "ROUTE311_ADMIN_DSN" in errors
    assert "sslmode=verify-full" in errors
    assert "canary" not in errors
