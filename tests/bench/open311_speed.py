"""How long Open311's lists take: ``python -m tests.bench.open311_speed [--requests 1000000]``.

A table of made-up requests of a year, with a case each, is filled by SQL; then each filter is asked
for many times with changing values, as the service asks.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from statistics import median, quantiles

import asyncpg

from deploy.local.postgres import admin_dsn, running_postgres
from deploy.local.site import open_site
from services.intake.channels.listing.query import Cursor, public_codes
from services.intake.channels.listing.store import PostgresListedRequests
from services.intake.channels.open311.form import Parameters
from services.intake.channels.open311.query import read_query
from services.intake.public_status.store import give_public_ids
from shared.catalogue import Jurisdiction, load_catalogue
from shared.runtime.clock import utc_now
from shared.runtime.migrate import migrate
from shared.runtime.postgres import Database, open_database
from tests.support.temporary_folders import open_to_postgres

CITY = "portland.gov"
WEST, SOUTH, EAST, NORTH = -122.84, 45.43, -122.47, 45.65
AT_ONCE = 100_000
WARM_UP = 10
# Few kinds make most requests; four fifths are closed, the newest seldom.
FILL = """
    WITH made AS (
        SELECT gen_random_uuid() AS request_id, gen_random_uuid() AS case_id, n,
               $2::timestamptz - random() * interval '365 days' AS submitted_at,
               ($3::text[])[1 + floor(power(random(), 3) * cardinality($3::text[]))] AS code,
               random() < 0.8 AS is_closed,
               45.43 + random() * 0.22 AS latitude, -122.84 + random() * 0.37 AS longitude
          FROM generate_series($1::bigint, $1::bigint + $4 - 1) AS n),
    kept AS (
        INSERT INTO requests (request_id, tracking_number, jurisdiction, service_code, submitted_at,
                              address, latitude, longitude, decided_at, outcome, case_id, joined_at)
        SELECT request_id, 'N' || n, 'portland.gov', code, submitted_at, '1220 SW 5th Ave',
               latitude, longitude, submitted_at, 'new', case_id, submitted_at FROM made),
    stepped AS (
        INSERT INTO case_steps (case_id, version, status, taken_at, bureau)
        SELECT case_id, 2, CASE WHEN is_closed THEN 'completed' ELSE 'open' END,
               least($2, submitted_at + random() * interval '30 days'), 'PBOT-MAINT' FROM made)
    INSERT INTO listed_requests (request_id, jurisdiction, service_code, submitted_at, updated_at,
                                 is_open, latitude, longitude, case_id, description)
    SELECT request_id, 'portland.gov', code, submitted_at,
           least($2, submitted_at + random() * interval '30 days'), NOT is_closed, latitude,
           longitude, case_id, repeat('Pothole in the right lane. ', 5)
      FROM made ORDER BY submitted_at
"""
SIZES = """
    SELECT relname, pg_relation_size(oid) AS bytes
      FROM pg_class
     WHERE relname LIKE 'listed_requests%' AND relkind IN ('r', 'i')
     ORDER BY relname
