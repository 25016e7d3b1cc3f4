"""Speed of dispatch for bureaus: ``python -m tests.bench.dispatch_speed ways|clocks``.

``ways`` delivers events by webhook to a fast receiver, beside bare aiohttp calls with as many
connections, and reads them by feed, beside the SQL of the feed. ``clocks`` lets 100,000 clocks run
and measures dispatch's CPU and how late reminders come. Dispatch runs alone, with rows made by SQL.
"""

import argparse
import asyncio
import multiprocessing
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from statistics import quantiles
from typing import Any

import aiohttp
import asyncpg
import psutil
from aiohttp import web

from deploy.local.folder import DataFolder
from deploy.local.infrastructure import infrastructure
from deploy.local.postgres_files import remove_cluster
from deploy.local.services import Service, role_dsn, running_services
from deploy.local.supervisor import prepare_stores
from services.dispatch.store.events import _PAGE_SQL
from shared.catalogue import load_catalogue
from shared.delivery_attempts import MAX_IN_FLIGHT
from shared.runtime.clock import utc_now
from shared.runtime.postgres import open_pool
from tests.support.dispatch.http_access import open_case
from tests.support.dispatch.sinkholes import LEAD, sinkhole

PAGE = 500
COPY_EVENTS = """
    INSERT INTO bureau_events (bureau, event_id, case_id, work_order_id, level, time, payload)
    SELECT bureau, gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), level, time, payload
      FROM (SELECT * FROM bureau_events WHERE bureau = $1 ORDER BY seq LIMIT 1) AS sample,
           generate_series(1, $2)
"""
COPY_CASES = """
    CREATE TEMP TABLE made AS
        SELECT gen_random_uuid() AS case_id, n FROM generate_series(1, {count}) AS n;
    INSERT INTO cases
    SELECT copy.* FROM made, cases AS sample,
           jsonb_populate_record(sample, jsonb_build_object('case_id', made.case_id)) AS copy
     WHERE sample.case_id = (SELECT case_id FROM cases LIMIT 1);
    INSERT INTO work_orders
    SELECT copy.*
      FROM made, work_orders AS sample,
           jsonb_populate_record(sample, jsonb_build_object(
               'work_order_id', gen_random_uuid(), 'case_id', made.case_id,
               'acknowledge_soon', now() + interval '20 days',
               'acknowledge_by', now() + interval '30 days',
               'complete_soon', now() + interval '40 days',
               'complete_by', now() + interval '50 days',
               'next_reminder_at', now() + interval '20 days', 'reminded', '')) AS copy
     WHERE sample.work_order_id = (SELECT work_order_id FROM work_orders
                                    WHERE role = 'lead' LIMIT 1);
    DELETE FROM work_orders WHERE case_id NOT IN (SELECT case_id FROM made);
    DELETE FROM case_requests;
    DELETE FROM cases WHERE case_id NOT IN (SELECT case_id FROM made);
"""
MAKE_DUE = """
    WITH due AS (
        SELECT work_order_id, now() + random() * $2::interval AS at
          FROM work_orders ORDER BY work_order_id LIMIT $1)
    UPDATE work_orders AS one SET acknowledge_soon = due.at, next_reminder_at = due.at
      FROM due WHERE one.work_order_id = due.work_order_id
    RETURNING one.work_order_id, due.at
"""


@dataclass(frozen=True, slots=True)
class Alone:
    """Dispatch that runs without the other services.

    Attributes:
        url: Its HTTP port.
        operator: An operator's key.
        bureau: The key of a bureau.
        pid: Its process.
        db: Its database, as its role.
    """

    url: str
    operator: str
    bureau: str
    pid: int
    db: asyncpg.Connection


def tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


@asynccontextmanager
async def dispatch_alone() -> AsyncGenerator[Alone]:
    """Run dispatch, with one case in its tables."""
    with tempfile.TemporaryDirectory(prefix="route311-bench-") as name:
        data = Path(name) / "data"
        try:
            async with infrastructure(data, mail=False) as infra:
                keys = await prepare_stores(infra, load_catalogue().bureau_codes)
                dsn = role_dsn(infra, "dispatch")
                argv = (sys.executable, "-m", "services.dispatch")
                async with running_services(infra, [Service("dispatch", argv)]) as [process]:
                    async with open_pool(dsn) as pool:
                        await open_case(pool, sinkhole())
                    db = await asyncpg.connect(dsn)
                    url = f"http://{process.program.address}"
                    yield Alone(url, keys.operator, keys.bureaus[LEAD], process.pid or 0, db)
                    await db.close()
        finally:
            remove_cluster(DataFolder(data))


def _receive(port: "Synchronized[int]", count: "Synchronized[int]") -> None:
    async def take(request: web.BaseRequest) -> web.Response:
        await request.read()
        count.value += 1
        return web.Response(status=204)

    async def serve() -> None:
        loop = asyncio.get_running_loop()
        listener = await loop.create_server(web.Server(take), "127.0.0.1", 0)
        port.value = listener.sockets[0].getsockname()[1]
        await asyncio.Event().wait()

    asyncio.run(serve())


@contextmanager
def receiver() -> Iterator[tuple[str, Callable[[], int]]]:
    """Run a fast receiver in a process of its own; yield its URL and its number of calls."""
    context = multiprocessing.get_context("spawn")
    port, count = context.Value("i", 0), context.Value("i", 0)
    process = context.Process(target=_receive, args=(port, count))
    process.start()
    try:
        while not port.value:
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port.value}/hook", lambda: count.value
    finally:
        process.kill()
        process.join()


