"""Validation of the settings at start: every error is logged, without values."""

import sys
from collections.abc import Iterator
from typing import TypeVar

import structlog
from pydantic import ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings

from shared.runtime.ops.logging import configure_logging
from shared.runtime.secret_files import SecretFileError

_VALUE_ERROR = "Value error, "
_CONSEQUENCE = "default_factory_not_called"  # of another fault

log = structlog.get_logger()

S = TypeVar("S", bound=BaseSettings)


def read_settings(service: str, kind: type[S]) -> S:
    """Return the settings from the environment, or exit with a log line for each error."""
    try:
        return kind()
    except ValidationError as error:
        configure_logging(service, "INFO")
        for setting, problem in setting_faults(kind, error):
            log.error("setting_refused", setting=setting, problem=problem)  # noqa: TRY400 - a traceback adds nothing
    except SecretFileError as error:
        configure_logging(service, "INFO")
        log.error("setting_refused", problem=str(error))  # noqa: TRY400 - as above
    sys.exit(1)


def setting_faults(kind: type[BaseSettings], error: ValidationError) -> Iterator[tuple[str, str]]:
    """Yield the environment variable and the problem of each error, never the value."""
    for fault in error.errors(include_url=False, include_context=False, include_input=False):
        if fault["type"] != _CONSEQUENCE:
            message = fault["msg"].removeprefix(_VALUE_ERROR)
            yield _variable(kind, fault), "is not set" if fault["type"] == "missing" else message


def _variable(kind: type[BaseSettings], fault: ErrorDetails) -> str:
    name = str(fault["loc"][0]) if fault["loc"] else ""
    prefix = kind.model_config.get("env_prefix", "")
    return f"{prefix}{name}".upper() if name in kind.model_fields else name