"""

Draw = Callable[[], dict[str, str]]


def tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def stamp(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def box(rng: Random, degrees: float) -> str:
    west, south = rng.uniform(WEST, EAST - degrees), rng.uniform(SOUTH, NORTH - degrees)
    return f"{west},{south},{west + degrees},{south + degrees}"


def quarter(rng: Random, now: datetime) -> dict[str, str]:
    begins = now - timedelta(days=rng.uniform(90, 365))
    return {"start_date": stamp(begins), "end_date": stamp(begins + timedelta(days=89))}


def filters(rng: Random, now: datetime, codes: Sequence[str]) -> dict[str, Draw]:
    """Return how the parameters of each kind of call are drawn."""
    most, least = codes[:10], codes[-10:]
    return {
        "nothing": dict,
        "dates": lambda: quarter(rng, now),
        "status=open": lambda: {"status": "open"},
        "status=closed and dates": lambda: {"status": "closed"} | quarter(rng, now),
        "a frequent kind": lambda: {"service_code": rng.choice(most)},
        "a rare kind": lambda: {"service_code": rng.choice(least)},
        "20 kinds, open": lambda: {
            "service_code": ",".join(rng.sample(list(codes), 20)),
            "status": "open",
        },
        "30 kinds": lambda: {"service_code": ",".join(rng.sample(list(codes), 30))},
        "box of 500 m": lambda: {"bbox": box(rng, 0.005)},
        "box of 5 km, closed": lambda: {"bbox": box(rng, 0.05), "status": "closed"},
        "box of the city": lambda: {"bbox": f"{WEST},{SOUTH},{EAST},{NORTH}"},
        "box of the Earth": lambda: {"bbox": "-180,-90,180,90"},
        "a large box elsewhere": lambda: {"bbox": "0,0,100,80"},
        "box of 1 km, a rare kind": lambda: {
            "bbox": box(rng, 0.01),
            "service_code": rng.choice(least),
        },
        "updated in a day": lambda: {
            "updated_after": stamp(now - timedelta(days=rng.uniform(1, 30))),
        },
        "updated in 90 days, a rare kind": lambda: {
            "updated_after": stamp(now - timedelta(days=89)),
            "service_code": rng.choice(least),
        },
        "updated in 90 days, 500 m": lambda: {
            "updated_after": stamp(now - timedelta(days=89)),
            "bbox": box(rng, 0.005),
        },
        "the last page by number": lambda: {"page": "21"},
        "the last page, a frequent kind": lambda: {
            "page": "21",
            "service_code": rng.choice(most),
        },
        "page behind a link": lambda: {
            "after": Cursor(
                now - timedelta(days=rng.uniform(1, 89)), "0197a1b2-c3d4-7000-8000-000000000009"
            ).encode()
        },
    }


async def main(count: int, rounds: int, page_size: str) -> None:
    """Fill the table and measure."""
    city = load_catalogue().jurisdictions[CITY]
    with open_to_postgres("open311") as data:
        async with open_site(data) as site, running_postgres(site) as process:
            dsn, now = admin_dsn(site, process), utc_now()
            await migrate(dsn)
            async with open_database(dsn, "intake") as db:
                await fill(db, count, now, public_codes(city))
            schema = {"search_path": "intake"}
            async with asyncpg.create_pool(
                dsn, min_size=1, max_size=1, server_settings=schema
            ) as pool:
                clock = Clock(await pool.fetchval("SELECT pg_backend_pid()"))
                requests = PostgresListedRequests(
                    pool,
                    partial(give_public_ids, pool),  # type: ignore[arg-type] # a pool executes as well
                )
                await measure(requests, clock, city, now, rounds, page_size)


class Clock:
    """Milliseconds of wall time and of CPU time, that of the server's process included.

    The CPU time of a call is what it would take on a machine that does nothing else.
    """

    def __init__(self, server: int) -> None:
        self._schedstat = Path(f"/proc/{server}/schedstat")
        self.begin()

    def begin(self) -> None:
        self._wall, self._cpu = self._now()

    def took(self) -> tuple[float, float]:
        wall, cpu = self._now()
        return wall - self._wall, cpu - self._cpu

    def _now(self) -> tuple[float, float]:
        server_ms = int(self._schedstat.read_text().split()[0]) / 1e6
        return time.perf_counter() * 1000, time.process_time() * 1000 + server_ms


async def fill(db: Database, count: int, now: datetime, codes: Sequence[str]) -> None:
    """Fill the tables, and print their size."""
    for first in range(0, count, AT_ONCE):
        await db.execute(FILL, first, now, codes, min(AT_ONCE, count - first))
        sys.stderr.write(f"{first + AT_ONCE:,} requests" + "\n")
    for table in ("requests", "case_steps", "listed_requests"):
        await db.execute(f"VACUUM ANALYZE {table}")
    await db.execute("CHECKPOINT")
    sizes = await db.fetch(SIZES)
    for relation, size in sizes:
        tell(f"{relation:<36}{size / 2**20:8.0f} MiB")
    total = sum(size for _, size in sizes)
    tell(f"{'together':<36}{total / 2**20:8.0f} MiB, {total / count:,.0f} bytes a request\n")


async def measure(  # noqa: PLR0913, PLR0917 - what a run is made of
    requests: PostgresListedRequests,
    clock: Clock,
    city: Jurisdiction,
    now: datetime,
    rounds: int,
    size: str,
) -> None:
    """Print the latency of each kind of call."""
    rng, codes = Random(311), public_codes(city)
    tell(f"{'filter':<36}{'requests':>9}{'wall ms':>9}{'p99':>8}{'CPU ms':>9}{'p99':>8}")
    for name, draw in filters(rng, now, codes).items():
        took, found = [], 0
        for number in range(WARM_UP + rounds):
            parameters = Parameters.of(({"page_size": size} | draw()).items())
            query = read_query(parameters, city, now)
            clock.begin()
            page = await requests.page(query)
            if number >= WARM_UP:
                took.append(clock.took())
                found += len(page)
        show(name, found / rounds, took)
    took = []
    for _ in range(rounds):
        numbers = [f"N{rng.randrange(100_000)}" for _ in range(100)]
        clock.begin()
        await requests.by_names(city.id, codes, numbers)
        took.append(clock.took())
    show("100 numbers", 100, took)


def show(name: str, found: float, took: Sequence[tuple[float, float]]) -> None:
    figures = [
        f"{median(times):9.1f}{quantiles(times, n=100)[-1]:8.1f}"
        for times in zip(*took, strict=True)
    ]
    tell(f"{name:<36}{found:9,.0f}{''.join(figures)}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--page-size", default="100")
    options = parser.parse_args()
    asyncio.run(main(options.requests, options.rounds, options.page_size))
