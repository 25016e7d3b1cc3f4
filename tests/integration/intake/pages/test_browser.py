"""The pages in a real browser: by keyboard alone, with and without scripts, judged by axe."""

import aiohttp
import pytest
from PIL import Image
from playwright.async_api import Browser, Page, expect

from tests.integration.intake.pages.near import open_case_near
from tests.support.builders import PIONEER_SQUARE
from tests.support.chromium import (
    base,
    leave_out_maps,
    look_at,
    needs_chromium,
    press,
    tab_to,
    type_coordinates,
    type_into,
    violations,
)
from tests.support.intake.pages import ALL_FAULTS, REPORT
from tests.support.intake.pages import page as rendered
from tests.support.pictures import encoded
from tests.support.topic_log import TopicLog

pytestmark = [
    pytest.mark.integration,
    pytest.mark.asyncio(loop_scope="module"),
    needs_chromium,
    pytest.mark.timeout(300),
]

HTML = "text/html"
PHOTO, *PHOTOS = (
    {
        "name": f"{name}.png",
        "mimeType": "image/png",
        "buffer": encoded(Image.new("RGB", (640, 480), name), kind="PNG"),
    }
    for name in ("red", "lime", "blue", "white")
)
CLOSED = {
    "status": "completed",
    "status_text": "The work is done.",
    "history": [
        {
            "at": "2026-03-04T17:00:00Z",
            "status": "completed",
            "text": "The work is done.",
            "bureau": "Streets",
            "note": "We filled the hole.",
            "media": [],
        }
    ],
}
DONE = {"en": "We got your report", "es": "Recibimos su reporte", "ar": "استلمنا بلاغك"}


async def choose(page: Page, *photos: object) -> None:
    await page.set_input_files("#f-photo", files=list(photos))  # type: ignore[arg-type] # as documented


