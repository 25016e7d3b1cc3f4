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
    "aiohttp.server": "CRITICAL",  # its messages quote requests; ours are safe
    "mail.log": "CRITICAL",  # aiosmtpd's, which quotes each line of a connection
    AUDIT: "INFO",
}

# Libraries whose messages name brokers, topics and tasks, and nothing of a record.
_WITH_VALUES = frozenset({"aiokafka", "faust", "mode"})

_FORMAT_TRACEBACKS = structlog.processors.ExceptionRenderer(as_fields)


def _without_values(record: logging.LogRecord) -> bool:
    """Accept every record, a library's as its template alone: its arguments may hold personal data.

    It works on the handler, so that it holds for a logger that a library sets up later, too.
    """
    is_ours = isinstance(record.msg, dict)  # structlog's; all of ours are
    if not is_ours and record.name.partition(".")[0] not in _WITH_VALUES:
        record.args = None
    return True


def configure_logging(service: str, level: str) -> None:
    """Send every log record, ours and the libraries', to stdout, uncaught errors included.

    The format is JSON, or aligned columns when stdout is a terminal. In JSON an error is a list of
    objects with its type, its stack and its causes.
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
        "filters": {"values": {"()": lambda: _without_values}},
        "handlers": {
            "stdout": {
                "class": "logging.StreamHandler",
                "stream": "ext://sys.stdout",
                "formatter": "line",
                "filters": ["values"],
            }
        },
        "root": {"level": level, "handlers": ["stdout"]},
        "loggers": {name: {"level": level} for name, level in _LEVELS.items()},
    }
