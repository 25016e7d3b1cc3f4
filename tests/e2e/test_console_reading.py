"""What those get from the console who hear its pages, or see little of them at once."""

import re

import pytest
from playwright.async_api import Browser

from tests.e2e.staff import at, at_work, case_for, opened
from tests.support.chromium import needs_chromium
from tests.support.router import Router

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(300),
]

POTHOLE = "Hay un bache profundo en la calle, los autos lo esquivan"
HELD = "Mi vecina Juana Miller es una ladrona y su placa es 123 ABC"


@needs_chromium
@pytest.mark.parametrize("path", ["/console", "/console/people"])
async def test_each_cell_keeps_its_heading_and_role_on_a_narrow_screen(
    router: Router, browser: Browser, path: str
) -> None:
    await case_for(router, 40, "A bench is broken", attributes={})
    async with opened(browser, router, "admin") as page:
        await page.set_viewport_size({"width": 320, "height": 740})
        await page.goto(path)
        table = page.locator('table[role="table"]').first
        headings = await table.locator('[role="columnheader"]').all_inner_texts()
        cells = table.locator('tbody [role="row"]').first.locator(
            '[role="rowheader"], [role="cell"]'
        )
        shown = await cells.evaluate_all(
            "cells => cells.map((one) => getComputedStyle(one, '::before').content)"
        )
        assert shown == [f'"{heading}"' for heading in headings]
        assert await page.evaluate("document.documentElement.scrollWidth") == 320


async def test_words_in_another_language_say_which(router: Router) -> None:
    case_id = await case_for(router, 41, POTHOLE, language="es")
    await case_for(router, 42, HELD, service_code="OTHER", attributes={}, language="es")
    async with at_work(router, "dispatcher") as staff:
        for path, words in (
            ("/console?q=esquivan", POTHOLE),
            (f"/console/cases/{case_id}", f"{POTHOLE}</span></h1>"),
            ("/console/review", "Mi vecina"),
        ):
            _, page = await staff.get(path)
            assert re.search(rf'lang="es"[^>]*>(<mark>)?{words}', page), path
        there = at(41)
        call = {
            "said": "Un bache en la calle",
            "where": f"{there['latitude']}, {there['longitude']}",
            "language": "es",
        }
        _, page = await staff.submit("/console/desk", command="look", **call)
        assert re.search(rf'{case_id}"[^>]* lang="es"', page.partition("data-near")[2])
