"""Settings of triage and of its surge watcher, read once from the environment."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from shared.runtime.settings import KafkaSettings, ProcessSettings, ServiceSettings


class TriageSettings(ServiceSettings):
    """Settings of the triage process; its own variables start with ``TRIAGE_``."""

    model_config = SettingsConfigDict(env_prefix="TRIAGE_", frozen=True)


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
