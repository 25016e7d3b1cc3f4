"""``route311 status``: lag, outboxes, dead letters, crash loops, cases and resident feedback."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import typer
from rich.console import Console

from cli.connection import DEFAULT_DATA, DataOption, JsonOption, find_kafka, find_operations_dsn
from cli.terminal import print_found, show_table
from services.triage.surges.gauges import WATCHER
from shared.contract.topic import DEAD_LETTERS
from shared.contract.topics import TRIAGE_REPORT_COUNTS
from shared.runtime.consumer.crashes import MAX_CRASHES, load_crash_loops
from shared.runtime.kafka import Partition
from shared.runtime.kafka.admin import committed_offsets
from shared.runtime.kafka.reader import OffsetRanges, offset_bounds
from shared.runtime.kafka_access import KafkaAccess
from shared.runtime.migrate import SERVICES
from shared.runtime.postgres import Database, open_database

_POSITIONS = "SELECT topic, partition, next_offset FROM {}.consumer_offset"
_OUTBOX = """
    SELECT coalesce(sum(records), 0) AS waiting,
           coalesce(extract(epoch FROM now() - min(created_at)), 0) AS oldest_s
      FROM {}.outbox_waiting
"""
_CASES = """
    SELECT status, level, count(*) AS cases
      FROM dispatch.cases GROUP BY status, level ORDER BY status, level
"""
_FEEDBACK = """
    SELECT lead_bureau AS bureau, count(*) FILTER (WHERE what = 'said_fixed') AS fixed,
           count(*) FILTER (WHERE what = 'said_not_fixed') AS not_fixed
      FROM dispatch.history JOIN dispatch.cases USING (case_id)
     WHERE what IN ('said_fixed', 'said_not_fixed')
     GROUP BY lead_bureau ORDER BY lead_bureau
"""
_CONTACT_KEYS = """
    SELECT coalesce(secret_id, 'unknown') AS secret, count(*) AS keys
      FROM notify.contact_keys GROUP BY secret_id ORDER BY keys DESC
