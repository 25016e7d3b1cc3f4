"""Connections to a database whose certificate a private authority signed."""

import asyncio
import os
import ssl
import sys
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
import trustme

from shared.errors import DatabaseDownError
from shared.runtime.http.key_store import KeyStore
from shared.runtime.migrate import OPERATIONS, SERVICES, migrate
from shared.runtime.postgres import acquire, open_database, open_pool
from tests.integration.runtime.tls_front import TlsFront, tls_front
from tests.support.databases import Database

pytestmark = pytest.mark.integration

ROUTE311 = Path(sys.executable).with_name("route311")


@dataclass(frozen=True, slots=True)
class EncryptedDatabase:
    """A database behind a certificate for ``localhost``.

    Attributes:
        front: Shows the certificate.
        ca_file: Certificate of the authority that signed it.
        other_ca_file: Certificate of another authority.
    """

    front: TlsFront
    ca_file: Path
    other_ca_file: Path

    def dsn(self, dsn: str, *, ca_file: Path | None = None, host: str = "localhost") -> str:
        """Return a DSN that demands a certificate for the host from an authority."""
        parts = urlsplit(dsn)
        authority = quote(str(ca_file or self.ca_file), safe="")
        return (
            f"postgresql://{parts.username}:{parts.password}@{host}:{self.front.port}{parts.path}"
            f"?sslmode=verify-full&sslrootcert={authority}"
        )


@pytest.fixture
async def encrypted(database: Database, tmp_path: Path) -> AsyncGenerator[EncryptedDatabase]:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    trustme.CA().cert_pem.write_to_path(tmp_path / "other.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    server = urlsplit(database.admin_dsn)
    async with tls_front(server.hostname or "", server.port or 0, context) as front:
        yield EncryptedDatabase(front, tmp_path / "ca.pem", tmp_path / "other.pem")


@pytest.mark.parametrize("service", [*SERVICES, OPERATIONS])
async def test_each_role_connects_with_the_certificate_checked(
    encrypted: EncryptedDatabase, database: Database, service: str
) -> None:
    async with (
        open_pool(encrypted.dsn(database.dsn(service))) as pool,
        acquire(pool) as connection,
    ):
        assert await connection.fetchval("SELECT current_user") == f"route311_{service}"

    assert (encrypted.front.sessions, encrypted.front.plain) == (1, 0)


@pytest.mark.parametrize("fault", ["other authority", "other name", "no encryption"])
async def test_without_a_certificate_that_proves_the_server_nothing_is_said(
    encrypted: EncryptedDatabase, database: Database, fault: str
) -> None:
    dsn = encrypted.dsn(database.admin_dsn)
    if fault == "other authority":
        dsn = encrypted.dsn(database.admin_dsn, ca_file=encrypted.other_ca_file)
    elif fault == "other name":
        dsn = encrypted.dsn(database.admin_dsn, host="127.0.0.1")
    else:
        encrypted.front.context = None

    async with open_pool(dsn) as pool:
        with pytest.raises(DatabaseDownError):
            async with acquire(pool):
                pass
    for use in (migrate(dsn), _list_keys(dsn)):
        with pytest.raises(OSError, match=r"certificate|SSL"):
            await use

    assert (encrypted.front.sessions, encrypted.front.plain) == (0, 0)


async def _list_keys(dsn: str) -> None:
    async with open_database(dsn) as db:
        await KeyStore(db).keys()


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


async def test_commands_connect_with_the_certificate_checked(
    encrypted: EncryptedDatabase, database: Database
) -> None:
    dsn = encrypted.dsn(database.admin_dsn)
    assert await _command("migrate", dsn=dsn) == (0, "nothing to do\n", "")
    assert await _command("keys", "list", "--json", dsn=dsn) == (0, '{"keys": []}\n', "")
    assert (encrypted.front.sessions > 1, encrypted.front.plain) == (True, 0)

    other_name = encrypted.dsn(database.admin_dsn, host="127.0.0.1")
    code, _, errors = await _command("migrate", dsn=other_name)
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
