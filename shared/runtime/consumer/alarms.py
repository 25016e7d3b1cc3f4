"""Logs and metrics about crashes and blocked consumers."""

import structlog

from shared.runtime.consumer.crashes import CrashCounter
from shared.runtime.ops import metrics

log = structlog.get_logger()


def show_crashes(consumer: str, counter: CrashCounter) -> None:
    """Log what was in progress when a process died, as found at a claim."""
    for partition, work in counter.suspects.items():
        log.warning(
            "crash_found",
            consumer=consumer,
            before=f"{partition.topic}/{partition.partition}/{work.until}",
            crashes=work.crashes,
        )


def show_blocked(consumer: str, counter: CrashCounter, blocked: str | None) -> None:
    """Set the gauges of a consumer.

    Args:
        consumer: Its name.
        counter: Its crashes.
        blocked: The reason why it cannot go on, if it cannot.
    """
    crashes = [work.crashes for work in counter.suspects.values()]
    metrics.CRASHES.labels(consumer).set(max(crashes, default=0))
    metrics.BLOCKED.labels(consumer).set(blocked is not None)
