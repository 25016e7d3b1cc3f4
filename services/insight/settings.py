"""Settings of insight, read once from the environment."""

from typing import Annotated

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from shared.runtime.setting_types import EncryptedBase
from shared.runtime.settings import ServiceSettings
from shared.runtime.smtp import SmtpSettings


class InsightSettings(SmtpSettings, ServiceSettings):
    """Settings of insight; each name has the prefix ``INSIGHT_``.

    Attributes:
        key_per_second: Rate limit per key holder and process, in calls per second; excess calls get
            429.
        address_per_second: Rate limit per address without a valid key, with bursts of five times
            as many calls.
        sender: Sender address of monthly reports; they need ``smtp_host``, too.
        pages_url: Base URL of the residents' pages, which monthly reports link to.
    """

    model_config = SettingsConfigDict(env_prefix="INSIGHT_", frozen=True)

    key_per_second: Annotated[int, Field(ge=1)] = 20
    address_per_second: Annotated[int, Field(ge=1)] = 20
    sender: Annotated[str, Field(pattern=r"^([^@\s<>,;]+@[^@\s<>,;]+)?$")] = ""
    pages_url: Annotated[EncryptedBase | None, Field(validation_alias="ROUTE311_PUBLIC_URL")] = None
