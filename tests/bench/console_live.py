"""Open consoles under many changes, and pages in a browser: ``python -m tests.bench.console_live``.

The router is that of ``console_speed``, with 100,000 open cases. First 50 people follow its live
changes while a note is put into 50 cases a second; a change is late from the moment the command
was sent to its line in each stream. Then a browser reads each page many times.
"""

import argparse
import asyncio
import json
import time
from collections.abc import Mapping
from itertools import cycle
from statistics import median, quantiles

import aiohttp
import asyncpg
import psutil
from playwright.async_api import Page, ViewportSize

from console.store import add_person
from shared.staff_roles import Role
from tests.bench.console_speed import Filled, filled_router, log_in, pages, tell
from tests.support.chromium import open_browser

PASSWORD = "a watchful password"  # noqa: S105 - of people of the benchmark
LOG_IN_S = 15.0  # for all, two at once
CASES = 500  # that get notes in turn, so that no case has two on their way
PROCESSES: Mapping[str, str] = {"console": "console", "dispatch": "services.dispatch"}
WIDTH: ViewportSize = {"width": 1280, "height": 900}


def cpu_seconds() -> dict[str, float]:
    """Return the processor time of the console and of dispatch so far."""
    spent = dict.fromkeys(PROCESSES, 0.0)
    for child in psutil.Process().children(recursive=True):
        module = child.cmdline()[-1:] if child.cmdline() else []
        for name, wanted in PROCESSES.items():
            if module == [wanted]:
                times = child.cpu_times()
                spent[name] += times.user + times.system
    return spent


async def follow(router: Filled, name: str, sent: Mapping[str, float], late: list[float]) -> None:
    """Follow live changes as a page of a person does."""
    endless, jar = aiohttp.ClientTimeout(total=None), aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(
        router.stack.console, cookie_jar=jar, timeout=endless, raise_for_status=True
    ) as client:
        await log_in(client, name, PASSWORD)
        async with client.get("/console/stream") as stream:
            is_change = False
            async for line in stream.content:
                if is_change and (began := sent.get(json.loads(line[6:])["case"])):
                    late.append(time.monotonic() - began)
                is_change = line.startswith(b"event: change")


async def put_notes(router: Filled, seconds: int, rate: int, sent: dict[str, float]) -> int:
    """Put notes into cases at a rate; return how many were refused."""
    rows = await router.db.fetch(
        "SELECT case_id::text FROM dispatch.cases WHERE closed_at IS NULL LIMIT $1", CASES
    )
    refused = 0

    async def put(case_id: str) -> None:
        nonlocal refused
        sent[case_id] = time.monotonic()
        note = {"command": "note", "reason": "note", "text": "Seen", "actor": "bench"}
        async with router.api.post(f"/v1/cases/{case_id}/commands", json=note) as answer:
            refused += answer.status != 200

    began = time.monotonic()
    async with asyncio.TaskGroup() as notes:
        for number, row in zip(range(seconds * rate), cycle(rows), strict=False):
            await asyncio.sleep(max(0.0, began + number / rate - time.monotonic()))
            notes.create_task(put(row[0]))
    return refused


async def measure_streams(router: Filled, consoles: int, seconds: int, rate: int) -> None:
    """Tell how late changes come, and what they cost."""
    sent: dict[str, float] = {}
    late: list[float] = []
    names = [f"watcher-{number}" for number in range(consoles)]
    schema = {"search_path": "console"}
    async with asyncpg.create_pool(router.stack.postgres, server_settings=schema) as pool:
        for name in names:
            await add_person(pool, name, Role.VIEWER, PASSWORD, by_owner=True)
    streams = [asyncio.create_task(follow(router, name, sent, late)) for name in names]
    await asyncio.sleep(LOG_IN_S)
    before = cpu_seconds()
    refused = await put_notes(router, seconds, rate, sent)
    spent = {name: used - before[name] for name, used in cpu_seconds().items()}
    await asyncio.sleep(2.0)
    for stream in streams:
        stream.cancel()
    await asyncio.gather(*streams, return_exceptions=True)
    expected = consoles * (seconds * rate - refused)
    tell(f"{consoles} consoles, {rate} changes a second for {seconds} s; {refused} refused")
    tell(f"changes seen: {len(late):,} of {expected:,}")
    cuts = quantiles(late, n=100)
    tell(f"late: {median(late):.3f} s, 99 % {cuts[98]:.3f} s, at most {max(late):.3f} s")
    for name, used in spent.items():
        tell(f"{name}: {100 * used / seconds:.0f} % of a core")


async def read_in_browser(page: Page, path: str) -> float:
    """Return the milliseconds until a page has loaded, and its map is drawn where it has one."""
    began = time.perf_counter()
    await page.goto(path)
    if await page.locator("section.map:not([hidden])").count():
        await page.locator("section.map canvas").first.wait_for()
    return (time.perf_counter() - began) * 1_000


async def measure_browser(router: Filled, times: int) -> None:
    """Tell how long each page takes in a browser."""
    surge_id = await router.db.fetchval("SELECT surge_id::text FROM dispatch.surges LIMIT 1")
    person = router.stack.keys.console
    async with open_browser() as browser:
        context = await browser.new_context(base_url=router.stack.console, viewport=WIDTH)
        page = await context.new_page()
        await page.goto("/console/login")
        await page.get_by_label("Name").fill(person.user)
        await page.get_by_label("Password").fill(person.password)
        await page.get_by_role("button", name="Log in", exact=True).click()
        await page.wait_for_url("**/console")
        tell(f"\nin a browser, {times} times each; milliseconds\n")
        tell(f"{'page':32}{'median':>8}{'p95':>8}")
        for name, path in pages(surge_id, router.case_id).items():
            await read_in_browser(page, path)
            spans = [await read_in_browser(page, path) for _ in range(times)]
            tell(f"{name:32}{median(spans):8.0f}{quantiles(spans, n=20)[-1]:8.0f}")


async def run(given: argparse.Namespace) -> None:
    async with filled_router(given.cases) as router:
        await measure_streams(router, given.consoles, given.seconds, given.rate)
        if given.times:
            await measure_browser(router, given.times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--consoles", type=int, default=50)
    parser.add_argument("--rate", type=int, default=50)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--times", type=int, default=20, help="Reads of each page; 0 for none.")
    asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
