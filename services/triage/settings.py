"""Settings of triage and of its surge watcher, read once from the environment."""

from pathlib import Path
from typing import Annotated

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from shared.runtime.settings import KafkaSettings, ProcessSettings, ServiceSettings


class TriageSettings(ServiceSettings):
    """Settings of the triage process; its own variables start with ``TRIAGE_``.

    Attributes:
        key_per_second: Rate limit per key holder and process, in calls per second; excess calls get
            429.
        address_per_second: Rate limit per address without a valid key, with bursts of five times
            as many calls.
    """

    model_config = SettingsConfigDict(env_prefix="TRIAGE_", frozen=True)

    key_per_second: Annotated[int, Field(ge=1)] = 20
    address_per_second: Annotated[int, Field(ge=1)] = 20


class StreamSettings(KafkaSettings, ProcessSettings):
    """Settings of the surge watcher; its own variables start with ``TRIAGE_STREAM_``.

    Attributes:
        folder: Folder of the local state tables. It may be deleted: Kafka has the changelogs.
        replication: Replication factor of the changelog topics; at least 1.
        group: Consumer group, and the prefix of the changelog topics.
    """

    model_config = SettingsConfigDict(env_prefix="TRIAGE_STREAM_", frozen=True)

    folder: Path
    replication: int = Field(default=1, ge=1)
    group: str = Field(default="triage-stream", min_length=1)
