"""Settings of insight, read once from the environment."""

from typing import Annotated

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from shared.runtime.settings import ServiceSettings


class InsightSettings(ServiceSettings):
    """Settings of insight; each name has the prefix ``INSIGHT_``.

    Attributes:
        key_per_second: Rate limit per key holder and process, in calls per second; excess calls get
            429.
        address_per_second: Rate limit per address without a valid key, with bursts of five times
            as many calls.
    """

    model_config = SettingsConfigDict(env_prefix="INSIGHT_", frozen=True)

    key_per_second: Annotated[int, Field(ge=1)] = 20
    address_per_second: Annotated[int, Field(ge=1)] = 20