async def go_on(page: Page) -> None:
    await press(page, "main button.main")


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
@pytest.mark.parametrize("language", ["en", "es", "ar"])
async def test_a_report_is_sent_and_followed_by_keyboard_alone(
    site: aiohttp.ClientSession,
    browser: Browser,
    site_log: TopicLog,
    language: str,
    *,
    scripts: bool,
) -> None:
    page = await browser.new_page(base_url=base(site), java_script_enabled=scripts, locale=language)
    await leave_out_maps(page)
    await page.goto("/")
    await press(page, ".button[href='/report']")
    await go_on(page)
    await expect(page.locator(".faults")).to_be_focused()
    await tab_to(page, ".faults a")
    await page.keyboard.press("Enter")
    await page.keyboard.type("A small pothole")
    await type_into(page, "#f-address", "1221 SW 4th Ave")
    async with page.expect_navigation():
        await page.keyboard.press("Enter")
    chosen = page.locator("#f-service_code input:checked")
    assert await chosen.input_value() == "ROW-POTHOLE"
    await go_on(page)
    await type_into(page, "#f-name", "Ana")
    await type_into(page, "#f-email", "ana@example.org")
    await go_on(page)
    heading = await page.locator("h1").inner_text()
    number = await page.locator("output").get_attribute("data-tracking-number")
    await press(page, ".button.main")
    await type_into(page, "#f-text", "It is deeper now")
    await go_on(page)
    thanks = await page.locator("[role=status]").count()
    submitted = await site_log.request(number)

    assert heading == DONE[language]
    assert (submitted.data.tracking_number, submitted.data.language) == (number, language)
    assert thanks == 1


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
async def test_steps_have_addresses_for_back_reload_changes_and_a_second_tab(
    site: aiohttp.ClientSession, browser: Browser, site_log: TopicLog, *, scripts: bool
) -> None:
    context = await browser.new_context(
        base_url=base(site), java_script_enabled=scripts, locale="en"
    )
    await leave_out_maps(context)
    page, main = await context.new_page(), "main button.main"
    await page.goto("/report")
    await page.fill("#f-description", "A small pothole")
    await page.fill("#f-address", "1221 SW 4th Ave")
    await choose(page, PHOTO)
    if scripts:
        await page.locator(".photo img").wait_for()  # it moves the button
    await page.locator(main).click()
    await page.locator("#f-service_code input:checked").wait_for(state="attached")
    await page.go_back()
    assert await page.input_value("#f-description") == "A small pothole"
    assert await page.locator(".photo img").count() == 1
    await page.go_forward()
    await page.reload()
    tab = await context.new_page()
    await tab.goto(page.url)
    await tab.locator(main).click()
    assert "A small pothole" in await tab.locator(".answers").inner_text()
    await tab.get_by_role("link", name="Change What is the problem?").click()
    await tab.fill("#f-description", "A small pothole by the bus stop")
    await tab.locator(main).click()
    await page.locator(main).click()
    for one in (tab, page):
        assert await one.locator("h1").inner_text() == "Check your answers"
        assert "by the bus stop" in await one.locator(".answers").inner_text()
        assert await one.locator(".answers img").count() == 1
    await page.locator(main).click()
    number = await page.locator("output").inner_text()
    await page.reload()
    await page.go_back()
    await tab.locator(main).click()
    for one in (tab, page):
        assert await one.locator("output").inner_text() == number
    await tab.go_back()
    await tab.go_back()
    assert await tab.locator("output").inner_text() == number
    await page.fill("#f-email", "ana@example.org")
    await page.get_by_role("button", name="Send me updates").click()
    receipt = await page.locator("main").inner_text()
    submitted = await site_log.request(number)

    for told in ("We wrote to ana@example.org.", "by the bus stop", "1221 SW 4th Ave", "Pothole"):
        assert told in receipt
    assert submitted.data.description == "A small pothole by the bus stop"
    assert len(submitted.data.media) == 1
    assert number not in page.url


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
async def test_photos_add_up_and_each_can_be_removed(
    site: aiohttp.ClientSession, browser: Browser, site_log: TopicLog, *, scripts: bool
) -> None:
    page = await browser.new_page(base_url=base(site), java_script_enabled=scripts, locale="en")
    await leave_out_maps(page)
    thumbnails, main = page.locator("main .photos img"), page.locator("main button.main")

    async def sources() -> list[str]:
        return [await one.get_attribute("src") or "" for one in await thumbnails.all()]

    await page.goto("/report")
    picker = "e => [e.accept, e.multiple, e.hasAttribute('capture')]"
    assert await page.locator("#f-photo").evaluate(picker) == ["image/*", True, False]
    await page.fill("#f-description", "A small pothole")
    await page.fill("#f-address", "1221 SW 4th Ave")
    await choose(page, PHOTO, PHOTOS[0])
    if scripts:  # a camera gives one more
        await choose(page, PHOTOS[1])
        await expect(thumbnails).to_have_count(3)
        await page.get_by_role("button", name="Remove photo 1").press("Enter")
        await expect(page.get_by_role("button", name="Remove photo")).to_have_text(
            ["Remove photo 1", "Remove photo 2"]
        )
    await main.click()
    await page.go_back()
    await page.reload()
    first = await sources()
    await choose(page, PHOTOS[2])
    await main.click()
    await main.click()
    added = await sources()
    await page.fill("#f-name", "Ana")
    await page.get_by_role("button", name="Remove photo 2").click()
    await page.wait_for_url("**#photos")
    left = await sources()
    assert await page.input_value("#f-name") == "Ana"
    await main.click()
    receipt = await sources()
    number = await page.locator("output").inner_text()
    await page.get_by_role("link", name="See its status").click()
    tracked = await sources()
    submitted = await site_log.request(number)

    assert (len(first), len(added), added[:2]) == (2, 3, first)
    assert left == receipt == [added[0], added[2]]
    assert sorted(tracked) == sorted(left)
    assert [one.url.rpartition("/v1")[2] for one in submitted.data.media] == [
        one.removeprefix("/v1") for one in left
    ]


