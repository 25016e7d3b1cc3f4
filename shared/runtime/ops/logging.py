"""Logging set-up: structlog and the standard library, one JSON line per record, to stdout."""

import logging
import logging.config
import sys

import structlog
from structlog.typing import Processor

from shared.runtime.ops.audit import LOGGER as AUDIT
from shared.runtime.ops.tracebacks import as_fields, log_uncaught

_LEVELS = {
    "aiokafka": "WARNING",
    "aiohttp.access": "WARNING",
    "aiohttp.server": "CRITICAL",  # its messages quote requests; ours say what is safe
    AUDIT: "INFO",
}
_FORMAT_TRACEBACKS = structlog.processors.ExceptionRenderer(as_fields)


def configure_logging(service: str, level: str) -> None:
    """Send every log record, ours and the libraries', to stdout, uncaught errors included.

    It is JSON, or aligned columns when stdout is a terminal. In JSON an error is a list of objects
    with its type, its stack and its causes.
    """
    is_terminal = sys.stdout.isatty()
    processors: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if not is_terminal:
        processors.append(_FORMAT_TRACEBACKS)
    renderer: Processor = (
        structlog.dev.ConsoleRenderer() if is_terminal else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *processors,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    logging.config.dictConfig(_standard_library(level, processors, renderer))
    structlog.contextvars.bind_contextvars(service=service)
    if not is_terminal:
        log_uncaught()


def _standard_library(
    level: str, processors: list[Processor], renderer: Processor
) -> dict[str, object]:
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        "foreign_pre_chain": processors,
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": formatter},
        "handlers": {
            "stdout": {
                "class": "logging.StreamHandler",
                "stream": "ext://sys.stdout",
                "formatter": "line",
            }
        },
        "root": {"level": level, "handlers": ["stdout"]},
        "loggers": {name: {"level": level} for name, level in _LEVELS.items()},
    }
