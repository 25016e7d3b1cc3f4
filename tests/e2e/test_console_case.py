"""The page of a case, worked by several people: evidence, undo, both sides, presence, own keys."""

import asyncio
import re
from typing import Any
from uuid import uuid4

import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.staff import at_work, opened
from tests.e2e.staff import case_for as reported_case
from tests.e2e.test_console_pages import as_operator, at_page, name_of
from tests.support.chromium import look_at, needs_chromium
from tests.support.router import Router
from tests.support.waiting import eventually

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(300),
]

SINK = "A sinkhole in the bike lane swallowed half a wheel, orange cone beside it"
AGAIN = "Sinkhole swallowed my wheel in the bike lane, there is an orange cone"
PICTURE = "https://pictures.example/v1/media/hole"
BOARD = "A wooden board lies at the corner"


async def case_for(router: Router, step: float, description: str, **changes: Any) -> str:
    """Submit a report, by default nobody's, since many of one person would be a flood."""
    asked = {"reporter": None, "attributes": {}, **changes}
    return await reported_case(router, step, description, **asked)


async def two_reports(router: Router, step: float) -> str:
    """Submit one problem twice, some metres apart; return its case."""
    asked = {"service_code": "ROW-SINKHOLE", "media": [{"url": PICTURE}]}
    first = await case_for(router, step, SINK, **asked)
    assert await case_for(router, step + 0.1, AGAIN, **asked) == first
    return first


async def case_of(router: Router, case_id: str) -> Any:
    return await as_operator(router, "GET", f"/v1/cases/{case_id}")


async def pressed(page: Page, *keys: str) -> int:
    """Press keys, then wait for the page that they lead to; return their number."""
    async with page.expect_navigation():
        for key in keys:
            await page.keyboard.press(key)
    return len(keys)


@needs_chromium
async def test_twenty_cases_are_taken_up_by_one_key_each_and_closed_by_five(
    router: Router, browser: Browser
) -> None:
    places = [{"latitude": 45.475 + n * 0.002, "longitude": -122.505} for n in range(20)]
    cases = await asyncio.gather(
        *(
            case_for(router, 0, f"Graffiti on wall {n}", service_code="GRAF-PUBLIC", location=at)
            for n, at in enumerate(places)
        )
    )
    box = "bbox=-122.51,45.47,-122.50,45.52"
    async with at_page(browser, router, "dispatcher", f"/console?{box}&status=open") as page:
        keys = await pressed(page, "j", "Enter")
        for _ in cases:
            keys += await pressed(page, "a")
        assert keys == 22
        await page.goto(f"/console?{box}&status=acknowledged")
        keys = await pressed(page, "j", "Enter")
        for _ in cases:
            keys += await pressed(page, "c", "Tab", "Tab", "x", "Enter")
        assert keys == 102
    assert {(await case_of(router, one))["status"] for one in cases} == {"completed"}


@needs_chromium
async def test_a_case_shows_why_its_reports_are_one_and_where_they_lie(
    router: Router, browser: Browser
) -> None:
    case_id = await two_reports(router, -4)
    path = f"/console/cases/{case_id}"
    async with at_page(browser, router, "viewer", path) as page:
        joined = page.locator("[data-joined]")
        await expect(joined).to_have_count(1)
        for words in (SINK, AGAIN, "m apart", "the same kind"):
            await expect(joined).to_contain_text(words)
        await expect(page.locator("[data-urgent]")).to_contain_text("base")
        await expect(page.locator("[data-drawn]")).to_have_count(1)
        assert sorted(await page.locator("[data-pin]").all_inner_texts()) == ["1", "2"]
        assert await look_at(page, "case-of-two") == []


@needs_chromium
async def test_the_next_case_is_one_key_away_on_a_case(router: Router, browser: Browser) -> None:
    word = f"quixotic{uuid4().hex[:6]}"
    ids = [await case_for(router, -50 - n, f"A bench, {word}", attributes={}) for n in range(2)]
    async with opened(browser, router, "viewer") as page:
        await page.goto(f"/console?q={word}&order=oldest")
        await page.keyboard.press("j")
        for key, case_id in (("Enter", ids[0]), ("j", ids[1]), ("k", ids[0])):
            await page.keyboard.press(key)
            await expect(page).to_have_url(re.compile(f"/console/cases/{case_id}"))
            await page.wait_for_load_state()  # a key before it is nobody's
        await page.keyboard.press("k")
        await expect(page.get_by_role("heading", name="Queue")).to_be_visible()


