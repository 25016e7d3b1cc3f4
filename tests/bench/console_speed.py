"""How long the console's pages take: ``python -m tests.bench.console_speed [--cases 100000]``.

A whole router gets some requests, whose rows are copied until it has as many open cases; surges,
messages, held texts and the audit are made by SQL. Then an admin reads each page many times, one
after the other. Dispatch's part is measured apart, by the operators' API.
"""

import argparse
import asyncio
import re
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from urllib.parse import urlencode

import aiohttp

from console.pages.queue import api_query
from deploy.local.stack_file import Stack
from deploy.local.supervisor import running_stack
from shared.runtime.postgres import Database, open_database
from tests.support.temporary_folders import let_others_in
from workbench.bench.copies import add_copies, keep_originals, settle_tables
from workbench.bench.end_to_end import measure_router, to_submit
from workbench.bench.load import submissions
from workbench.bench.mix import Mix
from workbench.bench.size import city_area
from workbench.check.wait_until_idle import no_progress, wait_until_idle

ORIGINALS = 2_000
COPIES_AT_ONCE = 10
WARM_UP = 5
PAUSE_S = 0.1  # notify takes 20 calls a second of one key
IDLE_WITHIN_S = 300.0
TOKEN = re.compile(r'name="form_token" value="([^"]+)"')
# A fifth of the cases lie elsewhere, are P1, are somebody's, on hold or of an unsure kind.
SPREAD = """
    UPDATE dispatch.cases
       SET level = CASE WHEN random() < 0.002 THEN 'P1' ELSE level END,
           assignee = CASE WHEN random() < 0.1 THEN 'person-' || floor(random() * 50) END,
           held_until = CASE WHEN random() < 0.05 THEN now() + interval '9 days' END,
           overdue_at = now() + (random() - 0.3) * interval '30 days',
           first_reported_at = now() - random() * interval '90 days',
           problem = problem || jsonb_build_object('unsure', random() < 0.01)
             || jsonb_build_object('location', problem -> 'location' || jsonb_build_object(
                    'latitude', 45.43 + random() * 0.22, 'longitude', -122.84 + random() * 0.37));
    INSERT INTO dispatch.surges (surge_id, jurisdiction, dedup_group, district, started_at,
                                 ended_at, report_count, expected)
    SELECT gen_random_uuid(), jurisdiction, dedup_group,
           coalesce(problem #>> '{location,district}', 'unknown'), first_reported_at,
           first_reported_at + interval '1 day', 40, 3
      FROM dispatch.cases ORDER BY random() LIMIT 200;
    INSERT INTO dispatch.approvals (approval_id, rule, actor, requested_at, decision, decided_by,
                                    decided_at)
    SELECT gen_random_uuid(), 'lower_p1', 'Kim', now(), 'approved', 'Lee', now()
      FROM generate_series(1, 10000);
    INSERT INTO dispatch.waiting_commands (approval_id, source, command)
    SELECT approval_id, '/http/console', jsonb_build_object('command', 'lower_priority',
           'case_id', gen_random_uuid(), 'reason', 'No wire') FROM dispatch.approvals;
    INSERT INTO intake.reviewed_texts (text_id, request_id, status, findings)
    SELECT request_id, request_id, CASE WHEN random() < 0.02 THEN 'held' ELSE 'released' END, '[]'
      FROM intake.requests;
    INSERT INTO console.audit (name, action, about)
    SELECT 'person-' || n % 50, 'acknowledge', gen_random_uuid()::text
      FROM generate_series(1, 500000) AS n;
    INSERT INTO notify.deliveries
    SELECT copy.* FROM notify.deliveries AS sample, generate_series(1, 200000) AS n,
           jsonb_populate_record(sample, jsonb_build_object(
               'notification_id', gen_random_uuid(), 'request_id', gen_random_uuid(),
               'subject_id', gen_random_uuid(), 'person', 'person-' || n % 1000,
               'state', CASE WHEN n % 100 = 0 THEN 'failed' WHEN n % 100 = 1 THEN 'suppressed'
                             WHEN n % 500 = 2 THEN 'unknown' WHEN n % 500 = 3 THEN 'held'
                             ELSE 'sent' END)) AS copy
     WHERE sample.notification_id = (SELECT notification_id FROM notify.deliveries LIMIT 1);
"""
ANALYZE = "dispatch.surges, dispatch.approvals, dispatch.waiting_commands, intake.reviewed_texts"
FILTERS: Mapping[str, str] = {
    "status": "open",
    "priority": "P1,P2",
    "bureau": "PBOT-MOD",
    "kind": "ROW-POTHOLE",
    "district": "SE",
    "q": "pothole",
    "overdue": "true",
    "assignee": "person-7",
    "unsure": "true",
    "language": "es",
    "channel": "phone",
    "held": "true",
    "bbox": "-122.7,45.5,-122.66,45.53",
    "since": "2026-11-01T00:00:00Z",
    "until": "2026-11-01T00:00:00Z",
}
ORDERS = ("urgent", "due", "newest", "oldest")
MESSAGES = ("held", "unknown", "failed", "suppressed")

Read = Callable[[], Awaitable[int]]


def tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def fill(stack: Stack, db: Database, cases: int) -> str:
    """Fill the tables; return the id of a case with a history."""
    records = to_submit(submissions(ORIGINALS, mix=Mix.PLAIN))
    await measure_router(stack.access, records)
    await wait_until_idle(stack.access, stack.postgres, IDLE_WITHIN_S, no_progress)
    original: str = await db.fetchval(
        "SELECT case_id::text FROM dispatch.cases ORDER BY request_count DESC LIMIT 1"
    )
    kept, last = await keep_originals(db), 0
    while (last + 1) * kept < cases:
        copies = min(COPIES_AT_ONCE, -(-cases // kept) - 1 - last)
        await add_copies(db, last + 1, last + copies, city_area(cases), closed=False)
        last += copies
        tell(f"{(last + 1) * kept:,} cases")
    await db.execute(SPREAD)
    user = stack.keys.console.user
    await db.execute("UPDATE console.audit SET name = $1 WHERE name = 'person-0'", user)
    await settle_tables(db)
    await db.execute(f"VACUUM ANALYZE {ANALYZE}, notify.deliveries, console.audit")
    return original


async def log_in(client: aiohttp.ClientSession, name: str, password: str) -> None:
    async with client.get("/console/login") as page:
        found = TOKEN.search(await page.text())
    if found is None:
        raise SystemExit("no form to log in")
    form = {"form_token": found[1], "name": name, "password": password}
    async with client.post("/console/login", data=form) as answer:
        answer.raise_for_status()


def pages(surge_id: str, case_id: str) -> dict[str, str]:
    """Return the path of each page by its name."""
    queue = {f"queue, {name}": {name: value} for name, value in FILTERS.items()}
    queue |= {f"queue, order={order}": {"order": order} for order in ORDERS}
    queue |= {"queue, surge": {"surge": surge_id}}
    return {
        "queue": "/console",
        **{name: f"/console?{urlencode(view)}" for name, view in queue.items()},
        "case": f"/console/cases/{case_id}",
        "map": "/console/map",
        "map, bbox": f"/console/map?bbox={FILTERS['bbox']}",
        "desk": "/console/desk",
        "unsure": "/console/unsure",
        "review": "/console/review",
        **{f"messages, {state}": f"/console/messages?state={state}" for state in MESSAGES},
        "surges": "/console/surges",
        "approvals": "/console/approvals",
        "delivery": "/console/delivery",
        "parked": "/console/parked",
        "people": "/console/people",
        "audit": "/console/audit",
        "audit, name": "/console/audit?name=person-7",
    }


async def measure(name: str, times: int, read: Read) -> None:
    spans = []
    status = 0
    for n in range(WARM_UP + times):
        began = time.perf_counter()
        status = await read()
        if n >= WARM_UP:
            spans.append((time.perf_counter() - began) * 1_000)
        await asyncio.sleep(PAUSE_S)
    p95 = quantiles(spans, n=20)[-1]
    told = "" if status == 200 else f"   status {status}"
    tell(f"{name:32}{median(spans):8.0f}{p95:8.0f}{told}")


def reading(client: aiohttp.ClientSession, path: str) -> Read:
    async def read() -> int:
        async with client.get(path) as answer:
            await answer.read()
            return answer.status

    return read


@dataclass(frozen=True, slots=True)
class Filled:
    """A running router with many cases.

    Attributes:
        client: Somebody who has logged in to the console.
        api: Client of the operators' API.
        case_id: A case with a history.
    """

    stack: Stack
    db: Database
    client: aiohttp.ClientSession
    api: aiohttp.ClientSession
    case_id: str


@asynccontextmanager
async def filled_router(cases: int) -> AsyncGenerator[Filled]:
    """Run a router with this many cases."""
    async with AsyncExitStack() as exits:
        folder = exits.enter_context(tempfile.TemporaryDirectory(prefix="route311-bench-"))
        stack = await exits.enter_async_context(running_stack(let_others_in(Path(folder)) / "data"))
        db = await exits.enter_async_context(open_database(stack.postgres))
        case_id = await fill(stack, db, cases)
        jar = aiohttp.CookieJar(unsafe=True)
        client = await exits.enter_async_context(
            aiohttp.ClientSession(stack.console, cookie_jar=jar)
        )
        await log_in(client, stack.keys.console.user, stack.keys.console.password)
        key = {"Authorization": f"Bearer {stack.keys.operator}"}
        api = await exits.enter_async_context(aiohttp.ClientSession(stack.dispatch, headers=key))
        yield Filled(stack, db, client, api, case_id)


async def run(cases: int, times: int, only: Sequence[str]) -> None:
    async with filled_router(cases) as router:
        db = router.db
        surge_id = await db.fetchval("SELECT surge_id::text FROM dispatch.surges LIMIT 1")
        count = await db.fetchval("SELECT count(*) FROM dispatch.cases WHERE closed_at IS NULL")
        tell(f"\n{count:,} open cases, {times} times each; milliseconds\n")
        tell(f"{'page':32}{'median':>8}{'p95':>8}")
        for name, path in pages(surge_id, router.case_id).items():
            if not only or any(name.startswith(one) for one in only):
                await measure(name, times, reading(router.client, path))
        for name, view in {"": {}, **{n: {n: v} for n, v in FILTERS.items()}}.items():
            if not only or "api" in only:
                path = f"/v1/cases?{urlencode(api_query(view))}"
                await measure(f"api, {name or 'queue'}", times, reading(router.api, path))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--times", type=int, default=40)
    parser.add_argument("--only", action="append", default=[], help="Beginning of a page's name.")
    given = parser.parse_args()
    asyncio.run(run(given.cases, given.times, given.only))


if __name__ == "__main__":
    main()
