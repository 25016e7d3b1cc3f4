"""Dispatch's settings, read once from the environment."""

from typing import Annotated

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from shared.runtime.setting_types import EncryptedBase, NetworkList
from shared.runtime.settings import ServiceSettings
from shared.runtime.smtp import SmtpSettings


class DispatchSettings(SmtpSettings, ServiceSettings):
    """Dispatch's own variables start with ``DISPATCH_``.

    Attributes:
        key_per_second: The most calls that one name's keys may make per second and process; excess
            ones get 429.
        address_per_second: The same for calls from one address without a valid key. Five times as
            many may come at once.
        webhook_allow: Networks that webhooks may be in besides the public ones, separated by
            commas, such as ``10.20.0.0/16``; without TLS only these.
        intake_url: Base URL of intake, to which ``POST /v1/media`` of bureaus is passed on; None
            where a proxy leads that path to intake.
        sender: Sender address of bureaus' digests; they need ``smtp_host``, too.
    """

    model_config = SettingsConfigDict(env_prefix="DISPATCH_", frozen=True)

    key_per_second: Annotated[int, Field(ge=1)] = 100
    address_per_second: Annotated[int, Field(ge=1)] = 20
    webhook_allow: NetworkList = ()
    intake_url: EncryptedBase | None = None
    sender: Annotated[str, Field(pattern=r"^([^@\s<>,;]+@[^@\s<>,;]+)?$")] = ""
