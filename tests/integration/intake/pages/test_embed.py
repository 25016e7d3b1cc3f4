"""The form in a frame of another site: only of those that the city names."""

from dataclasses import replace

import aiohttp
import pytest
from aiohttp.test_utils import make_mocked_request
from playwright.async_api import Browser, Page, Route, expect

from services.intake.channels.pages.site import CitySite
from services.intake.policy import intake_languages
from tests.support.chromium import base, look_at, needs_chromium
from tests.support.intake.pages import site as city_site
from tests.support.waiting import eventually

pytestmark = [
    pytest.mark.integration,
    pytest.mark.asyncio(loop_scope="module"),
    needs_chromium,
    pytest.mark.timeout(300),
]

PARKS = "https://parks.example.org"


async def framed(browser: Browser, url: str, policy: str = "") -> Page:
    """A page of the parks' site with another in a frame; ``policy`` in place of its own.

    The framed page is fetched for the browser, which lets no other site frame a local one.
    """
    page = await browser.new_page(locale="en")

    async def other_site(route: Route) -> None:
        frame = f'<iframe src="{url}" title="Form" width="600" height="700"></iframe>'
        await route.fulfill(body=f"<!doctype html><h1>Parks</h1>{frame}", content_type="text/html")

    async def in_frame(route: Route) -> None:
        answer = await route.fetch()
        headers = answer.headers
        if policy:
            headers = {name: v for name, v in headers.items() if name != "x-frame-options"}
            headers["content-security-policy"] = policy
        await route.fulfill(response=answer, headers=headers)

    await page.route(f"{PARKS}/", other_site)
    await page.route(url, in_frame)
    await page.goto(f"{PARKS}/")
    return page


def policy_of(*origins: str) -> str:
    """The policy of the form in a city that names these sites."""
    city = city_site().city
    named = replace(city, pages=replace(city.pages, framed_by=origins))
    response = CitySite(named, 400, "https://311.example.org", intake_languages()).page(
        make_mocked_request("GET", "/privacy"), "privacy", framed_by=named.pages.framed_by
    )
    assert "X-Frame-Options" not in response.headers
    return response.headers["Content-Security-Policy"]


async def test_a_site_that_the_city_names_shows_the_form_and_its_next_step_opens_a_tab(
    site: aiohttp.ClientSession, browser: Browser
) -> None:
    url = f"{base(site)}/embed?service_code=ROW-POTHOLE&lat=45.5189&lon=-122.6793"
    page = await framed(browser, url, policy_of(PARKS))
    form = page.frame_locator("iframe")
    await form.locator("#f-description").fill("A deep hole")
    async with page.expect_popup() as opened:
        await form.locator("button.main").click()
    next_step = await opened.value

    await expect(next_step.locator("#f-service_code input:checked")).to_have_value("ROW-POTHOLE")
    assert next_step.url.startswith(f"{base(site)}/report/")


@pytest.mark.parametrize("path", ["/embed?lang=en", "/report", "/problems"])
async def test_no_other_site_shows_any_page(
    site: aiohttp.ClientSession, browser: Browser, path: str
) -> None:
    page = await framed(browser, f"{base(site)}{path}")

    async def is_refused() -> bool:
        return page.frames[1].url.startswith("chrome-error:")

    assert await eventually(is_refused)


async def test_the_form_alone_is_accessible(site: aiohttp.ClientSession, browser: Browser) -> None:
    page = await browser.new_page(base_url=base(site), locale="en")
    await page.goto("/embed?service_code=ROW-POTHOLE")

    assert await look_at(page, "embed") == []
