"""The first step with scripts: the map, suggestions of places, and what is told meanwhile."""

import asyncio

import aiohttp
import pytest
import pytest_asyncio
from PIL import Image
from playwright.async_api import Browser, Locator, Page, Request, Route, ViewportSize, expect

from shared.vocabulary import GeoPoint, distance_m
from tests.integration.intake.pages.near import open_case_near
from tests.support.chromium import (
    base,
    needs_chromium,
    press,
    tab_to,
    type_coordinates,
    type_into,
    violations,
)
from tests.support.pictures import encoded
from tests.support.topic_log import TopicLog
from tests.support.waiting import eventually

pytestmark = [
    pytest.mark.integration,
    pytest.mark.asyncio(loop_scope="module"),
    needs_chromium,
    pytest.mark.timeout(300),
]

SQUARE = GeoPoint(45.5189, -122.6793)
ABOUT_M = 15
"""How near a pin comes to what a person aims at."""
_SCROLLED = """
(least) => new Promise((done) => {
  let still = 0, last = -1;  // a touch while it glides stops it, and does no more
  const look = () => {
    still = scrollY === last ? still + 1 : 0;
    last = scrollY;
    if (scrollY > least && still > 20) done();
    else requestAnimationFrame(look);
  };
  look();
})
"""
_TOUCH = "Input.dispatchTouchEvent"
PHONE: ViewportSize = {"width": 360, "height": 740}


@pytest_asyncio.fixture(loop_scope="module")
async def page(browser: Browser, site: aiohttp.ClientSession) -> Page:
    """The first step."""
    page = await browser.new_page(base_url=base(site), locale="en")
    await page.goto("/report")
    return page


async def look_at_map(page: Page) -> Locator:
    """Scroll to the map, and wait until it is drawn."""
    await page.locator(".map").scroll_into_view_if_needed()
    drawn = page.locator(".map .view[data-drawn]")
    await drawn.wait_for(timeout=120_000)
    return drawn


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
    view, pin = await look_at_map(page), page.locator(".map .pin")
    await type_coordinates(page, SQUARE)
    await expect(pin).to_be_visible()

    await tab_to(page, ".map .view", backwards=True)
    await page.keyboard.press("ArrowUp")
    north = await point(page)
    assert north.latitude > SQUARE.latitude
    assert north.longitude == pytest.approx(SQUARE.longitude, abs=2e-5)
    await expect(page.locator(".map .tools [role=status]")).to_contain_text("The pin is near")

    x, y = await middle(pin)
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


async def test_maps_parts_are_fetched_when_it_is_looked_at_and_break_no_policy(
    browser: Browser, site: aiohttp.ClientSession
) -> None:
    page = await browser.new_page(base_url=base(site), locale="en", viewport=PHONE)
    fetched: list[str] = []
    faults: list[str] = []
    page.on("request", lambda request: fetched.append(request.url))
    page.on("console", lambda message: faults.append(message.text))
    await page.goto("/report")
    await page.wait_for_load_state("networkidle")
    before = [url for url in fetched if "maplibre" in url or "tiles" in url]

    await look_at_map(page)

    assert before == []
    assert any(url.endswith("/tiles/portland.gov.pmtiles") for url in fetched)
    assert {url.split("/")[2] for url in fetched} == {base(site).split("/")[2]}
    assert [one for one in faults if "Content Security Policy" in one] == []


async def test_a_phone_scrolls_past_the_map_with_one_finger(
    browser: Browser, site: aiohttp.ClientSession
) -> None:
    context = await browser.new_context(
        base_url=base(site),
        locale="en",
        viewport=PHONE,
        has_touch=True,
        is_mobile=True,
    )
    page = await context.new_page()
    await page.goto("/report")
    x, y = await middle(await look_at_map(page))
    before = await page.evaluate("scrollY")

    finger = await context.new_cdp_session(page)
    for moved in range(0, 240, 20):
        kind = "touchMove" if moved else "touchStart"
        await finger.send(_TOUCH, {"type": kind, "touchPoints": [{"x": x, "y": y - moved}]})
    await finger.send(_TOUCH, {"type": "touchEnd", "touchPoints": []})

    await page.evaluate(_SCROLLED, before + 100)
    assert await page.input_value("#f-latitude") == ""

    async def sets_the_pin() -> bool:  # a tap may still stop the gliding page, and do no more
        await page.locator(".map .view").tap()
        return await page.locator(".map .pin").is_visible()

    assert await eventually(sets_the_pin)
    assert await page.input_value("#f-latitude") != ""


async def test_a_report_is_sent_with_a_point_that_the_mouse_set(
    page: Page, site_log: TopicLog
) -> None:
    await page.fill("#f-description", "A small pothole")
    view = await look_at_map(page)
    await type_coordinates(page, SQUARE)
    x, y = await middle(page.locator(".map .pin"))
    await page.locator("[data-unpin]").click()
    box = await view.bounding_box()
    assert box
    await view.click(position={"x": x - box["x"], "y": y + 24 - box["y"]})
    large = encoded(Image.effect_noise((2400, 1200), 60), kind="PNG")
    photo = {"name": "p.png", "mimeType": "image/png", "buffer": large}
    await page.set_input_files("#f-photo", files=photo)  # type: ignore[arg-type] # as documented

    async def shrunk() -> bool:
        width = (
            "createImageBitmap(document.getElementById('f-photo').files[0]).then((b) => b.width)"
        )
        return bool(await page.evaluate(width) == 1_600)

    assert await eventually(shrunk)
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


