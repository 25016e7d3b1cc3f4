"""Latency of a decision by the number of open reports."""

import time
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from pathlib import Path
from random import Random
from statistics import median, quantiles

from deploy.local.postgres import admin_dsn, running_postgres
from deploy.local.site import open_site
from services.triage.decisions.assessment import assess_report, case_id_for
from services.triage.decisions.resolution import resolve
from services.triage.policy import TriagePolicy
from services.triage.rules.dedup.case_index import CaseIndex
from services.triage.rules.dedup.model import Report, TriageCase
from services.triage.store.cases import PostgresTriageStore
from shared.catalogue import Catalogue, Jurisdiction, load_catalogue_with_indexes
from shared.contract.events import SubmittedRequest, new_id
from shared.contract.topics import dedup_key
from shared.runtime.clock import utc_now
from shared.runtime.migrate import migrate
from shared.runtime.postgres import Database, open_database
from shared.runtime.service import freeze_startup_objects
from shared.vocabulary import GeoPoint
from workbench.bench.load import EAST, NORTH, SOUTH, WEST
from workbench.bench.mix import Mix
from workbench.bench.stage import requests

_CITY = "portland.gov"
_SPREAD = timedelta(days=30)
_INSERT_BATCH = 10_000
_BATCH = 100
_BATCHES = 200
_US = 1e6

OnFilled = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class IndexBenchmark:
    """Result of ``bench index`` for one number of open reports; times in µs per decision.

    Attributes:
        query_us: The candidates' query, median and 99th percentile over batches.
        decide_us: That query and all rules, median and 99th percentile over batches.
        candidates: Mean number of known cases per report that the query returned.
        bytes_each: Size of table and indexes per open report.
    """

    open_reports: int
    query_us: tuple[float, float]
    decide_us: tuple[float, float]
    candidates: float
    bytes_each: float


async def measure_index(
    data: Path, counts: Sequence[int], on_filled: OnFilled
) -> list[IndexBenchmark]:
    """Fill triage's table step by step, and decide the same reports after each step.

    The reports are of all kinds and anywhere in the city, so a million of them are a hundred times
    as dense as ten thousand; ``candidates`` tells how many are near a report.

    Args:
        counts: Numbers of open reports, ascending.
        on_filled: Called with the number of open reports so far.
    """
    catalogue = load_catalogue_with_indexes()
    decided = list(requests(_BATCH * _BATCHES, catalogue, Mix.PLAIN))
    cases = _cases(catalogue.jurisdictions[_CITY])
    freeze_startup_objects()  # as every service does
    found, filled = [], 0
    async with _table(data) as db:
        for count in counts:
            while filled < count:
                await PostgresTriageStore(db).add(
                    list(islice(cases, min(_INSERT_BATCH, count - filled)))
                )
                filled = min(filled + _INSERT_BATCH, count)
                on_filled(filled)
            await db.execute("VACUUM ANALYZE cases")
            await db.execute("CHECKPOINT")  # what filling left to be written is not measured
            found.append(await _measured(db, count, decided, catalogue))
    return found


@asynccontextmanager
async def _table(data: Path) -> AsyncGenerator[Database]:
    async with open_site(data) as site, running_postgres(site) as process:
        await migrate(admin_dsn(site, process))
        async with open_database(admin_dsn(site, process), "triage") as db:
            yield db


def _cases(city: Jurisdiction) -> Iterator[TriageCase]:
    random = Random(311)  # noqa: S311 - no secret depends on it
    kinds = [kind for kind in city.services.values() if kind.dedup.radius_m and kind.dedup.window]
    while True:
        kind, request_id = random.choice(kinds), new_id()
        point = GeoPoint(random.uniform(SOUTH, NORTH), random.uniform(WEST, EAST))
        opening = Report(request_id, kind.code, utc_now() - random.random() * _SPREAD, point)
        yield TriageCase(case_id_for(request_id), dedup_key(city.id, kind.dedup.group), opening)


async def _measured(
    db: Database,
    count: int,
    decided: Sequence[SubmittedRequest],
    catalogue: Catalogue,
) -> IndexBenchmark:
    policy, store = TriagePolicy(catalogue), PostgresTriageStore(db)
    query_s, decide_s, candidates = [], [], 0
    for first in range(0, len(decided), _BATCH):
        began = time.perf_counter()
        assessed = [assess_report(request, policy) for request in decided[first : first + _BATCH]]
        query_began = time.perf_counter()
        near = list(await store.candidates([report.query for report in assessed if report.query]))
        query_s.append(time.perf_counter() - query_began)
        known = CaseIndex()
        for case in near:
            known.add(case)
        for report in assessed:
            resolve(report, known)
        decide_s.append(time.perf_counter() - began)
        candidates += len(near)
    size = await db.fetchval("SELECT pg_total_relation_size('cases')")
    return IndexBenchmark(
        count, _each(query_s), _each(decide_s), candidates / len(decided), size / count
    )


def _each(batches_s: Sequence[float]) -> tuple[float, float]:
    each = [seconds / _BATCH * _US for seconds in batches_s]
    return median(each), quantiles(each, n=100)[-1]
