"""The settings of triage and of its surge watcher, read once from the environment."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from shared.runtime.settings import ProcessSettings, ServiceSettings


class TriageSettings(ServiceSettings):
    """Environment variables that only triage reads start with ``TRIAGE_``."""

    model_config = SettingsConfigDict(env_prefix="TRIAGE_", frozen=True)


class StreamSettings(ProcessSettings):
    """Environment variables that only the surge watcher reads start with ``TRIAGE_STREAM_``.

    Attributes:
        folder: Where it keeps its tables; it can be deleted, Kafka holds them as well.
        replication: On how many brokers each of its own topics lies.
        group: Its consumer group, and what the names of its own topics start with.
    """

    model_config = SettingsConfigDict(env_prefix="TRIAGE_STREAM_", frozen=True)

    folder: Path
    replication: int = Field(default=1, ge=1)
    group: str = Field(default="triage-stream", min_length=1)
