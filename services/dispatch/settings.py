"""Dispatch's settings, read once from the environment."""

from pydantic_settings import SettingsConfigDict

from shared.runtime.settings import ServiceSettings


class DispatchSettings(ServiceSettings):
    """Dispatch's own variables start with ``DISPATCH_``."""

    model_config = SettingsConfigDict(env_prefix="DISPATCH_", frozen=True)
