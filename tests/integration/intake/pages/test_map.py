"""The first step with scripts: the map, and what is told while a person writes."""

import aiohttp
import pytest
import pytest_asyncio
from PIL import Image
from playwright.async_api import Browser, Locator, Page, expect

from shared.vocabulary import GeoPoint, distance_m
from tests.integration.intake.pages.chromium import base, needs_chromium, tab_to
from tests.integration.intake.pages.near import open_case_near
from tests.support.pictures import encoded
from tests.support.topic_log import TopicLog

pytestmark = [
    pytest.mark.integration,
    pytest.mark.asyncio(loop_scope="module"),
    needs_chromium,
    pytest.mark.timeout(300),
]

SQUARE = GeoPoint(45.5189, -122.6793)
ABOUT_M = 15
"""How near a pin comes to what a person aims at."""


@pytest_asyncio.fixture(loop_scope="module")
async def page(browser: Browser, site: aiohttp.ClientSession) -> Page:
    """The first step with its map."""
    page = await browser.new_page(base_url=base(site), locale="en")
    await page.goto("/report")
    await page.locator(".map .view svg").wait_for()
    return page


async def point(page: Page) -> GeoPoint:
    """The point in the fields."""
    return GeoPoint(
        float(await page.input_value("#f-latitude")), float(await page.input_value("#f-longitude"))
    )


async def middle(mark: Locator) -> tuple[float, float]:
    box = await mark.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


async def test_the_pin_is_moved_by_mouse_keys_and_fields_and_they_agree(page: Page) -> None:
    view, pin = page.locator(".map .view"), page.locator(".map .pin")
    await page.fill("#f-latitude", str(SQUARE.latitude))
    await page.fill("#f-longitude", str(SQUARE.longitude))
    await expect(pin).to_be_visible()
    assert await view.locator("svg").get_attribute("data-level") == "near"

    await tab_to(page, ".map .view", backwards=True)
    await page.keyboard.press("ArrowUp")
    north = await point(page)
    assert north.latitude > SQUARE.latitude
    assert north.longitude == pytest.approx(SQUARE.longitude, abs=2e-5)
    await expect(page.locator(".map [role=status]")).to_contain_text("Pioneer Courthouse Square")

    x, y = await middle(pin.locator(".eye"))
    await page.mouse.move(x, y)
    await page.mouse.down()
    await page.mouse.move(x + 100, y, steps=4)
    await page.mouse.up()
    east = await point(page)
    assert east.longitude > north.longitude
    assert east.latitude == pytest.approx(north.latitude, abs=2e-5)

    await view.click(position={"x": 40, "y": 40})
    tapped = await point(page)
    assert tapped.longitude < east.longitude
    await page.locator("[data-unpin]").click()
    await expect(pin).to_be_hidden()
    assert await page.input_value("#f-latitude") == ""


async def test_a_report_is_sent_with_a_point_that_the_mouse_set(
    page: Page, site_log: TopicLog
) -> None:
    await page.fill("#f-description", "A small pothole")
    square = page.locator(".map text.place", has_text="Pioneer Courthouse Square")
    await page.fill("#f-latitude", str(SQUARE.latitude))
    await page.fill("#f-longitude", str(SQUARE.longitude))
    await page.locator("[data-unpin]").click()
    await square.click()
    large = encoded(Image.effect_noise((2400, 1200), 60), kind="PNG")
    photo = {"name": "p.png", "mimeType": "image/png", "buffer": large}
    await page.set_input_files("#f-photo", files=photo)  # type: ignore[arg-type] # as documented
    await page.locator("main .photo img").wait_for()
    shrunk = await page.evaluate(
        "createImageBitmap(document.getElementById('f-photo').files[0]).then((b) => b.width)"
    )
    for _ in range(3):
        async with page.expect_navigation():
            await page.locator("main button.main").click()
    number = await page.locator("output").get_attribute("data-tracking-number")
    event = await site_log.request(number)

    at = event.data.location
    assert at.latitude is not None
    assert at.longitude is not None
    assert distance_m(GeoPoint(at.latitude, at.longitude), SQUARE) < ABOUT_M
    assert len(event.data.media) == 1
    assert shrunk == 1_600


async def test_danger_and_cases_near_by_are_told_while_a_person_writes(
    site: aiohttp.ClientSession, page: Page, site_log: TopicLog
) -> None:
    await open_case_near(site, site_log)
    await page.fill("#f-description", "A live wire is down and sparking")
    await expect(page.locator("[data-warning] [role=alert]")).to_contain_text("Call 911 now")
    await page.fill("#f-description", "A small pothole")
    await expect(page.locator("[data-warning] [role=alert]")).to_be_hidden()
    await page.fill("#f-address", "Kelley Point Park")
    await expect(page.locator(".map .found")).to_be_visible()
    await page.fill("#f-latitude", str(SQUARE.latitude))
    await page.fill("#f-longitude", str(SQUARE.longitude))
    await expect(page.locator("[data-preview] .note")).to_contain_text("feet from the address")
    async with page.expect_navigation():
        await page.locator("[data-preview] button[name=follow]").click()

    await expect(page.locator("main")).to_contain_text("You are following a report")


async def test_a_screen_reader_reads_names_roles_and_order(page: Page) -> None:
    await page.locator("main button.main").click()
    await page.locator(".map .view svg").wait_for()

    await expect(page.locator("main")).to_match_aria_snapshot("""
        - alert:
          - heading "Please fix this" [level=2]
          - list:
            - listitem:
              - link "Tell us what the problem is."
            - listitem:
              - link /Tell us where it is/
        - paragraph: Step 1 of 3
        - heading "What is the problem, and where?" [level=1]
        - text: What is the problem?
        - textbox "What is the problem?" [invalid]
        - group "Where is it?":
          - textbox "Address or place" [invalid]
          - paragraph:
            - button "Use my location"
          - application "Point on the map"
          - button "Zoom in"
          - button "Zoom out"
          - button "Remove the pin"
          - textbox "Latitude"
          - textbox "Longitude"
        - region "What we know so far"
        - button "Photo (optional)"
        - button "Continue"
    """)
