"""The list of problems in a real browser: its map, its looks, and without scripts."""

import aiohttp
import pytest
from playwright.async_api import Browser, expect

from tests.support.chromium import (
    base,
    leave_out_maps,
    look_at,
    needs_chromium,
    press,
    tab_to,
)
from tests.support.intake.open311_calls import public_id_of

pytestmark = [
    pytest.mark.integration,
    pytest.mark.asyncio(loop_scope="module"),
    needs_chromium,
    pytest.mark.timeout(300),
]


async def test_a_pin_leads_to_its_entry(site: aiohttp.ClientSession, browser: Browser) -> None:
    hole = await public_id_of(site, description="Deep hole", lat="45.512", long="-122.6")
    await public_id_of(site, service_code="ROW-SIGN", lat="45.522", long="-122.61")
    page = await browser.new_page(base_url=base(site), locale="en")
    await page.goto("/problems?service_code=ROW-POTHOLE")
    await page.locator(".map").scroll_into_view_if_needed()
    await page.locator(".map .view[data-drawn]").wait_for(timeout=120_000)
    pins = page.locator(".map button[data-pin]")

    await expect(pins).to_have_count(await page.locator(".problems li").count())
    await expect(pins.first).to_have_attribute("aria-label", "Pothole. Received. Southeast")
    await pins.first.click()
    await expect(page.locator(f"#{hole}")).to_be_focused()
    assert await look_at(page, "problems with a map") == []


@pytest.mark.parametrize("language", ["en", "es", "ar"])
async def test_the_list_is_chosen_by_keyboard_without_scripts(
    site: aiohttp.ClientSession, browser: Browser, language: str
) -> None:
    sign = await public_id_of(site, service_code="ROW-SIGN", lat="45.59", long="-122.75")
    page = await browser.new_page(
        base_url=base(site), java_script_enabled=language == "ar", locale=language
    )
    await leave_out_maps(page)
    await page.goto("/problems")
    await tab_to(page, "#f-district")
    await page.select_option("#f-district", "N")
    await press(page, ".filters button")

    assert "district=N" in page.url
    await expect(page.locator(f"#{sign}")).to_be_visible()
    if language == "ar":
        assert await look_at(page, f"problems {language}") == []
