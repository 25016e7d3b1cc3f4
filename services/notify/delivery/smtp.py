"""SMTP client: sends one message at a time and classifies every failure."""

import asyncio
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from typing import Literal, TypeAlias

from aiosmtplib import SMTP, SMTPException, SMTPResponseException

from services.notify.delivery.updates import SendOutcome
from services.notify.settings import NotifySettings

SmtpStep: TypeAlias = Literal["connection", "sender", "recipient", "content"]

_TEMPORARY = range(400, 500)
_PERMANENT = range(500, 600)
_CLOSING = 421  # RFC 5321: the server closes the connection, whatever the command was
_QUIT_WITHIN_S = 1.0


class StartTlsNotOfferedError(SMTPException):
    """The server offers no STARTTLS, or an attacker on the way removed the offer."""


def classify_failure(step: SmtpStep, code: int | None) -> SendOutcome:
    """Return the outcome for a message whose SMTP dialogue failed.

    A refusal of the connection or the sender concerns the router, so every other message would
    fail as well. Without a reply to the content, the server may or may not have the message.

    Args:
        step: The step that failed.
        code: The server's reply code, or None without a reply.
    """
    reason = f"{step}_{code}" if code else f"{step}_lost"
    about_the_message = step in {"recipient", "content"} and code != _CLOSING
    if about_the_message and code in _PERMANENT:
        return SendOutcome("refused", reason)
    if about_the_message and code in _TEMPORARY:
        return SendOutcome("deferred", reason)
    if step == "content" and code not in _TEMPORARY:
        return SendOutcome("unknown", reason)
    return SendOutcome("unreachable", reason)


class SmtpMailer:
    """One connection to the mail server, kept open between messages."""

    def __init__(self, settings: NotifySettings) -> None:
        self._settings = settings
        self._smtp: SMTP | None = None

    async def connect(self) -> str | None:
        """Connect unless connected; return the reason of a failure, or None."""
        try:
            async with asyncio.timeout(self._settings.smtp_within_s):
                await self._connected()
        except (SMTPException, OSError) as error:
            return _failure("connection", error).reason
        return None

    async def send(self, mailbox: str, message: bytes) -> SendOutcome:
        """Send one message and return the outcome; no failure raises."""
        step: SmtpStep = "connection"
        try:
            async with asyncio.timeout(self._settings.smtp_within_s):
                smtp = await self._connected()
                step = "sender"
                await smtp.mail(self._settings.sender)
                step = "recipient"
                await smtp.rcpt(mailbox)
                step = "content"
                await smtp.data(message)
        except (SMTPException, OSError) as error:
            await self._reset(error)
            return _failure(step, error)
        return SendOutcome("accepted")

    async def close(self) -> None:
        """Quit the session, if it is open."""
        smtp, self._smtp = self._smtp, None
        if smtp and smtp.is_connected:
            with suppress(SMTPException, OSError):
                async with asyncio.timeout(_QUIT_WITHIN_S):
                    await smtp.quit()
            smtp.close()

    async def _connected(self) -> SMTP:
        if self._smtp and self._smtp.is_connected:
            return self._smtp
        smtp = _client(self._settings)
        try:
            await _open(smtp, self._settings)
        except BaseException:
            smtp.close()  # else the next message would use it, unencrypted or not logged in
            raise
        self._smtp = smtp
        return smtp

    async def _reset(self, error: Exception) -> None:
        smtp = self._smtp
        if isinstance(error, SMTPResponseException) and smtp and smtp.is_connected:
            with suppress(SMTPException, OSError):
                async with asyncio.timeout(_QUIT_WITHIN_S):
                    await smtp.rset()
                return
        if smtp:
            smtp.close()
        self._smtp = None


def _client(settings: NotifySettings) -> SMTP:
    ca_file = settings.smtp_ca_file
    return SMTP(
        hostname=settings.smtp_host,
        port=settings.smtp_port,
        local_hostname=settings.sender.rpartition("@")[2],
        timeout=settings.smtp_within_s,
        use_tls=settings.smtp_encryption == "from_the_start",
        start_tls=None if settings.smtp_encryption == "when_offered" else False,
        tls_context=ssl.create_default_context(cafile=ca_file) if ca_file else None,
    )


async def _open(smtp: SMTP, settings: NotifySettings) -> None:
    """Connect, encrypt and log in, in this order."""
    await smtp.connect()
    if settings.smtp_encryption == "required":
        await smtp.ehlo()
        if not smtp.supports_extension("starttls"):
            raise StartTlsNotOfferedError("no STARTTLS")
        await smtp.starttls()
    if settings.smtp_user and settings.smtp_password:
        await smtp.login(settings.smtp_user, settings.smtp_password.get_secret_value())


def _failure(step: SmtpStep, error: Exception) -> SendOutcome:
    if isinstance(error, StartTlsNotOfferedError):
        return SendOutcome("unreachable", "starttls_not_offered")
    if isinstance(error, ssl.SSLCertVerificationError) or isinstance(
        error.__cause__, ssl.SSLCertVerificationError
    ):
        return SendOutcome("unreachable", "certificate_refused")
    code = error.code if isinstance(error, SMTPResponseException) else None
    return classify_failure(step, code)


@asynccontextmanager
async def open_mailers(settings: NotifySettings) -> AsyncGenerator[list[SmtpMailer]]:
    """Yield ``smtp_connections`` mailers; each connects on first use."""
    mailers = [SmtpMailer(settings) for _ in range(settings.smtp_connections)]
    try:
        yield mailers
    finally:
        await asyncio.gather(*(mailer.close() for mailer in mailers))
