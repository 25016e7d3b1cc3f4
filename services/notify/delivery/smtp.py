"""SMTP client: sends one message at a time and classifies every failure."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Literal, TypeAlias

from aiosmtplib import SMTP, SMTPException, SMTPResponseException

from services.notify.delivery.updates import SendOutcome
from services.notify.settings import Encryption, NotifySettings

SmtpStep: TypeAlias = Literal["connection", "sender", "recipient", "content"]

_TEMPORARY = range(400, 500)
_PERMANENT = range(500, 600)
_CLOSING = 421  # RFC 5321: the server closes the connection, whatever the command was
_QUIT_WITHIN_S = 1.0
_START_TLS: Mapping[Encryption, bool | None] = {
    "when_offered": None,
    "required": True,
    "from_the_start": False,
    "never": False,
}


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
            return classify_failure("connection", _code_of(error)).reason
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
            return classify_failure(step, _code_of(error))
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
        self._smtp = _client(self._settings)
        await self._smtp.connect()
        return self._smtp

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
    password = settings.smtp_password
    return SMTP(
        hostname=settings.smtp_host,
        port=settings.smtp_port,
        username=settings.smtp_user,
        password=password.get_secret_value() if password else None,
        local_hostname=settings.sender.rpartition("@")[2],
        timeout=settings.smtp_within_s,
        use_tls=settings.smtp_encryption == "from_the_start",
        start_tls=_START_TLS[settings.smtp_encryption],
    )


def _code_of(error: Exception) -> int | None:
    return error.code if isinstance(error, SMTPResponseException) else None


@asynccontextmanager
async def open_mailers(settings: NotifySettings) -> AsyncGenerator[list[SmtpMailer]]:
    """Yield ``smtp_connections`` mailers; each connects on first use."""
    mailers = [SmtpMailer(settings) for _ in range(settings.smtp_connections)]
    try:
        yield mailers
    finally:
        await asyncio.gather(*(mailer.close() for mailer in mailers))