"""


@dataclass(frozen=True, slots=True)
class ServiceStatus:
    """State of one service: lag by topic, and number and age of unpublished messages."""

    lag: dict[str, int]
    outbox: int
    oldest_s: float


@dataclass(frozen=True, slots=True)
class CrashLoopView:
    """A service that crashes at the same record on every start; ``seconds`` since the last one."""

    service: str
    record: str
    crashes: int
    seconds: float


@dataclass(frozen=True, slots=True)
class RouterStatus:
    """State of the router."""

    services: dict[str, ServiceStatus]
    parked: dict[str, int]  # number of dead letters by topic
    cases: list[dict[str, Any]]  # rows of `status`, `level` and `cases`, their number
    # Rows of `bureau`, `fixed` and `not_fixed`: numbers of residents' answers.
    feedback: list[dict[str, Any]]
    crash_loops: list[CrashLoopView]
    contact_keys: dict[str, int]  # number of people's keys by the id of the secret that wraps them


def status(data: DataOption = DEFAULT_DATA, json_output: JsonOption = False) -> None:
    """Show lag, outboxes, dead letters, and cases by status and priority.

    Exit code 1 while a service is in a crash loop.

    Example: `route311 status --json`
    """
    found = asyncio.run(_read(find_kafka(data), find_operations_dsn(data)))
    print_found(asdict(found), partial(_show, found), as_json=json_output)
    if found.crash_loops:
        raise typer.Exit(1)


async def _read(access: KafkaAccess, dsn: str) -> RouterStatus:
    bounds = await offset_bounds(access)
    watcher_lag = _lag(await _watcher_positions(access, bounds), bounds)
    async with open_database(dsn) as connection:
        services = {name: await _service(connection, name, bounds) for name in SERVICES}
        services[WATCHER] = ServiceStatus(watcher_lag, 0, 0.0)
        crash_loops = await _crash_loops(connection)
        cases = [dict(row) for row in await connection.fetch(_CASES)]
        feedback = [dict(row) for row in await connection.fetch(_FEEDBACK)]
        keys = {row["secret"]: row["keys"] for row in await connection.fetch(_CONTACT_KEYS)}
    return RouterStatus(services, _parked(bounds), cases, feedback, crash_loops, keys)


async def _service(connection: Database, name: str, bounds: OffsetRanges) -> ServiceStatus:
    positions = {
        Partition(row["topic"], row["partition"]): row["next_offset"]
        for row in await connection.fetch(_POSITIONS.format(name))
    }
    waiting = await connection.fetchrow(_OUTBOX.format(name))
    assert waiting is not None  # noqa: S101 - a count always has its row
    oldest_s = round(float(waiting["oldest_s"]), 1)
    return ServiceStatus(_lag(positions, bounds), waiting["waiting"], oldest_s)


async def _crash_loops(db: Database) -> list[CrashLoopView]:
    return [
        CrashLoopView(
            service,
            f"{loop.partition.topic}/{loop.partition.partition}/{loop.offset}",
            loop.crashes,
            round(loop.seconds, 1),
        )
        for service in SERVICES
        for loop in await load_crash_loops(db, service)
    ]


async def _watcher_positions(
    access: KafkaAccess, bounds: OffsetRanges
) -> dict[Partition, int | None]:
    """Return the offsets of the surge watcher, which commits them to Kafka."""
    committed = await committed_offsets(access, WATCHER)
    return {p: committed.get(p) for p in bounds if p.topic == TRIAGE_REPORT_COUNTS.name}


def _lag(positions: Mapping[Partition, int | None], bounds: OffsetRanges) -> dict[str, int]:
    """Return the lag by topic; topics without lag are left out."""
    lag: Counter[str] = Counter()
    for partition, next_offset in positions.items():
        first, end = bounds.get(partition, (0, 0))
        lag[partition.topic] += max(0, end - (first if next_offset is None else next_offset))
    return {topic: count for topic, count in lag.items() if count}


def _parked(bounds: OffsetRanges) -> dict[str, int]:
    parked: dict[str, int] = {}
    for partition, (first, end) in bounds.items():
        if partition.topic.endswith(DEAD_LETTERS) and end > first:
            parked[partition.topic] = parked.get(partition.topic, 0) + end - first
    return parked


def crash_loop_text(loop: CrashLoopView) -> str:
    """Return a crash loop as text, with the command that ends it."""
    return (
        f"CRASH LOOP: {loop.service} died {loop.crashes} times at {loop.record}, last "
        f"{loop.seconds:.0f} s ago. It dead-letters the record when it starts after crash "
        f"{MAX_CRASHES}; to do so now:\n"
        f"  route311 skip {loop.record} --service {loop.service} --reason TEXT"
    )


def _show(found: RouterStatus, console: Console) -> None:
    for loop in found.crash_loops:
        console.print(crash_loop_text(loop), style="bold", soft_wrap=True, markup=False)
    services = [
        (
            name,
            ", ".join(f"{topic} {count:,}" for topic, count in service.lag.items()) or "0",
            service.outbox,
            f"{service.oldest_s:.0f} s",
        )
        for name, service in found.services.items()
    ]
    show_table(console, ("service", "lag", "outbox", "oldest"), services)
    parked = ", ".join(f"{topic} {count:,}" for topic, count in found.parked.items())
    console.print(f"dead letters: {parked or 'none'}")
    levels = sorted({row["level"] for row in found.cases})
    counts = Counter({(row["status"], row["level"]): row["cases"] for row in found.cases})
    statuses = dict.fromkeys(row["status"] for row in found.cases)
    cases = [(name, *(counts[name, level] for level in levels)) for name in statuses]
    show_table(console, ("cases", *levels), cases, "no cases")
    if len(found.contact_keys) > 1:
        keys = ", ".join(f"{secret} {count:,}" for secret, count in found.contact_keys.items())
        console.print(f"contact keys by secret: {keys}; see `route311 notify rewrap`")
    if found.feedback:
        answers = [(row["bureau"], row["fixed"], row["not_fixed"]) for row in found.feedback]
        show_table(console, ("resident feedback", "fixed", "not fixed"), answers)
