"""Settings of intake, from the environment."""

from typing import Annotated

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from shared.runtime.settings import ServiceSettings


class IntakeSettings(ServiceSettings):
    """Settings of intake, with the prefix ``INTAKE_``.

    Attributes:
        public_url: Base URL of intake's HTTP port for residents; status pages lie below it.
        reporter_key: Secret that turns reporters into pseudonyms. With another key every reporter
            is a new one.
        outbox_limit: The most messages that may wait for Kafka before submissions over HTTP get
            503. At 2 kB each the default is about 400 MB.
        accepts_per_second: The most submissions over HTTP that one process accepts per second;
            excess ones get 503. The default is a fifth of what one process could do alone on two
            cores, and sixty times the record hour of New York's 311.
        contacts_kept_days: Days that a contact is kept after its case closed; then it is erased.
            The default is as long as case events stay on their topic.
    """

    model_config = SettingsConfigDict(env_prefix="INTAKE_", frozen=True)

    public_url: str
    reporter_key: SecretStr
    outbox_limit: Annotated[int, Field(ge=1)] = 200_000
    accepts_per_second: Annotated[int, Field(ge=1)] = 500
    contacts_kept_days: Annotated[
        int, Field(ge=1, le=36_500, validation_alias="ROUTE311_CONTACTS_KEPT_DAYS")
    ] = 400
