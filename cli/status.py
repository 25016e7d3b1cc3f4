"""``route311 status``: how far each service is, what waits, what was parked, how the cases are."""

import asyncio
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import asyncpg
import typer
from rich.console import Console
from rich.table import Table

from cli.connection import DataOption, JsonOption, find_admin_dsn, find_kafka
from cli.stack import DEFAULT_DATA
from services.triage.surges.gauges import WATCHER
from shared.contract.topics import DEAD_LETTERS, INTAKE_REQUESTS, INTAKE_REQUESTS_EXPRESS
from shared.runtime.kafka import Partition
from shared.runtime.kafka.reader import OffsetRanges, committed_offsets, offset_bounds
from shared.runtime.migrate import SERVICES

_POSITIONS = "SELECT topic, partition, next_offset FROM {}.consumer_offset"
_OUTBOX = """
    SELECT count(*) AS waiting, coalesce(extract(epoch FROM now() - min(created_at)), 0) AS oldest_s
      FROM {}.outbox WHERE NOT published
"""
_CASES = """
    SELECT status, level, count(*) AS cases
      FROM dispatch.cases GROUP BY status, level ORDER BY status, level
"""


@dataclass(frozen=True, slots=True)
class ServiceStatus:
    """One service.

    Attributes:
        lag: Messages by topic that it has not handled yet.
        outbox: Messages of its own that wait for Kafka.
        oldest_s: How long the oldest of them waits, in seconds.
    """

    lag: dict[str, int]
    outbox: int
    oldest_s: float


@dataclass(frozen=True, slots=True)
class RouterStatus:
    """The whole router; ``cases`` counts by status and priority, ``parked`` by topic."""

    services: dict[str, ServiceStatus]
    parked: dict[str, int]
    cases: list[dict[str, Any]]


def status(data: DataOption = DEFAULT_DATA, json_output: JsonOption = False) -> None:
    """Show lag, outboxes, dead letters, and cases by status and priority."""
    found = asyncio.run(_read(find_kafka(data), find_admin_dsn(data)))
    if json_output:
        typer.echo(json.dumps(asdict(found)))
    else:
        _show(found, Console(highlight=False))


async def _read(bootstrap: str, admin_dsn: str) -> RouterStatus:
    bounds = await offset_bounds(bootstrap)
    watcher = _lag(await _positions_of_watcher(bootstrap, bounds), bounds)
    connection = await asyncpg.connect(admin_dsn)
    try:
        services = {name: await _service(connection, name, bounds) for name in SERVICES}
        services[WATCHER] = ServiceStatus(watcher, 0, 0.0)
        cases = [dict(row) for row in await connection.fetch(_CASES)]
    finally:
        await connection.close()
    return RouterStatus(services, _parked(bounds), cases)


async def _service(
    connection: "asyncpg.Connection[asyncpg.Record]",
    name: str,
    bounds: OffsetRanges,
) -> ServiceStatus:
    positions = {
        Partition(row["topic"], row["partition"]): row["next_offset"]
        for row in await connection.fetch(_POSITIONS.format(name))
    }
    waiting = await connection.fetchrow(_OUTBOX.format(name))
    assert waiting is not None  # noqa: S101 - a count always has its row
    oldest_s = round(float(waiting["oldest_s"]), 1)
    return ServiceStatus(_lag(positions, bounds), waiting["waiting"], oldest_s)


async def _positions_of_watcher(
    bootstrap: str, bounds: OffsetRanges
) -> dict[Partition, int | None]:
    """Return where the surge watcher goes on; it keeps that in Kafka and not in the database."""
    known = await committed_offsets(bootstrap, WATCHER)
    lanes = (INTAKE_REQUESTS.name, INTAKE_REQUESTS_EXPRESS.name)
    return {place: known.get(place) for place in bounds if place.topic in lanes}


def _lag(positions: Mapping[Partition, int | None], bounds: OffsetRanges) -> dict[str, int]:
    """Return what waits by topic, where anything does."""
    lag: Counter[str] = Counter()
    for place, at in positions.items():
        first, end = bounds.get(place, (0, 0))
        lag[place.topic] += max(0, end - (first if at is None else at))
    return {topic: count for topic, count in lag.items() if count}


def _parked(bounds: OffsetRanges) -> dict[str, int]:
    parked: dict[str, int] = {}
    for partition, (first, end) in bounds.items():
        if partition.topic.endswith(DEAD_LETTERS) and end > first:
            parked[partition.topic] = parked.get(partition.topic, 0) + end - first
    return parked


def _show(found: RouterStatus, console: Console) -> None:
    table = Table("service", "behind by", "outbox", "oldest waits", box=None, padding=(0, 2))
    for name, service in found.services.items():
        behind = ", ".join(f"{topic} {count:,}" for topic, count in service.lag.items()) or "0"
        table.add_row(name, behind, f"{service.outbox:,}", f"{service.oldest_s:.0f} s")
    console.print(table)
    parked = ", ".join(f"{topic} {count:,}" for topic, count in found.parked.items())
    console.print(f"parked: {parked or 'nothing'}")
    levels = sorted({row["level"] for row in found.cases})
    by_status = Table("cases", *levels, box=None, padding=(0, 2))
    for case_status in dict.fromkeys(row["status"] for row in found.cases):
        counts = {r["level"]: r["cases"] for r in found.cases if r["status"] == case_status}
        by_status.add_row(case_status, *(f"{counts.get(level, 0):,}" for level in levels))
    console.print(by_status)
