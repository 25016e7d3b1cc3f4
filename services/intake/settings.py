"""What intake needs to know of where it runs."""

from pydantic import SecretStr
from pydantic_settings import SettingsConfigDict

from shared.runtime.settings import ServiceSettings


class IntakeSettings(ServiceSettings):
    """Settings of intake, with the prefix ``INTAKE_``.

    Attributes:
        public_url: Where residents reach intake's HTTP port; their status pages lie below it.
        reporter_key: Secret that turns reporters into references. Another key makes everybody a
            stranger.
    """

    model_config = SettingsConfigDict(env_prefix="INTAKE_", frozen=True)

    public_url: str
    reporter_key: SecretStr
