"""Storms of reports, as triage counts them, and the surges that follow."""

from datetime import datetime, timedelta
from typing import Any

from services.triage.outbound import to_report_counts
from shared.contract.events import Event, ReportsCounted, Request
from shared.contract.topics import TRIAGE_SURGES
from tests.support.builders import NOON, location, request
from tests.support.topic_log import TopicLog
from tests.support.waiting import eventually

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
LEAST = 10
TIMEOUT_S = 60


def tree(at: datetime = NOON, district: str = "SE", **changes: Any) -> Event:
    """Return what triage writes for a request that it decides by itself."""
    fields: dict[str, Any] = {
        "dedup_group": "tree-emergency",
        "location": location(district=district),
        "observed_at": at,
    }
    return counted(request(**(fields | changes)))


def counted(*requests: Request) -> Event:
    [counts] = to_report_counts(requests)
    return ReportsCounted.of(counts, now=NOON)


def storm(count: int, at: datetime = NOON, district: str = "SE", **rest: Any) -> list[Event]:
    return [tree(at + n * MINUTE, district, **rest) for n in range(count)]


async def surge_events(topic_log: TopicLog, district: str) -> list[Any]:
    return [e for e in await topic_log.events(TRIAGE_SURGES) if e.data.district == district]


async def read_so_far(topic_log: TopicLog, mark: str) -> None:
    """Wait until everything published before is counted.

    A storm of the same group follows in the same partition; its surge event ends the wait.
    """
    await topic_log.publish(*storm(LEAST, district=mark))
    await eventually(lambda: surge_events(topic_log, mark), TIMEOUT_S)