async def test_axe_finds_nothing_on_any_page_in_any_state(
    site: aiohttp.ClientSession, browser: Browser, site_log: TopicLog
) -> None:
    await open_case_near(site, site_log)
    page = await browser.new_page(base_url=base(site), locale="en")
    found: list[str] = []
    for name in ("", "accessibility", "privacy", "track", "track/26-7KQ4-M2"):
        await page.goto(f"/{name}")
        found += await look_at(page, name.replace("/", "-") or "home")
    await page.goto("/report")
    found += await look_at(page, "report-1")
    await page.locator("main button.main").click()
    found += await look_at(page, "report-1-faults")
    await page.fill("#f-description", "A small pothole")
    await type_coordinates(page, PIONEER_SQUARE)
    await choose(page, PHOTO, *PHOTOS)
    await expect(page.locator("main .photo img")).to_have_count(4)
    found += await look_at(page, "report-1-photo")
    await leave_out_maps(page)
    await page.locator("main button.main").click()
    found += await look_at(page, "report-2-near")
    await page.locator(".kinds > details > summary").click()
    await page.fill("#f-kind_words", "bus stop")
    await page.press("#f-kind_words", "Enter")
    await page.locator(".kinds .found").wait_for()
    await page.locator(".kinds details details summary").first.click()
    found += await look_at(page, "report-2-search")
    await page.locator("button[name=follow]").first.click()
    found += await look_at(page, "report-check")
    await page.fill("#f-email", "ana@")
    await page.locator("main button.main").click()
    found += await look_at(page, "report-check-faults")
    await page.fill("#f-email", "ana@example.org")
    await page.locator("main button.main").click()
    found += await look_at(page, "receipt")
    await page.locator(".button.main").click()
    found += await look_at(page, "status")
    await page.fill("#f-text", "A live wire is down and sparking in the hole")
    await page.locator("main button.main").click()
    found += await look_at(page, "status-danger")
    closed = rendered("status", report={**REPORT, **CLOSED}, faults=[])
    await page.route("**/closed", lambda route: route.fulfill(body=closed, content_type=HTML))
    await page.goto("/closed")
    found += await look_at(page, "status-closed")
    refused = rendered("report_1", faults=ALL_FAULTS)
    await page.route("**/refused", lambda route: route.fulfill(body=refused, content_type=HTML))
    await page.goto("/refused")
    found += await look_at(page, "report-1-photo-faults")

    assert found == []


@pytest.mark.parametrize(
    ("language", "danger"),
    [
        ("es", "Hay un cable eléctrico caído echando chispas"),
        ("ar", "A live wire is down and sparking"),
        ("en", "I want to kill myself"),
    ],
)
async def test_axe_finds_nothing_while_there_is_danger(
    site: aiohttp.ClientSession, browser: Browser, language: str, danger: str
) -> None:
    page = await browser.new_page(base_url=base(site), locale=language)
    await leave_out_maps(page)
    await page.goto("/report")
    await page.fill("#f-description", danger)
    await page.fill("#f-address", "SE 82nd y Division")
    await page.locator("[data-warning] .danger").wait_for()
    found = await look_at(page, f"report-1-danger-{language}")
    await page.locator("main button.main").click()
    found += await look_at(page, f"report-2-danger-{language}")
    await page.locator("main button.main").click()
    found += await violations(page)
    await page.locator("main button.main").click()
    found += await look_at(page, f"receipt-danger-{language}")

    assert found == []


async def test_the_characters_left_are_told_near_the_end_and_nothing_is_cut(
    site: aiohttp.ClientSession, browser: Browser
) -> None:
    page = await browser.new_page(base_url=base(site), locale="en")
    await leave_out_maps(page)
    await page.goto("/report")
    area, told = page.locator("#f-description"), page.locator("[data-most]")
    await area.fill("a" * 3_900)
    await expect(told).to_have_text("Characters left: 100")
    await area.fill("a" * 3_799)
    await expect(told).to_be_empty()
    await area.fill("a" * 4_005)
    await expect(told).to_have_text("Characters too many: 5")
    await page.fill("#f-address", "1221 SW 4th Ave")
    await page.locator("main button.main").click()

    await expect(page.locator("#f-description-fault")).to_contain_text("at most 4,000 characters")
    assert len(await area.input_value()) == 4_005
    await expect(told).to_have_text("Characters too many: 5")


async def test_the_place_comes_from_the_device_where_a_person_wants_it(
    site: aiohttp.ClientSession, browser: Browser
) -> None:
    context = await browser.new_context(
        base_url=base(site),
        geolocation={"latitude": 45.5189, "longitude": -122.6793},
        permissions=["geolocation"],
    )
    page = await context.new_page()
    await page.goto("/report")
    await page.locator("[data-locate]").click()
    await page.locator("[role=status]", has_text="We have your location.").wait_for()

    assert await page.input_value("#f-latitude") == "45.518900"
    assert await page.input_value("#f-longitude") == "-122.679300"
