"""Settings of notify, read from the environment."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, FilePath, SecretStr, model_validator
from pydantic_settings import SettingsConfigDict

from shared.runtime.encryption import is_loopback
from shared.runtime.settings import LongSecret, ServiceSettings

Encryption = Literal["when_offered", "required", "from_the_start", "never"]


def _default_encryption(given: Mapping[str, Any]) -> Encryption:
    return "when_offered" if is_loopback(given.get("smtp_host", "")) else "required"


class NotifySettings(ServiceSettings):
    """Settings of notify; each name has the prefix ``NOTIFY_``.

    Attributes:
        contact_key: Secret key of the hash that stands for a person in events; 16 characters or
            more.
        public_url: Base URL of the router's public pages; messages link to it.
        sender: Sender address of all messages.
        smtp_host: Host name of the mail server.
        smtp_port: Port of the mail server.
        smtp_encryption: ``required`` insists on STARTTLS, ``from_the_start`` speaks TLS from the
            first byte; with both no message goes out unencrypted. ``when_offered`` uses STARTTLS
            if the server offers it, which an attacker on the way can prevent; ``never`` is plain.
            By default ``required``, for a server on this machine ``when_offered``.
        smtp_ca_file: Certificates of the authorities that may vouch for the server, in place of
            the system's.
        smtp_user: User name, if the server requires one.
        smtp_password: Password of that user.
        smtp_connections: Messages sent in parallel, each over its own connection; 1 to 50.
        smtp_within_s: Deadline of one SMTP hand-over, in seconds. A delivery's lease is twice as
            long; when it expires without a result, the delivery counts as unknown.
    """

    model_config = SettingsConfigDict(env_prefix="NOTIFY_", frozen=True)

    contact_key: LongSecret
    public_url: Annotated[str, Field(pattern=r"^https?://[^\s/]+(/[^\s]*)?$")]
    sender: Annotated[str, Field(pattern=r"^[^@\s<>,;]+@[^@\s<>,;]+$")]
    smtp_host: str
    smtp_port: Annotated[int, Field(ge=1, le=65535)]
    smtp_encryption: Annotated[Encryption, Field(default_factory=_default_encryption)]
    smtp_ca_file: FilePath | None = None
    smtp_user: str | None = None
    smtp_password: SecretStr | None = None
    smtp_connections: Annotated[int, Field(ge=1, le=50)] = 8
    smtp_within_s: Annotated[float, Field(gt=0)] = 30.0

    @model_validator(mode="after")
    def _check_credentials(self) -> Self:
        if not self.smtp_user:
            return self
        if self.smtp_encryption in {"when_offered", "never"}:
            raise ValueError(
                "NOTIFY_SMTP_USER (smtp_user) needs NOTIFY_SMTP_ENCRYPTION (smtp_encryption) "
                "required or from_the_start"
            )
        if self.smtp_password is None or not self.smtp_password.get_secret_value():
            raise ValueError("NOTIFY_SMTP_USER (smtp_user) needs NOTIFY_SMTP_PASSWORD")
        return self
