"""What notify reads from the environment."""

from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import SettingsConfigDict

from shared.runtime.settings import ServiceSettings

Encryption = Literal["when_offered", "required", "from_the_start", "never"]


class NotifySettings(ServiceSettings):
    """Settings of notify; ``NOTIFY_`` stands before each name.

    Attributes:
        contact_key: Secret under which contacts are known without being readable.
        public_url: Where residents reach the router's pages; messages link to it.
        sender: The address that messages come from.
        smtp_encryption: ``when_offered`` takes STARTTLS where the server has it, ``required``
            insists on it, ``from_the_start`` speaks TLS from the first byte.
        smtp_connections: How many messages are handed over at a time, each on its own connection.
        smtp_within_s: Seconds that one hand-over may take; twice as long after it began, one that
            nobody reported on counts as unknown.
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
    def _no_password_in_the_clear(self) -> Self:
        if self.smtp_user and self.smtp_encryption in {"when_offered", "never"}:
            raise ValueError("smtp_user needs smtp_encryption required or from_the_start")
        return self