async def test_a_case_shows_the_messages_about_it_and_no_address(router: Router) -> None:
    reporter: dict[str, Any] = {"email": "someone@example.org", "status_updates": ["email"]}
    case_id = await case_for(router, -8, "A bench is broken", reporter=reporter)
    async with at_work(router, "viewer") as staff:

        async def listed() -> str | None:
            _, page = await staff.get(f"/console/cases/{case_id}")
            return page if "data-messages" in page else None

        page = await eventually(listed)
    assert page
    assert re.search(r"<li><time[^>]*>[^<]*</time> received · email · English · ", page)
    assert reporter["email"] not in page


@needs_chromium
async def test_a_mistaken_acknowledgement_is_undone_by_key(
    router: Router, browser: Browser
) -> None:
    danger = "A live wire is down and sparking"
    case_id = await case_for(router, -12, danger, service_code="OTHER")
    path = f"/console/cases/{case_id}"
    async with at_page(browser, router, "dispatcher", path) as page:
        await page.keyboard.press("a")
        undo = page.locator("[data-undo]")
        await expect(undo.get_by_role("status")).to_contain_text("Acknowledged")
        await expect(page.locator(f'[data-alarm] a[href$="{case_id}"]')).to_have_count(0)
        assert await look_at(page, "undo") == []

        await page.keyboard.press("u")

        await expect(undo.get_by_role("status")).to_contain_text("No longer acknowledged")
        await expect(page).to_have_url(re.compile(f"{case_id}$"))
        await expect(page.locator(f'[data-alarm] a[href$="{case_id}"]')).to_have_count(1)
        found = await case_of(router, case_id)
        assert (found["status"], found["acknowledged_at"]) == ("open", None)


@pytest.mark.parametrize(
    ("step", "command", "shows"),
    [
        (-40, {"command": "assign", "assignee": "Lee"}, "assignee"),
        (-44, {"command": "hold", "until": "2099-01-01T09:30"}, "held_until"),
        (-48, {"command": "change_kind", "service_code": "ROW-POTHOLE"}, "service_code"),
        (-52, {"command": "change_place", "where": "45.5, -122.6 Pier"}, "location"),
        (-56, {"command": "transfer", "bureau": "PBOT-SIGNALS"}, "lead_bureau"),
        (-60, {"command": "lower_priority", "level": "P5"}, "priority"),
        (-64, {"command": "close", "status": "completed"}, "status"),
    ],
)
async def test_the_way_back_restores_what_was_before(
    router: Router, step: int, command: dict[str, str], shows: str
) -> None:
    case_id = await case_for(router, step, BOARD)
    path = f"/console/cases/{case_id}"
    async with at_work(router, "dispatcher") as staff:
        before = await case_of(router, case_id)
        assert await staff.send(path, **command) == 200
        assert _shown((await case_of(router, case_id))[shows]) != _shown(before[shows])
        _, page = await staff.get("/console")
        assert await staff.send(path, **offered(page)) == 200
        assert _shown((await case_of(router, case_id))[shows]) == _shown(before[shows])


def _shown(value: Any) -> Any:
    """What people see of a value: the level of a priority, the point of a place."""
    if not isinstance(value, dict):
        return value
    return value.get("level") or (value["latitude"], value["longitude"], value["address"])


def offered(page: str) -> dict[str, str]:
    """Return the fields of the undo that a page offers."""
    form = page.partition("data-undo")[2].partition("</form>")[0]
    fields = dict(re.findall(r'name="([^"]+)" value="([^"]*)"', form))
    assert fields.pop("form_token")
    return fields


async def test_an_undo_stops_at_what_somebody_else_did_and_shows_it(router: Router) -> None:
    case_id = await case_for(router, -20, "A sign is bent")
    path = f"/console/cases/{case_id}"
    async with at_work(router, "dispatcher") as one, at_work(router, "dispatcher") as other:
        assert await one.send(path, command="assign", assignee=one.name) == 200
        _, page = await one.get("/console")
        assert await other.send(path, command="note", text="It is in the way") == 200
        status, page = await one.submit(path, **offered(page))
        assert status == 409
        meanwhile = page.partition("data-meanwhile")[2].partition("</ol>")[0]
        assert f"operator:{other.name}" in meanwhile
        assert "It is in the way" in meanwhile
        assert one.name not in meanwhile
    assert (await case_of(router, case_id))["assignee"] == one.name


