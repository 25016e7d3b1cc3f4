"""A whole check: wait until the router is idle, load all facts once, evaluate the invariants."""

import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

from services.triage.policy import TriagePolicy
from shared.catalogue import load_catalogue
from shared.contract.topics import adapters_among
from shared.runtime.kafka.reader import OffsetRanges, offset_bounds, read_range
from shared.runtime.kafka_access import KafkaAccess
from workbench.check.facts.events import EventReader
from workbench.check.facts.log import LogLoader
from workbench.check.facts.log_files import load_log_files
from workbench.check.facts.store import FactStore, open_store
from workbench.check.facts.tables import load_tables
from workbench.check.history import load_history
from workbench.check.invariants import INVARIANTS
from workbench.check.report import CheckReport, InvariantResult, evaluate
from workbench.check.wait_until_idle import OnProgress, no_progress, wait_until_idle

_COUNT_REQUESTS = "SELECT count(DISTINCT request_id) FROM intake_submissions"


async def check(
    access: KafkaAccess,
    dsn: str,
    *,
    history: Path | None = None,
    logs: Path | None = None,
    settle_s: float = 60,
    on_progress: OnProgress = no_progress,
) -> CheckReport:
    """Check the invariants over a router to which nothing is submitted meanwhile.

    Args:
        dsn: DSN of the operations role, or of the administrator.
        history: Observations of a test's client, as JSON Lines; without it, submissions without
            a receipt and missing dead letters of planted records cannot be found.
        logs: Folder of the services' logs; without it, contact data in logs cannot be found.
        settle_s: Seconds to wait at most until the router is idle.
        on_progress: Called as the check goes on.
    """
    began = time.perf_counter()
    async with _idle_router(access, dsn, settle_s, on_progress) as (store, bounds):
        if history is not None:
            load_history(history, store)
        if logs is not None:
            load_log_files(logs, store, on_progress)
        records = await _load_log(access, bounds, store, on_progress)
        store.build_indexes()
        results = list(_evaluate_all(store, on_progress))
        (requests,) = next(store.query(_COUNT_REQUESTS))
    return CheckReport(
        holds=all(result.holds for result in results),
        requests=int(requests or 0),
        records=records,
        seconds=round(time.perf_counter() - began, 2),
        invariants=results,
    )


@asynccontextmanager
async def _idle_router(
    access: KafkaAccess, dsn: str, within_s: float, on_progress: OnProgress
) -> AsyncGenerator[tuple[FactStore, OffsetRanges]]:
    """Yield the facts of the tables, and the bounds of the log at the same time.

    A message that falls due after the bounds were read is published behind them, so the tables are
    read again when the ends of the log have moved meanwhile.
    """
    until = time.monotonic() + within_s
    while True:
        bounds = await wait_until_idle(access, dsn, until - time.monotonic(), on_progress)
        with open_store() as store:
            on_progress("tables", 0, 1)
            await load_tables(dsn, store)
            on_progress("tables", 1, 1)
            if time.monotonic() >= until or await offset_bounds(access) == bounds:
                yield store, bounds
                return


async def _load_log(
    access: KafkaAccess, bounds: OffsetRanges, store: FactStore, on_progress: OnProgress
) -> int:
    adapters = adapters_among(partition.topic for partition in bounds)
    catalogue = load_catalogue()
    log = LogLoader(store, catalogue, EventReader(TriagePolicy(catalogue)), adapters)
    log.load_bounds(bounds)
    ranges = {p: limits for p, limits in bounds.items() if p.topic in log.topics}
    total = sum(end - first for first, end in ranges.values())
    count = 0
    async with aclosing(read_range(access, ranges)) as batches:
        async for records in batches:
            log.load(records)
            count += len(records)
            on_progress("log", count, total)
    return count


def _evaluate_all(store: FactStore, on_progress: OnProgress) -> Iterator[InvariantResult]:
    for number, invariant in enumerate(INVARIANTS):
        on_progress("invariants", number, len(INVARIANTS))
        yield evaluate(invariant, store)
    on_progress("invariants", len(INVARIANTS), len(INVARIANTS))
