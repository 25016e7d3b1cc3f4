"""Settings of notify, read from the environment."""

from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import SettingsConfigDict

from shared.runtime.settings import ServiceSettings

Encryption = Literal["when_offered", "required", "from_the_start", "never"]


class NotifySettings(ServiceSettings):
    """Settings of notify; each name has the prefix ``NOTIFY_``.

    Attributes:
        contact_key: Secret key of the hash that stands for a person in events.
        public_url: Base URL of the router's public pages; messages link to it.
        sender: Sender address of all messages.
        smtp_host: Host name of the mail server.
        smtp_port: Port of the mail server.
        smtp_encryption: ``when_offered`` uses STARTTLS if the server offers it, ``required``
            insists on it, ``from_the_start`` speaks TLS from the first byte.
        smtp_user: User name, if the server requires one.
        smtp_password: Password of that user.
        smtp_connections: Messages sent in parallel, each over its own connection; 1 to 50.
        smtp_within_s: Deadline of one SMTP hand-over, in seconds. A delivery's lease is twice as
            long; when it expires without a result, the delivery counts as unknown.
    """

    model_config = SettingsConfigDict(env_prefix="NOTIFY_", frozen=True)

    contact_key: Annotated[SecretStr, Field(min_length=16)]
    public_url: Annotated[str, Field(pattern=r"^https?://[^\s/]+(/[^\s]*)?$")]
    sender: Annotated[str, Field(pattern=r"^[^@\s<>,;]+@[^@\s<>,;]+$")]
    smtp_host: str
    smtp_port: Annotated[int, Field(ge=1, le=65535)]
    smtp_encryption: Encryption = "when_offered"
    smtp_user: str | None = None
    smtp_password: SecretStr | None = None
    smtp_connections: Annotated[int, Field(ge=1, le=50)] = 8
    smtp_within_s: Annotated[float, Field(gt=0)] = 30.0

    @model_validator(mode="after")
    def _require_encryption_for_credentials(self) -> Self:
        if self.smtp_user and self.smtp_encryption in {"when_offered", "never"}:
            raise ValueError("smtp_user needs smtp_encryption required or from_the_start")
        return self