@needs_chromium
async def test_split_and_merge_show_both_sides_before_they_are_sent(
    router: Router, browser: Browser
) -> None:
    case_id = await two_reports(router, -24)
    path = f"/console/cases/{case_id}"
    async with at_page(browser, router, "dispatcher", path) as page:
        await page.keyboard.press("s")
        await page.keyboard.press("ArrowDown")
        await press_at(page, "Split off …")
        await expect(page.locator('[data-side="stays"]')).to_contain_text(SINK)
        await expect(page.locator('[data-side="goes"]')).to_contain_text(AGAIN)
        await expect(page.locator('[data-side] img[src="/console/media/hole"]')).to_have_count(2)
        await expect(page.locator("[data-drawn]")).to_have_count(1)
        assert await look_at(page, "split") == []
        await page.keyboard.type("Another hole")
        await page.keyboard.press("Enter")
        await expect(page).to_have_url(re.compile(f"{case_id}$"))
        assert (await case_of(router, case_id))["request_count"] == 1

        near = page.locator("[data-near]", has_text="Sinkhole swallowed my wheel").first
        other = await near.get_attribute("data-near")
        await page.keyboard.press("m")
        await page.keyboard.type(str(other))
        await page.keyboard.press("Enter")
        await expect(page.locator('[data-side="from"]')).to_contain_text(SINK)
        await expect(page.locator('[data-side="into"]')).to_contain_text(AGAIN)
        assert await look_at(page, "merge") == []
        await page.keyboard.type("The same hole")
        await page.keyboard.press("Enter")
        await expect(page).to_have_url(re.compile(f"{other}$"))
        await page.goto(path)
        await page.locator("[data-merged] a").click()
        await expect(page).to_have_url(re.compile(f"{other}$"))
        assert (await case_of(router, case_id))["merged_into"] == other


async def press_at(page: Page, name: str) -> None:
    button = page.get_by_role("button", name=name)
    await button.focus()
    await page.keyboard.press("Enter")


async def test_who_merges_with_nothing_or_itself_is_told_so(router: Router) -> None:
    case_id = await case_for(router, -28, "A swing is broken")
    path = f"/console/cases/{case_id}"
    number = (await case_of(router, case_id))["requests"][0]["tracking_number"]
    async with at_work(router, "dispatcher") as staff:
        for words in ("nothing", case_id, number, f"http://x/console/cases/{case_id}?view="):
            status, page = await staff.get(f"{path}/merge?into_case={words}")
            assert (status, "No other case has this id" in page) == (404, True), words
        assert (await staff.get(f"{path}/split?request_id=1"))[0] == 404
    async with at_work(router, "agent") as staff:
        assert (await staff.get(f"{path}/merge?into_case=1"))[0] == 403


@needs_chromium
async def test_who_else_has_a_case_open_is_said(router: Router, browser: Browser) -> None:
    case_id = await case_for(router, -32, "A lamp flickers")
    path = f"/console/cases/{case_id}"
    async with (
        at_page(browser, router, "dispatcher", path) as one,
        at_page(browser, router, "viewer", path) as other,
    ):
        await expect(other.locator("[data-presence]")).to_contain_text(await name_of(one))
        await expect(one.locator("[data-presence]")).to_contain_text(await name_of(other))
        assert await name_of(one) not in await one.locator("[data-presence]").inner_text()


@needs_chromium
async def test_views_are_saved_by_name_and_deleted(router: Router, browser: Browser) -> None:
    await case_for(router, -36, "Graffiti on the bridge")
    async with at_page(browser, router, "viewer", "/console/me") as page:
        await page.get_by_label("Your team").select_option("PBOT-MAINT")
        await page.get_by_role("button", name="Set the team").click()
        await page.goto("/console?priority=P5&order=oldest")
        await page.get_by_text("Save or delete views").click()
        await page.get_by_label("Save the present filters as").fill('Low & "old"')
        await page.get_by_role("button", name="Save the view").click()
        assert await look_at(page, "views") == []
        await page.get_by_role("link", name="My team's").click()
        await expect(page).to_have_url(re.compile(r"\?bureau=PBOT-MAINT$"))
        await page.get_by_role("link", name='Low & "old"').click()
        await expect(page).to_have_url(re.compile(r"\?priority=P5&order=oldest$"))
        await page.get_by_text("Save or delete views").click()
        await page.get_by_role("button", name='Delete “Low & "old"”').click()
        await expect(page.locator("[data-view]")).to_have_count(0)


@needs_chromium
async def test_letters_are_remapped_one_by_one_or_turned_off(
    router: Router, browser: Browser
) -> None:
    async with at_page(browser, router, "viewer", "/console/me") as page:
        help_ = page.get_by_role("dialog")
        await page.get_by_label("Help", exact=True).fill("j")
        await page.get_by_role("button", name="Save", exact=True).click()
        await expect(page.get_by_label("Help", exact=True)).to_have_attribute(
            "aria-invalid", "true"
        )
        await page.get_by_label("Help", exact=True).fill("x")
        await page.get_by_label("Next case").fill("")
        await page.get_by_role("button", name="Save", exact=True).click()
        await expect(page.locator("[aria-invalid]")).to_have_count(0)
        await page.locator("h1").click()
        await page.keyboard.press("?")
        await expect(help_).to_be_hidden()
        await page.keyboard.press("x")
        await expect(help_).to_be_visible()
        await expect(help_.locator("dt").first).to_have_text("none")
        assert await look_at(page, "own-keys") == []
