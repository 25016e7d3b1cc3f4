"""Encryption of the hand-over to a real mail server, and what happens where there is none."""

import ssl
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
import trustme

from services.notify.settings import NotifySettings
from shared.runtime.smtp import SmtpMailer
from tests.support.notify.mail_server import MailServer
from tests.unit.notify.test_settings import settings

pytestmark = pytest.mark.integration

MESSAGE = b"Subject: Received\r\n\r\nThank you.\r\n"
TO = "ana@example.org"


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> Path:
    file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(file)
    return file


def context(authority: trustme.CA, host: str = "localhost") -> ssl.SSLContext:
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(host).configure_cert(served)
    return served


@pytest.fixture
async def server() -> AsyncGenerator[MailServer]:
    server = MailServer()
    yield server
    await server.close()


async def settings_for(server: MailServer, **changes: Any) -> NotifySettings:
    await server.open()
    return settings(smtp_host="localhost", smtp_port=server.port, **changes)


async def send_by(given: NotifySettings) -> tuple[str, str]:
    """Send a message; return result and reason."""
    mailer = SmtpMailer(given, given.sender)
    try:
        outcome = await mailer.send(TO, MESSAGE)
    finally:
        await mailer.close()
    return outcome.result, outcome.reason


async def test_a_message_goes_out_by_starttls(
    server: MailServer, authority: trustme.CA, ca_file: Path
) -> None:
    server.starttls = context(authority)

    given = await settings_for(server, smtp_encryption="required", smtp_ca_file=ca_file)

    assert await send_by(given) == ("accepted", "")
    assert [to for to, _ in server.mails] == [TO]


async def test_a_message_goes_out_by_tls_from_the_first_byte(
    server: MailServer, authority: trustme.CA, ca_file: Path
) -> None:
    server.tls = context(authority)

    given = await settings_for(server, smtp_encryption="from_the_start", smtp_ca_file=ca_file)

    assert await send_by(given) == ("accepted", "")


async def test_without_the_offer_of_starttls_nothing_is_said_and_the_message_stays(
    server: MailServer,
) -> None:
    given = await settings_for(server, smtp_encryption="required")
    mailer = SmtpMailer(given, given.sender)

    reasons = [await mailer.connect() for _ in range(2)]
    outcomes = [await mailer.send(TO, MESSAGE) for _ in range(2)]
    await mailer.close()

    assert reasons == ["starttls_not_offered"] * 2
    assert [(one.result, one.reason) for one in outcomes] == [
        ("unreachable", "starttls_not_offered")
    ] * 2
    assert not server.mails


@pytest.mark.parametrize("encryption", ["required", "from_the_start", "when_offered"])
@pytest.mark.parametrize("fault", ["unknown authority", "other name"])
async def test_a_certificate_that_proves_nothing_is_refused(
    server: MailServer, authority: trustme.CA, ca_file: Path, encryption: str, fault: str
) -> None:
    signer = trustme.CA() if fault == "unknown authority" else authority
    served = context(signer, "localhost" if signer is not authority else "other.example")
    server.tls, server.starttls = (
        (served, None) if encryption == "from_the_start" else (None, served)
    )

    given = await settings_for(server, smtp_encryption=encryption, smtp_ca_file=ca_file)

    assert await send_by(given) == ("unreachable", "certificate_refused")
    assert not server.mails


async def test_a_password_is_told_to_a_proven_server_alone(
    server: MailServer, authority: trustme.CA, ca_file: Path
) -> None:
    login = {"smtp_user": "route311", "smtp_password": "a password of the tests"}
    server.login = (b"route311", b"a password of the tests")
    server.starttls = context(trustme.CA())
    refused = await settings_for(server, smtp_encryption="required", smtp_ca_file=ca_file, **login)
    assert (await send_by(refused))[0] == "unreachable"
    assert not server.logins
    await server.close()

    server.starttls = context(authority)
    given = await settings_for(server, smtp_encryption="required", smtp_ca_file=ca_file, **login)

    assert await send_by(given) == ("accepted", "")
    assert server.logins == [(*server.login, True)]
