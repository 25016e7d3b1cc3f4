"""SMTP client with a classification of every failure."""

import asyncio
import ssl
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self, TypeAlias

from aiosmtplib import SMTP, SMTPException, SMTPResponseException
from pydantic import Field, FilePath, SecretStr, model_validator

from shared.runtime.settings import EnvironmentSettings
from shared.runtime.transport_encryption import is_loopback

# State of a message after an attempt; one that waits is tried again.
AttemptState: TypeAlias = Literal["sent", "failed", "waiting", "unknown"]
SmtpStep: TypeAlias = Literal["connection", "sender", "recipient", "content"]
Encryption: TypeAlias = Literal["when_offered", "required", "from_the_start", "never"]

_STATES: Mapping[str, AttemptState] = {
    "accepted": "sent",
    "refused": "failed",
    "deferred": "waiting",
    "unreachable": "waiting",
    "unknown": "unknown",
}
_TEMPORARY = range(400, 500)
_PERMANENT = range(500, 600)
_CLOSING = 421  # RFC 5321: the server closes the connection, whatever the command was
_QUIT_WITHIN_S = 1.0


def _default_encryption(given: Mapping[str, Any]) -> Encryption:
    return "when_offered" if is_loopback(given.get("smtp_host", "")) else "required"


class SmtpSettings(EnvironmentSettings):
    """Settings of the outgoing mail server, with the service's prefix.

    Attributes:
        smtp_host: Host name of the mail server; empty for none.
        smtp_encryption: ``required`` insists on STARTTLS, ``from_the_start`` uses TLS from the
            first byte; with both no message is sent unencrypted. ``when_offered`` uses STARTTLS
            if the server offers it, which an active attacker can prevent; ``never`` is plain.
            By default ``required``, for a server on this machine ``when_offered``.
        smtp_ca_file: Certificates of the authorities that may sign the server's, in place of
            the system's.
        smtp_within_s: Deadline of one message, in seconds.
    """

    smtp_host: str = ""
    smtp_port: int = Field(25, ge=1, le=65535)
    smtp_encryption: Annotated[Encryption, Field(default_factory=_default_encryption)]
    smtp_ca_file: FilePath | None = None
    smtp_user: str | None = None
    smtp_password: SecretStr | None = None
    smtp_within_s: float = Field(30.0, gt=0)

    @model_validator(mode="after")
    def _check_credentials(self) -> Self:
        if not self.smtp_user:
            return self
        prefix = self.model_config.get("env_prefix", "")
        if self.smtp_encryption in {"when_offered", "never"}:
            raise ValueError(
                f"{prefix}SMTP_USER (smtp_user) needs {prefix}SMTP_ENCRYPTION (smtp_encryption) "
                "required or from_the_start"
            )
        if self.smtp_password is None or not self.smtp_password.get_secret_value():
            raise ValueError(f"{prefix}SMTP_USER (smtp_user) needs {prefix}SMTP_PASSWORD")
        return self


@dataclass(frozen=True, slots=True)
class SendOutcome:
    """Outcome of one attempt to send a message.

    Attributes:
        result: ``accepted``: the server has it. ``refused``: permanent failure.
            ``deferred``: temporary failure. ``unreachable``: the server does not have it and
            accepts no other message now either. ``unknown``: the server may have it.
        reason: Code of the reason for any result but ``accepted``.
        provider_id: Id of the message at the server, if known.
    """

    result: Literal["accepted", "refused", "deferred", "unreachable", "unknown"]
    reason: str = ""
    provider_id: str | None = None

    @property
    def state(self) -> AttemptState:
        """State of a message that is sent once."""
        return _STATES[self.result]


class StartTlsNotOfferedError(SMTPException):
    """The server offers no STARTTLS, or an attacker removed the offer."""


def classify_failure(step: SmtpStep, code: int | None) -> SendOutcome:
    """Return the outcome for a message whose SMTP dialogue failed.

    A refusal of the connection or the sender concerns the router, so every other message would
    fail as well. Without a reply to the content, the server may or may not have the message.
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
    """One connection to the mail server, kept open; ``sender`` is the default envelope sender."""

    def __init__(self, settings: SmtpSettings, sender: str) -> None:
        self._settings = settings
        self._sender = sender
        self._smtp: SMTP | None = None

    async def connect(self) -> str | None:
        """Connect unless connected; return the reason of a failure, or None."""
        try:
            async with asyncio.timeout(self._settings.smtp_within_s):
                await self._connected()
        except (SMTPException, OSError) as error:
            return _failure("connection", error).reason
        return None

    async def send(
        self, mailbox: str, message: bytes, *, returns_to: str | None = None
    ) -> SendOutcome:
        """Send one message, with an optional envelope sender for bounces; no failure raises."""
        step: SmtpStep = "connection"
        try:
            async with asyncio.timeout(self._settings.smtp_within_s):
                smtp = await self._connected()
                step = "sender"
                await smtp.mail(returns_to or self._sender)
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
        smtp = _client(self._settings, self._sender)
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


def _client(settings: SmtpSettings, sender: str) -> SMTP:
    ca_file = settings.smtp_ca_file
    return SMTP(
        hostname=settings.smtp_host,
        port=settings.smtp_port,
        local_hostname=sender.rpartition("@")[2],
        timeout=settings.smtp_within_s,
        use_tls=settings.smtp_encryption == "from_the_start",
        start_tls=None if settings.smtp_encryption == "when_offered" else False,
        tls_context=ssl.create_default_context(cafile=ca_file) if ca_file else None,
    )


async def _open(smtp: SMTP, settings: SmtpSettings) -> None:
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
async def open_mailers(
    settings: SmtpSettings, sender: str, count: int
) -> AsyncGenerator[list[SmtpMailer]]:
    """Yield mailers; each connects on first use."""
    mailers = [SmtpMailer(settings, sender) for _ in range(count)]
    try:
        yield mailers
    finally:
        await asyncio.gather(*(mailer.close() for mailer in mailers))
