"""What residents' pages weigh, when a slow phone paints them, and how far they shift.

``python -m tests.bench.page_weights http://127.0.0.1:PORT [PATH ...]`` with the address of a
running intake. The phone is Chromium with a processor four times slower and a mobile network of
1.6 Mbit/s and 150 ms; each page is fetched with an empty cache.
"""

import asyncio
import sys
from statistics import median
from time import monotonic
from typing import Any

from playwright.async_api import Browser

from tests.support.chromium import open_browser

PATHS = ("/", "/report", "/track", "/accessibility", "/privacy", "/report?lang=es")
ROUNDS = 5
SLOWER = 4
NETWORK = {
    "offline": False,
    "latency": 150,
    "downloadThroughput": 1.6e6 / 8,
    "uploadThroughput": 0.75e6 / 8,
}
_PAINTED = """
() => new Promise((done) => {
  const look = () => (performance.getEntriesByName("first-contentful-paint").length
    ? done() : setTimeout(look, 50));
  look();
})
"""
# The sum of the shifts that no key and no touch caused, as of layout-shift entries.
_SHIFTED = """
() => new Promise((done) => {
  let shifted = 0;
  new PerformanceObserver((list) => {
    for (const one of list.getEntries()) shifted += one.hadRecentInput ? 0 : one.value;
  }).observe({ type: "layout-shift", buffered: true });
  setTimeout(() => done(shifted), 200);
})
"""
_MEASURE = """
() => ({
  paint: performance.getEntriesByName("first-contentful-paint")[0].startTime,
  files: performance.getEntriesByType("navigation")
    .concat(performance.getEntriesByType("resource"))
    .map(({ name, transferSize }) => [new URL(name).pathname, transferSize]),
})
"""


async def measure(browser: Browser, url: str) -> dict[str, Any]:
    """Load a page once, and return its paint in ms, its shift and the bytes of each file."""
    context = await browser.new_context(viewport={"width": 360, "height": 740})
    try:
        page = await context.new_page()
        phone = await context.new_cdp_session(page)
        await phone.send("Network.enable")
        await phone.send("Network.emulateNetworkConditions", NETWORK)
        await phone.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        await page.goto(url, wait_until="networkidle")
        await page.evaluate(_PAINTED)
        measured: dict[str, Any] = await page.evaluate(_MEASURE)
        before = len(measured["files"])
        drawn = page.locator(".map .view[data-drawn]")
        if await page.locator(".map").count():
            began = monotonic()
            await page.locator(".map").scroll_into_view_if_needed()
            await drawn.wait_for(timeout=120_000)
            measured["map_s"] = monotonic() - began
            await page.wait_for_load_state("networkidle")
        measured["map"] = (await page.evaluate(_MEASURE))["files"][before:]
        measured["shift"] = await page.evaluate(_SHIFTED)
        return measured
    finally:
        await context.close()


async def main(base: str, paths: tuple[str, ...]) -> None:
    """Print a line for each page."""
    async with open_browser() as browser:
        for path in paths:
            rounds = [await measure(browser, base + path) for _ in range(ROUNDS)]
            page, map_ = (sum(size for _, size in rounds[0][part]) for part in ("files", "map"))
            paint = median(one["paint"] for one in rounds)
            map_s = median(one.get("map_s", 0.0) for one in rounds)
            shift = max(one["shift"] for one in rounds)
            line = (
                f"{path}: {page:,} bytes, first paint {paint:.0f} ms, shift {shift:.3f}; "
                f"map, once it is looked at: {map_:,} bytes, {map_s:.1f} s"
            )
            sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1].rstrip("/"), tuple(sys.argv[2:]) or PATHS))