async def test_open_problems_are_pins_and_can_be_followed(
    site: aiohttp.ClientSession, page: Page, site_log: TopicLog
) -> None:
    await open_case_near(site, site_log)
    chosen, asked = asyncio.Event(), list[Request]()

    async def late(route: Route) -> None:
        asked.append(route.request)
        await chosen.wait()
        await route.continue_()

    await page.route("**/v1/places?near=*", late)
    await page.fill("#f-description", "A small pothole")
    await look_at_map(page)
    await type_coordinates(page, SQUARE)
    known = page.locator(".map [data-pin]").first
    await expect(known).to_have_attribute("aria-label", "Pothole. With the team. 1 report")

    await known.press("Enter")
    await page.locator(".map .tools button[name=follow]").wait_for()
    chosen.set()
    for address in asked:  # which comes too late
        answer = await address.response()
        assert answer
        await answer.finished()
    await page.evaluate("new Promise(requestAnimationFrame)")
    async with page.expect_navigation():
        await page.locator(".map .tools button[name=follow]").click()

    await expect(page.locator("main")).to_contain_text("You are following a report")


async def test_danger_and_cases_near_by_are_told_while_a_person_writes(
    site: aiohttp.ClientSession, page: Page, site_log: TopicLog
) -> None:
    await open_case_near(site, site_log)
    await page.fill("#f-description", "A live wire is down and sparking")
    await expect(page.locator("[data-warning] [role=alert]")).to_contain_text("Call 911 now")
    await page.fill("#f-description", "A small pothole")
    await expect(page.locator("[data-warning] [role=alert]")).to_be_hidden()
    await page.fill("#f-address", "Kelley Point Park")
    await expect(page.locator("[data-place]")).to_have_text("We found: Kelley Point Park")
    await page.fill("#f-address", "99999 Nowhere Lane")
    await expect(page.locator("[data-place]")).to_be_empty()  # it may be half an address
    await page.locator("#f-description").focus()
    await expect(page.locator("[data-place]")).to_contain_text("We could not find this place.")
    await page.fill("#f-address", "Gresham City Hall")
    await expect(page.locator("[data-place] .note")).to_contain_text("City of Gresham")
    await page.fill("#f-address", "Kelley Point Park")
    await type_coordinates(page, SQUARE)
    await expect(page.locator("[data-place] .note")).to_contain_text("miles from the address")
    await expect(page.locator("[data-told]")).to_contain_text("nearby, listed below.")
    async with page.expect_navigation():
        await page.locator("[data-preview] button[name=follow]").first.click()

    await expect(page.locator("main")).to_contain_text("You are following a report")


async def test_a_small_map_has_the_cases_of_the_list_by_their_numbers(
    page: Page, site: aiohttp.ClientSession, site_log: TopicLog
) -> None:
    await open_case_near(site, site_log)
    await page.fill("#f-description", "A small pothole")
    await type_coordinates(page, SQUARE)
    await page.locator("main button.main").click()
    await look_at_map(page)
    pin = page.locator(".still button.known").first
    await expect(pin).to_have_text("1")
    await pin.press("Enter")  # another pin may lie on it

    await expect(page.locator("button[name=follow]").first).to_be_focused()
    assert await violations(page) == []


async def test_an_address_is_chosen_from_a_list_by_keyboard(page: Page) -> None:
    field, options = page.locator("#f-address"), page.get_by_role("option")
    await type_into(page, "#f-address", "se 82nd and div")
    await expect(options).to_have_text(["SE 82nd Ave & SE Division St"])
    await expect(field).to_have_attribute("aria-expanded", "true")

    await page.keyboard.press("ArrowDown")
    await expect(field).to_have_attribute("aria-activedescendant", "place-0")
    await page.keyboard.press("Enter")

    assert await field.input_value() == "SE 82nd Ave & SE Division St"
    await expect(options).to_have_count(0)
    await expect(page.locator("[data-place]")).to_contain_text("We found: SE 82nd Ave")
    await page.keyboard.type("x")
    await page.keyboard.press("Backspace")
    await expect(options).to_have_count(1)
    await page.keyboard.press("Escape")
    await expect(field).to_have_attribute("aria-expanded", "false")


async def test_a_finger_on_a_suggestion_touches_nothing_that_moves_up_under_it(
    browser: Browser, site: aiohttp.ClientSession
) -> None:
    page = await browser.new_page(base_url=base(site), locale="en", viewport=PHONE, has_touch=True)
    await page.goto("/report")
    await page.evaluate(
        """addEventListener("click", ({ target }) => { clicked = target.id; }, true)"""
    )
    await type_into(page, "#f-address", "se 82nd and div")
    await expect(page.get_by_role("option")).to_have_count(1)  # of fewer letters there are more
    await page.get_by_role("option").tap()

    await expect(page.locator("#f-address")).to_have_value("SE 82nd Ave & SE Division St")
    assert await page.evaluate("clicked") == "place-0"


async def test_without_webgl_there_is_no_map_and_coordinates_do(
    browser: Browser, site: aiohttp.ClientSession
) -> None:
    page = await browser.new_page(base_url=base(site), locale="en")
    await page.add_init_script("HTMLCanvasElement.prototype.getContext = () => null")
    await page.goto("/report")

    await expect(page.locator(".map")).to_have_count(0)
    await page.fill("#f-description", "A small pothole")
    await type_coordinates(page, SQUARE)
    await press(page, "main button.main")

    await expect(page.locator("h1")).to_have_text("Tell us a bit more")


async def test_a_screen_reader_reads_names_roles_and_order(page: Page) -> None:
    await page.locator("main button.main").click()
    await look_at_map(page)

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
          - paragraph:
            - button "Use my location"
          - combobox "Address or place" [invalid]
          - application "Point on the map"
          - button "Zoom in"
          - button "Zoom out"
          - group: Type coordinates
        - button "Photos (optional)"
        - button "Continue"
    """)
