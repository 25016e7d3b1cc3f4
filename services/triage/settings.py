"""Triage's settings, read once from the environment."""

from pydantic_settings import SettingsConfigDict

from shared.runtime.settings import ServiceSettings


class TriageSettings(ServiceSettings):
    """Environment variables that only triage reads start with ``TRIAGE_``."""

    model_config = SettingsConfigDict(env_prefix="TRIAGE_", frozen=True)
