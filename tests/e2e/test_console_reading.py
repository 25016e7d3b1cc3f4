"""What those get from the console who hear its pages, or see little of them at once."""

import re

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.staff import at, at_work, case_for, opened
from tests.support.chromium import needs_chromium
from tests.support.router import Router
from tests.support.waiting import eventually

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(300),
]

HOLE = "A deep pothole"
POTHOLE = "Hay un bache profundo en la calle, los autos lo esquivan"
HELD = "Mi vecina Juana Miller es una ladrona y su placa es 123 ABC"


@needs_chromium
@pytest.mark.parametrize("path", ["/console", "/console/people"])
async def test_each_cell_keeps_its_heading_and_role_on_a_narrow_screen(
    router: Router, browser: Browser, path: str
) -> None:
    await case_for(router, -40, "A bench is broken", attributes={})
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
        assert headings
        assert shown == [f'"{heading}"' for heading in headings]
        assert await page.evaluate("document.documentElement.scrollWidth") == 320


async def test_words_in_another_language_say_which(router: Router) -> None:
    case_id = await case_for(router, -41, POTHOLE, language="es")
    await case_for(router, -42, HELD, service_code="OTHER", attributes={}, language="es")
    async with at_work(router, "dispatcher") as staff:
        for path, words in (
            ("/console?q=esquivan", POTHOLE),
            (f"/console/cases/{case_id}", f"{POTHOLE}</span></h1>"),
            ("/console/review", "Mi vecina"),
        ):
            _, page = await staff.get(path)
            assert re.search(rf'lang="es"[^>]*>(<mark>)?{words}', page), path
        there = at(-41)
        call = {
            "said": "Basura en la calle",
            "where": f"{there['latitude']}, {there['longitude']}",
            "service_code": "ROW-DEBRIS",
            "language": "es",
        }

        async def near() -> str | None:
            _, page = await staff.submit("/console/desk", command="look", **call)
            return page.partition("data-near")[2] or None

        found = await eventually(near)
        assert found
        assert re.search(rf'{case_id}"[^>]* lang="es"', found)


async def test_a_refused_field_has_its_label_its_reason_and_the_focus(router: Router) -> None:
    async with at_work(router, "agent") as staff:
        status, page = await staff.submit("/console/desk", command="request", said=HOLE)
        assert status == 422
        assert '<a href="#f-where">Where</a>' in page
        found = re.search(r'<input name="where"[^>]*>', page)
        assert found
        for part in ('aria-invalid="true"', 'aria-describedby="why-where"', "autofocus"):
            assert part in found[0]
        assert page.count(" autofocus") == 1
        _, page = await staff.submit("/console/me", old="x", new="short")
        found = re.search(r'<input name="new"[^>]*>', page)
        assert found
        assert 'aria-describedby="least why-new"' in found[0]
        assert re.search(r'id="least">[^<]*12', page)


async def test_what_may_be_mistyped_is_asked_about_once_and_filed_then(router: Router) -> None:
    call = {"command": "request", "said": HOLE, "where": "Nowhere street of dreams"}
    async with at_work(router, "agent") as staff:
        status, page = await staff.submit("/console/desk", **call, callback="12")
        assert (status, "data-tracking-number" in page) == (422, False)
        assert 'id="why-where"' in page
        assert 'id="why-callback"' in page
        asked = dict(re.findall(r'name="(doubted:\w+)" value="([^"]*)"', page))
        again = {**call, **asked, "callback": "13"}
        status, page = await staff.submit("/console/desk", **again)
        assert (status, 'id="why-where"' in page, 'id="why-callback"' in page) == (422, False, True)
        asked = dict(re.findall(r'name="(doubted:\w+)" value="([^"]*)"', page))
        status, page = await staff.submit("/console/desk", **{**again, **asked})
        assert status == 200
        assert re.search(r"Pothole, Nowhere street of dreams\.\s+Number for the caller", page)


@needs_chromium
async def test_the_last_call_is_gone_when_the_next_one_begins(
    router: Router, browser: Browser
) -> None:
    async with opened(browser, router, "agent") as page:
        await page.goto("/console/desk")
        await page.keyboard.type("The line is")
        await page.keyboard.press("Escape")
        await page.keyboard.press("0")
        last = page.get_by_text("Counted: the call broke off.")
        await expect(last).to_be_visible()
        await page.keyboard.type("A")
        await expect(last).to_be_hidden()


async def test_an_address_without_a_page_has_one_that_says_so(router: Router) -> None:
    async with at_work(router, "viewer") as staff:
        status, page = await staff.get("/console/nope")
        assert status == 404
        assert "There is no such page." in page
