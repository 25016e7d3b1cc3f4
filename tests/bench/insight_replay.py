"""Insight after a whole export: ``python -m tests.bench.insight_replay EXPORT ...``.

Replays the exports into a router of its own as fast as it takes them, and tells what insight spends
an event and a request, and how late it is meanwhile. Then it makes a CSV of the events on the
topics, lets ``route311 insight rates`` estimate from it, and compares each district with the live
report; a difference ends it with 1.
"""

import argparse
import asyncio
import csv
import json
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import aiohttp
import asyncpg
import psutil

from services.insight.policy import InsightPolicy
from shared.catalogue import load_catalogue
from tests.bench.console_speed import tell
from tests.support.router import COMMAND, Router, running_router
from tests.support.temporary_folders import let_others_in
from tests.support.waiting import eventually

TOPICS = ("triage-decisions", "dispatch-cases", "notify-feedback", "notify-deliveries")
COLUMNS = ("kind", "district", "incident", "report", "opened", "ended")
FIGURES = ("observed", "expected", "ratio", "low", "high")
MOST_DAYS = "3650"
PRECISION = 1e-4
SIZE = """
    SELECT sum(pg_total_relation_size(oid))::bigint FROM pg_class
     WHERE relnamespace = 'insight'::regnamespace AND relkind = 'r'
"""


def cpu_s(router: Router) -> float:
    pid = router.pid_of("insight")
    assert pid
    times = psutil.Process(pid).cpu_times()
    return times.user + times.system


async def age_of_oldest(client: aiohttp.ClientSession, address: str) -> float:
    """Return the age of the oldest event that insight has not handled, in seconds."""
    async with client.get(f"{address}/metrics") as answer:
        lines = (await answer.text()).splitlines()
    ages = [float(one.split()[-1]) for one in lines if one.startswith("route311_oldest_event")]
    return max(ages, default=0.0)


async def replayed(router: Router, files: Sequence[str]) -> int:
    """Replay the files; return how many reports were accepted."""
    accepted = 0
    for file in files:
        code, output, errors = await router.command("replay", file, "--json")
        assert code == 0, errors
        accepted += json.loads(output)["accepted"]
    return accepted


async def measure(router: Router, files: Sequence[str]) -> None:
    """Replay the files, and tell what it cost insight."""
    address, key = router.stack["insight"], router.stack["keys"]["operator"]
    before, began, ages = cpu_s(router), time.monotonic(), []
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {key}"}) as client:
        replay = asyncio.create_task(replayed(router, files))
        while not replay.done():
            ages.append(await age_of_oldest(client, address))
            await asyncio.sleep(0.5)
        accepted = await replay
        took = time.monotonic() - began

        async def all_are_counted() -> bool:
            async with client.get(f"{address}/v1/insight/volumes") as answer:
                rows = (await answer.json())["rows"]
            return bool(rows) and rows[0]["n"] == accepted

        await eventually(all_are_counted, within_s=300)
    after = time.monotonic() - began - took
    events = sum([len(await router.events(topic)) for topic in TOPICS])
    db = await asyncpg.connect(router.stack["postgres"])
    size = await db.fetchval(SIZE)
    await db.close()
    cut = sorted(ages)[int(len(ages) * 0.95)]
    tell(
        f"{accepted:,} reports in {took:.0f} s ({accepted / took:.0f} a second), {events:,} events"
    )
    tell(f"insight: {1e6 * (cpu_s(router) - before) / events:.0f} µs of processor an event")
    tell(f"insight: {size / accepted:.0f} bytes of tables a request")
    tell(f"insight is late: {median(ages):.1f} s, 95 % {cut:.1f} s, at most {max(ages):.1f} s")
    tell(f"all counted {after:.1f} s after the last was decided")


@dataclass(frozen=True, slots=True)
class Topics:
    """What the topics tell of a city: cases, their reports and ends by id of the case."""

    requests: Mapping[str, Mapping[str, Any]]
    cases: Mapping[str, Mapping[str, Any]]
    closed: Mapping[str, str]
    members: Mapping[str, Sequence[str]]