async def ways(events: int) -> None:
    """Measure webhooks and feed."""
    async with dispatch_alone() as alone:
        await alone.db.execute(COPY_EVENTS, LEAD, events - 1)
        await alone.db.execute("ANALYZE bureau_events")
        body = await alone.db.fetchval("SELECT payload FROM bureau_events LIMIT 1")
        with receiver() as (url, called):
            webhook = await by_webhook(alone, url, called)
            bare = await bare_calls(events, url, body)
        tell(f"webhook {webhook:,.0f}/s, bare aiohttp {bare:,.0f}/s, {MAX_IN_FLIGHT} connections:")
        tell(f"  ratio {webhook / bare:.2f}")
        feed, sql = await by_feed(alone, events), await by_sql(alone, events)
        tell(f"feed {feed:,.0f} events/s, SQL {sql:,.0f} events/s, pages of {PAGE}:")
        tell(f"  ratio {feed / sql:.2f}")


async def by_webhook(alone: Alone, url: str, called: Callable[[], int]) -> float:
    headers = {"Authorization": f"Bearer {alone.operator}"}
    path = f"/v1/bureaus/{LEAD}"
    async with aiohttp.ClientSession(alone.url, headers=headers, raise_for_status=True) as session:
        await session.put(f"{path}/webhook", json={"url": url, "enabled": True})
        span = {"from": "2000-01-01T00:00:00Z", "to": "2100-01-01T00:00:00Z"}
        async with session.post(f"{path}/deliveries/replay", json=span) as answer:
            count: int = (await answer.json())["count"]
        first, began = called(), time.perf_counter()
        while called() < count:  # noqa: ASYNC110 - another process counts
            await asyncio.sleep(0.02)
        return (count - first) / (time.perf_counter() - began)


async def bare_calls(events: int, url: str, body: bytes) -> float:
    left = iter(range(events))
    headers = {"Content-Type": "application/cloudevents+json", "webhook-id": "x" * 36}
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def call() -> None:
            for _ in left:
                async with session.post(url, data=body, headers=headers) as answer:
                    await answer.read()

        began = time.perf_counter()
        await asyncio.gather(*(call() for _ in range(MAX_IN_FLIGHT)))
        return events / (time.perf_counter() - began)


async def by_feed(alone: Alone, events: int) -> float:
    headers = {"Authorization": f"Bearer {alone.bureau}"}
    query, count, began = {"limit": f"{PAGE}"}, 0, time.perf_counter()
    async with aiohttp.ClientSession(alone.url, headers=headers) as session:
        while count < events:
            path = f"/v1/bureaus/{LEAD}/work-orders"
            async with session.get(path, params=query) as answer:
                page = await answer.json()
            count += len(page["events"])
            query["after"] = page["next"]
    return events / (time.perf_counter() - began)


async def by_sql(alone: Alone, events: int) -> float:
    after, count, began = 0, 0, time.perf_counter()
    while count < events:
        rows = await alone.db.fetch(_PAGE_SQL, LEAD, after, PAGE)
        after, count = rows[-1]["seq"], count + len(rows)
    return events / (time.perf_counter() - began)


async def clocks(count: int, due: int) -> None:
    """Measure idle CPU beside running clocks, and the delay of reminders."""
    async with dispatch_alone() as alone:
        process = psutil.Process(alone.pid)
        tell(f"idle without clocks: {await cpu_share(process, 15):.1f} % of a core")
        await alone.db.execute(COPY_CASES.format(count=count))
        await alone.db.execute("ANALYZE")
        await asyncio.sleep(5)
        tell(f"idle beside {count:,} clocks: {await cpu_share(process, 30):.1f} % of a core")
        last = await alone.db.fetchval("SELECT coalesce(max(seq), 0) FROM bureau_events")
        rows = await alone.db.fetch(MAKE_DUE, due, timedelta(seconds=30))
        due_at = {row["work_order_id"]: row["at"] for row in rows}
        delays = await delays_of_reminders(alone.db, last, due_at)
        cuts = quantiles(delays, n=100)
        tell(
            f"{len(delays):,} reminders due within 30 s, visible after their time: "
            f"p50 {cuts[49]:.1f} s, p99 {cuts[98]:.1f} s, max {max(delays):.1f} s"
        )


async def cpu_share(process: psutil.Process, seconds: float) -> float:
    """Return the CPU that a process uses, in percent of a core."""
    before = process.cpu_times()
    await asyncio.sleep(seconds)
    after = process.cpu_times()
    return 100 * (after.user + after.system - before.user - before.system) / seconds


async def delays_of_reminders(
    db: asyncpg.Connection, last: int, due_at: dict[Any, datetime]
) -> list[float]:
    found: dict[Any, float] = {}
    while len(found) < len(due_at):
        query = "SELECT seq, work_order_id FROM bureau_events WHERE seq > $1 ORDER BY seq"
        rows = await db.fetch(query, last)
        now = utc_now()
        for seq, work_order_id in rows:
            last = seq
            if work_order_id in due_at:
                found[work_order_id] = (now - due_at[work_order_id]).total_seconds()
        await asyncio.sleep(0.1)
    return list(found.values())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["ways", "clocks"])
    parser.add_argument("--events", type=int, default=10_000)
    parser.add_argument("--clocks", type=int, default=100_000)
    parser.add_argument("--due", type=int, default=2_000)
    options = parser.parse_args()
    work: Coroutine[Any, Any, None] = (
        ways(options.events) if options.what == "ways" else clocks(options.clocks, options.due)
    )
    asyncio.run(work)
