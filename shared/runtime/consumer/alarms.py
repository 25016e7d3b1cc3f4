"""Logs and metrics of a consumer."""

import structlog

from shared.errors import TooManyDeadLettersError
from shared.runtime.clock import utc_now
from shared.runtime.consumer.crashes import CrashCounter
from shared.runtime.kafka import PositionLostError
from shared.runtime.ops import metrics

log = structlog.get_logger()


def show_crashes(consumer: str, counter: CrashCounter) -> None:
    """Log the records that were in progress when a process died, as found at a claim."""
    for partition, work in counter.suspects.items():
        log.warning(
            "crash_found",
            consumer=consumer,
            before=f"{partition.topic}/{partition.partition}/{work.until}",
            crashes=work.crashes,
        )


def show_blocked(consumer: str, counter: CrashCounter, blocked: str | None) -> None:
    """Set the gauges of crashes and of the reason, if any, why a consumer cannot continue."""
    crashes = [work.crashes for work in counter.suspects.values()]
    metrics.CRASHES.labels(consumer).set(max(crashes, default=0))
    metrics.BLOCKED.labels(consumer).set(blocked is not None)


def show_lost(consumer: str, error: PositionLostError) -> None:
    """Log and count the partitions whose position the broker does not have."""
    for partition in error.partitions:
        metrics.POSITION_LOST.labels(partition.topic, str(partition.partition)).inc()
    log.error("position_lost", consumer=consumer, reason=str(error))


def show_ended(consumer: str, error: TooManyDeadLettersError) -> None:
    """Log and count the end of a consumer at its dead-letter limit."""
    metrics.DEAD_LETTER_LIMIT.labels(consumer).inc()
    log.error("consumer_ended", consumer=consumer, reason=str(error))


def show_lag(consumer: str, lag: int, deferred: int, *, moved: bool) -> None:
    """Set the gauges of waiting records; ``moved`` when records were handled since."""
    metrics.LAG.labels(consumer).set(lag)
    metrics.DEFERRED.labels(consumer).set(deferred)
    if moved or not lag:
        metrics.PROGRESS.labels(consumer).set(utc_now().timestamp())
