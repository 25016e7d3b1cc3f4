"""Capacity planning: resources for a yearly load, from the cost of one request."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any

from shared.contract.topic import Topic
from shared.runtime.migrate import SERVICES

YEAR_S = 365 * 24 * 3600
_DAY_S = 24 * 3600
_PROCESS_LOAD = 0.6
"""Share of a core up to which a process is loaded, so that a burst does not queue up."""
_OUTBOX_DAYS = 29 / 24
_KEPT_FOR_GOOD_DAYS = 365
_TABLES_DAYS = 2
"""How long the surge watcher's tables keep a report; their topics are not in the registry."""


@dataclass(frozen=True, slots=True)
class RequestCost:
    """Cost of one request.

    Attributes:
        cpu_s: Processor time in seconds by part.
        wal_bytes: Bytes of WAL.
        table_bytes: Bytes of tables and indexes that stay.
        outbox_bytes: Bytes in outboxes, which are emptied after a day.
        topic_bytes: Bytes in Kafka by topic.
    """

    cpu_s: dict[str, float]
    wal_bytes: float
    table_bytes: float
    outbox_bytes: float
    topic_bytes: dict[str, float]


@dataclass(frozen=True, slots=True)
class Plan:
    """Resources that a router needs for a load.

    Attributes:
        mean_per_s: Requests per second on average.
        burst_per_s: Requests per second in a burst.
        mean_cores: Busy cores on average, without what idling takes.
        burst_cores: Busy cores in a burst.
        processes: Processes by service that a burst needs.
        wal_bytes_a_day: Bytes of WAL on an average day.
        table_bytes_a_year: Bytes by which tables and indexes grow.
        outbox_bytes: Bytes in outboxes.
        kafka_bytes: Bytes in Kafka, a copy each, once its retention is reached.
    """

    mean_per_s: float
    burst_per_s: float
    mean_cores: float
    burst_cores: float
    processes: dict[str, int]
    wal_bytes_a_day: float
    table_bytes_a_year: float
    outbox_bytes: float
    kafka_bytes: float


def request_cost(result: Mapping[str, Any]) -> RequestCost:
    """Return the cost of a request by the JSON object of ``bench e2e --profile``."""
    requests, profile = result["requests"], result["profile"]
    disk = dict(profile["disk_bytes"])
    outbox = disk.pop("outbox", 0)
    return RequestCost(
        {name: part["cpu_s"] / requests for name, part in profile["parts"].items()},
        profile["wal_bytes"] / requests,
        sum(disk.values()) / requests,
        outbox / requests,
        {name: volume["bytes"] / requests for name, volume in profile["topics"].items()},
    )


def plan_for(
    cost: RequestCost, a_year: int, burst_per_s: float, retention_days: Mapping[str, float]
) -> Plan:
    """Return what a load takes.

    Args:
        burst_per_s: Requests per second that must not queue up.
        retention_days: Days that a record is kept, by topic; others are the surge watcher's.
    """
    mean_per_s = a_year / YEAR_S
    a_day = mean_per_s * _DAY_S
    all_cpu_s = sum(cost.cpu_s.values())
    return Plan(
        mean_per_s,
        burst_per_s,
        mean_per_s * all_cpu_s,
        burst_per_s * all_cpu_s,
        {
            service: max(1, ceil(burst_per_s * cost.cpu_s[service] / _PROCESS_LOAD))
            for service in SERVICES
        },
        a_day * cost.wal_bytes,
        a_year * cost.table_bytes,
        a_day * _OUTBOX_DAYS * cost.outbox_bytes,
        sum(
            a_day * retention_days.get(topic, _TABLES_DAYS) * each
            for topic, each in cost.topic_bytes.items()
        ),
    )


def retention_by_topic(topics: Iterable[Topic]) -> dict[str, float]:
    """Return the days that records are kept; those of a compacted topic count as a year."""
    return {
        topic.name: topic.retention.total_seconds() / _DAY_S
        if topic.retention
        else _KEPT_FOR_GOOD_DAYS
        for topic in topics
    }
