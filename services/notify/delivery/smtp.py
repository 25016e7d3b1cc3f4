"""Handing messages over to a mail server, and what came of it."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Literal, TypeAlias

from aiosmtplib import SMTP, SMTPException, SMTPResponseException

from services.notify.delivery.updates import Outcome
from services.notify.settings import Encryption, NotifySettings

Step: TypeAlias = Literal["connection", "sender", "recipient", "content"]

_TEMPORARY = range(400, 500)
_PERMANENT = range(500, 600)
_CLOSING = 421  # RFC 5321: the server ends the connection, whatever was asked
_QUIT_WITHIN_S = 1.0
_START_TLS: Mapping[Encryption, bool | None] = {
    "when_offered": None,
    "required": True,
    "from_the_start": False,
    "never": False,
}


def classify_failure(step: Step, code: int | None) -> Outcome:
    """Return what a failure means for the message.

    A refusal at the connection or of the sender is about us, and would meet every other message
    too. Without an answer to the content, nobody can tell whether the server has it.

    Args:
        step: What was under way.
        code: The server's reply code, or None where there was no answer.
    """
    reason = f"{step}_{code}" if code else f"{step}_lost"
    about_the_message = step in {"recipient", "content"} and code != _CLOSING
    if about_the_message and code in _PERMANENT:
        return Outcome("refused", reason)
    if about_the_message and code in _TEMPORARY:
        return Outcome("put_off", reason)
    if step == "content" and code not in _TEMPORARY:
        return Outcome("unknown", reason)
    return Outcome("unreachable", reason)


class SmtpMailer:
    """One connection to the mail server, kept between messages."""

    def __init__(self, settings: NotifySettings) -> None:
        self._settings = settings
        self._smtp: SMTP | None = None

    async def connect(self) -> str | None:
        """Connect if need be; return what hinders it, or None."""
        try:
            async with asyncio.timeout(self._settings.smtp_within_s):
                await self._connected()
        except (SMTPException, OSError) as error:
            return classify_failure("connection", _code_of(error)).reason
        return None

    async def send(self, mailbox: str, message: bytes) -> Outcome:
        """Give the server one message and return what came of it, whatever that is."""
        step: Step = "connection"
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
            await self._ready_for_another(error)
            return classify_failure(step, _code_of(error))
        return Outcome("taken")

    async def close(self) -> None:
        """Take leave of the server, if it is still there."""
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

    async def _ready_for_another(self, error: Exception) -> None:
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
    """Yield as many mailers as the settings say; each connects when it is first needed."""
    mailers = [SmtpMailer(settings) for _ in range(settings.smtp_connections)]
    try:
        yield mailers
    finally:
        await asyncio.gather(*(mailer.close() for mailer in mailers))
