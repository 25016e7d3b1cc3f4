"""A real browser, if there is one: Debian's package ``chromium``."""

import os
import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import axe_playwright_python
import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from shared.vocabulary import GeoPoint

CHROMIUM = shutil.which("chromium")
needs_chromium = pytest.mark.skipif(
    CHROMIUM is None, reason="Chromium is missing: apt-get install chromium"
)
_ARGUMENTS = (
    "--no-sandbox",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-gpu-rasterization",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
_AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
_PICTURES = os.environ.get("ROUTE311_PICTURES")
"""Folder in which the tests keep a picture of every state that they look at; none by default."""
_SIZES = {"desk": {"width": 1280, "height": 900}, "phone": {"width": 360, "height": 740}}
_MOST_TABS = 80
expect.set_options(timeout=30_000)  # a busy machine is slow


@asynccontextmanager
async def open_browser() -> AsyncGenerator[Browser]:
    """A browser that connects to nothing but what it is led to."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(_ARGUMENTS))
        try:
            yield browser
        finally:
            await browser.close()


async def violations(page: Page, *, only_colors: bool = False) -> list[str]:
    """What axe finds on a page, by rule and element; the page's own policy stays on."""
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(_AXE)
    options: dict[str, Any] = {"resultTypes": ["violations"]}  # it describes no other element
    if only_colors:
        options["runOnly"] = ["cat.color"]
    found: dict[str, Any] = await page.evaluate("options => axe.run(options)", options)
    return [
        f"{rule['id']}: {node['target']} {node['failureSummary']}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


async def look_at(page: Page, name: str) -> list[str]:
    """What axe finds in light and dark, at a desk and on a phone; keeps pictures if it may.

    Dark differs from light in colors alone.
    """
    found: list[str] = []
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme=scheme)
        for size, viewport in _SIZES.items():
            await page.set_viewport_size(viewport)  # type: ignore[arg-type] # both numbers
            in_it = await violations(page, only_colors=scheme == "dark")
            found += [f"{name} {scheme} {size}: {one}" for one in in_it]
            wide = await page.evaluate("document.documentElement.scrollWidth > innerWidth")
            found += [f"{name} {scheme} {size}: wider than the screen"] if wide else []
            if _PICTURES:
                path = Path(_PICTURES) / f"{name}-{size}-{scheme}.png"
                await page.screenshot(path=path, full_page=True)
    await page.set_viewport_size(_SIZES["desk"])  # type: ignore[arg-type] # both numbers
    return found


def base(client: aiohttp.ClientSession) -> str:
    """The address of a running instance."""
    return str(client._base_url).rstrip("/")  # noqa: SLF001 - it has no other way to tell


async def leave_out_maps(pages: Page | BrowserContext) -> None:
    """Let maps fail to load, as without WebGL: a map that is drawn takes seconds."""
    await pages.route("**/*maplibre*", lambda route: route.abort())


async def type_coordinates(page: Page, point: GeoPoint) -> None:
    """Open the fields of the coordinates and fill them in."""
    if await page.locator(".coordinates").get_attribute("open") is None:
        await page.locator(".coordinates > summary").click()
    await page.fill("#f-latitude", str(point.latitude))
    await page.fill("#f-longitude", str(point.longitude))


async def tab_to(page: Page, selector: str, *, backwards: bool = False) -> None:
    """Press the tabulator until the element has the focus."""
    for _ in range(_MOST_TABS):
        await page.keyboard.press("Shift+Tab" if backwards else "Tab")
        if await page.evaluate("s => document.activeElement.matches(s)", selector):
            return
    raise AssertionError(f"{selector} cannot be reached by keyboard")


async def type_into(page: Page, selector: str, text: str) -> None:
    """Go to a field by keyboard and type."""
    await tab_to(page, selector)
    await page.keyboard.type(text)


async def press(page: Page, selector: str) -> None:
    """Go to a button or a link by keyboard, press Enter, and wait for the page that follows."""
    await tab_to(page, selector)
    async with page.expect_navigation():
        await page.keyboard.press("Enter")
