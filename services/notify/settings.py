"""Settings of notify, read from the environment."""

from typing import Annotated

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from shared.runtime.settings import LongSecret, ServiceSettings
from shared.runtime.smtp import SmtpSettings


class NotifySettings(SmtpSettings, ServiceSettings):
    """Settings of notify; each name has the prefix ``NOTIFY_``.

    Attributes:
        contact_key: Secret key of the hash that stands for a person in events; 16 characters or
            more.
        public_url: Base URL of the router's public pages; messages link to it.
        sender: Sender address of all messages.
        smtp_host: Host name of the mail server.
        smtp_port: Port of the mail server.
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
    smtp_connections: Annotated[int, Field(ge=1, le=50)] = 8