async def read_topics(router: Router, city: str) -> Topics:
    requests = {
        event["data"]["request_id"]: event["data"]["request"]
        for event in await router.events("triage-decisions")
    }
    cases: dict[str, Mapping[str, Any]] = {}
    closed: dict[str, str] = {}
    members: dict[str, list[str]] = {}
    for event in await router.events("dispatch-cases"):
        case, what = event["data"], event["type"].split(".")[-2]
        if case["jurisdiction"] != city:
            continue
        cases[case["case_id"]] = case
        if what in {"opened", "request_attached"}:
            members.setdefault(case["case_id"], []).append(case["request_id"])
        if what == "closed":
            closed[case["case_id"]] = case["closed_at"]
    return Topics(requests, cases, closed, members)


def incident_rows(topics: Topics, city: str) -> list[tuple[str, ...]]:
    """Return the residents' reports with their problem, from its first report to its end."""
    windows = InsightPolicy.of(load_catalogue()).windows
    requests, closed = topics.requests, topics.closed
    rows: list[tuple[str, ...]] = []
    for case_id, case in topics.cases.items():
        reports = sorted((requests[one]["submitted_at"], one) for one in topics.members[case_id])
        first = requests[reports[0][1]]
        window = windows.get((city, first["dedup_group"]), timedelta())
        residents = [one for one in reports if requests[one[1]]["entered_by"] == "resident"]
        if not residents:
            continue
        end = datetime.fromisoformat(residents[0][0]) + window
        if case_id in closed:
            end = min(end, datetime.fromisoformat(closed[case_id]))
        place = first["location"].get("district") or ""
        same = (case["service_code"], place, case_id)
        for opened, one in residents:
            person = requests[one]["reporter_ref"] or one  # who counts once
            rows.append((*same, person, opened, end.isoformat()))
    return rows


async def differences(router: Router, city: str) -> tuple[int, list[str]]:
    """Return how many districts were compared, and what differs between report and command."""
    rows = incident_rows(await read_topics(router, city), city)
    file = router.data.parent / f"{city}.csv"
    with file.open("w", newline="") as lines:
        csv.writer(lines).writerows([COLUMNS, *rows])
    columns = [part for name in COLUMNS for part in (f"--{name}", name)]
    limits = ("--days", MOST_DAYS, "--min-days", "0.1")
    words = ["insight", "rates", str(file), *columns, *limits]
    command = await asyncio.create_subprocess_exec(COMMAND, *words, stdout=asyncio.subprocess.PIPE)
    output, _ = await command.communicate()
    estimated = {one["district"]: one for one in json.loads(output)["ratios"]}
    key = {"Authorization": f"Bearer {router.stack['keys']['operator']}"}
    query = {"by": "district", "jurisdiction": city}
    async with (
        aiohttp.ClientSession(router.stack["insight"], headers=key) as client,
        client.get("/v1/insight/reporting", params=query) as answer,
    ):
        live = [one for one in (await answer.json())["rows"] if not one.get("suppressed")]
    found = []
    for row in live:
        other = estimated[row["district"] or "unknown"]
        found += [
            f"{city} {row['district']} {name}: {row[name]} live, {other[name]}"
            for name in FIGURES
            if abs(row[name] - other[name]) > PRECISION
        ]
    return len(live), found


async def run(files: Sequence[str], cities: Sequence[str]) -> int:
    with tempfile.TemporaryDirectory(prefix="route311-bench-") as folder:
        data = let_others_in(Path(folder)) / "data"
        async with running_router(data) as router:
            await measure(router, files)
            all_found = []
            for city in cities:
                compared, found = await differences(router, city)
                tell(f"{city}: {compared} districts compared, {len(found)} differences")
                all_found += found
    for line in all_found:
        tell(line)
    return 1 if all_found else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+")
    parser.add_argument("--city", action="append", help="Id of a city to compare; portland.gov.")
    given = parser.parse_args()
    return asyncio.run(run(given.files, given.city or ["portland.gov"]))


if __name__ == "__main__":
    sys.exit(main())
