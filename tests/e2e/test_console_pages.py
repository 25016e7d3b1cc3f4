"""The console's pages beside queue and case, worked by the people they are for."""

import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from json import loads
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.actors import call
from tests.e2e.staff import at_work, case_for, opened
from tests.support.chromium import look_at, needs_chromium
from tests.support.router import Router
from tests.support.waiting import eventually

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(300),
]

LOWEST = {
    "/console/map": "viewer",
    "/console/surges": "viewer",
    "/console/desk": "agent",
    "/console/unsure": "dispatcher",
    "/console/review": "dispatcher",
    "/console/delivery": "supervisor",
    "/console/messages": "supervisor",
    "/console/parked": "supervisor",
    "/console/approvals": "supervisor",
}
ROLES = ("viewer", "agent", "dispatcher", "supervisor", "admin")
STRANGE = "The thing over there is doing it again"
CALL_BACK = "503-555-0177"
_TOLD = """
    SELECT concat_ws(' ', channel, seconds,
                     CASE WHEN request_id IS NOT NULL THEN 'with a request' END)
      FROM insight.desk_contacts WHERE outcome = $1 AND language = $2 LIMIT 1
"""


@asynccontextmanager
async def at_page(browser: Browser, router: Router, role: str, path: str) -> AsyncGenerator[Page]:
    async with opened(browser, router, role) as page:
        await page.goto(path)
        yield page


async def as_operator(router: Router, method: str, path: str, **sent: Any) -> Any:
    headers = {"Authorization": f"Bearer {router.stack['keys']['operator']}"}
    status, text = await call(method, router.stack["dispatch"] + path, headers=headers, **sent)
    assert status == 200, text
    return loads(text)


async def audit_of(router: Router, name: str) -> str:
    async with at_work(router, "admin") as admin:
        _, page = await admin.get(f"/console/audit?name={name}")
    return page


async def name_of(page: Page) -> str:
    own = await page.locator('nav.own a[href="/console/me"]').inner_text()
    return own.partition(" ")[0]


@pytest.mark.parametrize("role", ROLES)
async def test_each_role_sees_its_pages_and_no_other(router: Router, role: str) -> None:
    async with at_work(router, role) as staff:
        for path, lowest in LOWEST.items():
            status, _ = await staff.get(path)
            assert status == (200 if ROLES.index(role) >= ROLES.index(lowest) else 403), path


@needs_chromium
async def test_an_agent_reports_what_a_caller_says_by_keyboard_alone(
    router: Router, browser: Browser
) -> None:
    async with at_page(browser, router, "agent", "/console/desk") as page:
        await page.keyboard.type("A wire is down and sparking in the road")
        await expect(page.locator('[data-advice="call_911"]')).to_be_visible()
        await page.keyboard.press("Control+a")
        await page.keyboard.type("A deep pothole, cars swerve around it")
        await page.keyboard.press("Tab")
        await page.keyboard.type("45.608, -122.71")
        await page.keyboard.press("Enter")  # of a habit: it looks up, and ends no contact
        await expect(page.locator("[data-summary]")).to_contain_text("Pothole")
        await expect(page.locator("[data-said]")).to_contain_text("Pothole")
        await expect(page.locator('[name^="answer:"]').first).to_be_visible()
        await page.keyboard.press("Control+Enter")

        number = page.locator("[data-tracking-number]")
        await expect(number).to_be_visible()
        given = await number.inner_text()
        found = await listed(router, given)
        assert found["service_code"] == "ROW-POTHOLE"
        case = await as_operator(router, "GET", f"/v1/cases/{found['case_id']}")
        [request] = [one for one in case["requests"] if one["tracking_number"] == given]
        assert request["channel"] == "phone"


async def listed(router: Router, number: str) -> Any:
    """Return the case of a request once dispatch lists it."""

    async def found() -> Any:
        cases = (await as_operator(router, "GET", f"/v1/cases?q={number}"))["cases"]
        return cases[0] if cases else None

    return await eventually(found)


async def test_a_refused_report_can_be_mended_and_sent(router: Router) -> None:
    async with at_work(router, "agent") as staff:
        said = {"command": "request", "said": "A deep pothole", "contact_id": str(uuid4())}
        status, page = await staff.submit("/console/desk", **said)
        assert status == 422
        assert 'id="why-where"' in page
        said["contact_id"] = re.findall(r'name="contact_id" value="([^"]+)"', page)[0]
        said |= {"seconds": "77", "language": "ro", "channel": "walk_in"}
        status, page = await staff.submit("/console/desk", **said, where="45.608, -122.71")
        assert status == 200
        assert "data-tracking-number" in page
    assert await told(router, "request", "ro") == "walk_in 77 with a request"


async def told(router: Router, outcome: str, language: str) -> str:
    """Return what insight was told of a contact besides."""
    db = await asyncpg.connect(router.stack["postgres"])

    async def found() -> str | None:
        row: str | None = await db.fetchval(_TOLD, outcome, language)
        return row

    contact = await eventually(found)
    await db.close()
    assert contact
    return contact


@needs_chromium
async def test_an_answered_call_leaves_a_count_and_no_personal_data(
    router: Router, browser: Browser
) -> None:
    async with at_page(browser, router, "agent", "/console/desk") as page:
        await page.keyboard.type("¿Qué día pasa la basura por mi casa?")
        await expect(page.locator('[data-answer="garbage_day"]')).to_be_visible()
        await page.get_by_role("textbox", name="Phone").fill(CALL_BACK)
        await page.keyboard.press("Escape")
        await page.keyboard.press("1")

        await expect(page.locator(".head")).to_contain_text("1 contact today, 1 settled at once")
        audit = await audit_of(router, await name_of(page))
        assert re.search(r"desk_answered</td><td[^>]*>garbage_day \d+ s", audit)
        assert CALL_BACK not in audit
        assert "basura" not in audit
        assert re.fullmatch(r"phone \d+", await told(router, "answered", "en"))


@needs_chromium
async def test_a_caller_joins_the_open_case_near_by(router: Router, browser: Browser) -> None:
    words = "Graffiti on the wall of the school"
    near = await case_for(router, 10, words, service_code=None, attributes={})
    before = len((await as_operator(router, "GET", f"/v1/cases/{near}"))["requests"])
    async with at_page(browser, router, "agent", "/console/desk") as page:
        await page.keyboard.type("There is graffiti on the school wall")
        await page.keyboard.press("Tab")
        await page.keyboard.type("45.610, -122.71")
        await expect(page.locator(f'[data-near="{near}"]')).to_be_visible()
        await page.keyboard.press("Escape")
        await page.keyboard.press("5")

        await expect(page.locator("[data-tracking-number]")).to_be_visible()

    async def joined() -> bool | None:
        case = await as_operator(router, "GET", f"/v1/cases/{near}")
        return len(case["requests"]) > before or None

    assert await eventually(joined)


@needs_chromium
async def test_kind_and_place_take_two_keys_each(router: Router, browser: Browser) -> None:
    at = {"address": "SE 82nd Ave"}
    case_id = await case_for(router, 11, STRANGE, service_code=None, attributes={}, location=at)
    async with at_page(browser, router, "dispatcher", f"/console/unsure?case={case_id}") as page:
        kind = page.locator('[data-choose="1"]')
        place = page.locator('[data-choose="6"]')

        async def has_places() -> bool:
            await page.reload()
            return await place.count() > 0

        await eventually(has_places)
        chosen, where = await kind.input_value(), await place.input_value()
        await page.keyboard.press("6")
        await page.keyboard.press("Enter")
        await expect(place).to_have_count(0)
        await page.keyboard.press("1")
        await page.keyboard.press("Enter")
        await expect(page).to_have_url(re.compile(r"/console/unsure$"))

        case = await as_operator(router, "GET", f"/v1/cases/{case_id}")
        assert case["service_code"] == chosen
        assert where.startswith(f"{case['location']['latitude']}, ")


async def test_a_held_text_is_released_once_by_whoever_reviews(router: Router) -> None:
    words = "My neighbor Jane Miller is a thief and her plate is 123 ABC <script>"
    await case_for(router, 12, words, service_code="OTHER", attributes={})
    async with at_work(router, "dispatcher") as staff:
        _, page = await staff.get("/console/review")
        found = re.search(r'data-held="([^"]+)"', page)
        assert found
        assert "<mark>" in page
        assert re.search(r'value="withhold" class="default"[^>]* autofocus', page)
        assert "<script>" not in page.partition("data-held")[2]
        assert await staff.send("/console/review", command="publish", number=found[1]) == 403
        assert await staff.send("/console/review", command="release", number=found[1]) == 200
        _, page = await staff.get("/console/review")
        assert found[1] not in page
        assert "text_release" in await audit_of(router, staff.name)


async def test_a_p1_is_lowered_once_another_person_approves(router: Router) -> None:
    danger = "A live wire is down and sparking"
    case_id = await case_for(router, 9, danger, service_code="OTHER", attributes={})
    path = f"/console/cases/{case_id}"
    order = {"command": "lower_priority", "level": "P3", "reason": "A cable of the phone"}
    async with at_work(router, "supervisor") as one, at_work(router, "supervisor") as other:
        assert await one.send(path, **order) == 200
        _, page = await other.get("/console/approvals")
        named = page.partition(case_id)[2].partition("</li>")[0]
        assert re.search(rf">P1</span> [A-Z][^<]+</a> <span lang=[^>]+>{danger}", named)
        _, page = await other.get(path)
        found = re.search(r'data-approval="([^"]+)"', page)
        assert found
        decision = {"command": "approve", "approval": found[1], "case": case_id}
        assert await one.send("/console/approvals", **decision) == 403
        assert await other.send("/console/approvals", **decision) == 200
        assert await other.send("/console/approvals", **decision) == 409
    assert (await as_operator(router, "GET", f"/v1/cases/{case_id}"))["priority"]["level"] == "P3"


async def test_a_reporters_data_are_erased_once_another_person_approves(router: Router) -> None:
    case_id = await case_for(router, -16, "A fence is bent")
    path = f"/console/cases/{case_id}"
    async with at_work(router, "dispatcher") as one, at_work(router, "supervisor") as other:
        _, page = await one.get(path)
        form = page.partition('value="erase_contact"')[2]
        request = re.search(r'<option value="([^"]+)"', form)
        assert request
        order = {"command": "erase_contact", "request_id": request[1], "reason": "She asked"}
        assert await one.send(path, **order) == 200
        _, page = await other.get("/console/approvals")
        found = re.search(r'data-approval="([^"]+)">\s*<p><strong>erase_contact', page)
        assert found
        assert "erasure_ordered" not in str(
            await as_operator(router, "GET", f"/v1/cases/{case_id}")
        )
        decision = {"command": "approve", "approval": found[1]}
        assert await other.send("/console/approvals", **decision) == 200
    assert "erasure_ordered" in str(await as_operator(router, "GET", f"/v1/cases/{case_id}"))


async def test_a_case_shows_its_clocks_and_likely_kinds_and_is_put_on_hold(router: Router) -> None:
    case_id = await case_for(router, 4, STRANGE, service_code=None, attributes={})
    path = f"/console/cases/{case_id}"
    async with at_work(router, "dispatcher") as staff:
        _, page = await staff.get(path)
        assert re.search(r"data-kinds>Likely kinds: \D+ \d+ %", page)
        assert re.search(r'data-order="311-TRIAGE">[^<]*acknowledge by <time', page)
        hold = {"command": "hold", "until": "2099-01-01T09:30"}
        assert await staff.send(path, **hold) == 200
        _, page = await staff.get(path)
        assert 'on hold until <time datetime="2099-01-01T17:30:00Z">' in page
        _, queue = await staff.get("/console")
        assert f'data-case="{case_id}"' not in queue
        danger = "A live wire is down and sparking"
        urgent = await case_for(router, -43, danger, service_code="OTHER", attributes={})
        assert await staff.send(f"/console/cases/{urgent}", **hold) == 200
        _, queue = await staff.get("/console")
        assert "on hold until" in queue.partition(f'data-case="{urgent}"')[2].partition("</tr>")[0]
        _, queue = await staff.get("/console?held=true&since=2020-01-01T00:00:00Z")
        assert f'data-case="{case_id}"' in queue


_SURGE = """
    INSERT INTO dispatch.surges (surge_id, jurisdiction, dedup_group, district, started_at,
                                 report_count, expected)
    SELECT $1, jurisdiction, dedup_group, coalesce(problem #>> '{location,district}', 'unknown'),
           first_reported_at, 9, 1.5
      FROM dispatch.cases WHERE case_id = $2
"""


async def test_who_would_close_a_surge_is_warned_of_its_p1_cases(router: Router) -> None:
    danger = "A live wire is down and sparking"
    case_id = await case_for(router, -44, danger, service_code="OTHER", attributes={})
    db = await asyncpg.connect(router.stack["postgres"])
    await db.execute(_SURGE, surge_id := uuid4(), case_id)
    await db.close()
    async with at_work(router, "supervisor") as staff:
        _, page = await staff.get("/console/surges")
        assert re.search(rf'id="urgent-{surge_id}">\d+ of them (is|are) P1', page)


async def test_a_person_chooses_among_the_teams_of_the_city(router: Router) -> None:
    bureaus = (await as_operator(router, "GET", "/v1/bureaus"))["bureaus"]
    async with at_work(router, "viewer") as staff:
        _, page = await staff.get("/console/me")
    offered = re.findall(r'<option value="([^"]+)"', page.partition('name="team"')[2])
    own = [one["code"] for one in bureaus if one["jurisdiction"] == "portland.gov"]
    assert offered == own


async def test_a_supervisor_alone_closes_a_surge(router: Router) -> None:
    order = {"command": "close_surge", "surge": "none", "reason": "over", "note": "It is over."}
    async with at_work(router, "dispatcher") as staff:
        assert await staff.send("/console/surges", **order) == 403
    async with at_work(router, "supervisor") as staff:
        assert await staff.send("/console/surges", **order) == 404


@needs_chromium
async def test_the_map_has_a_pin_for_each_case_of_its_list(
    router: Router, browser: Browser
) -> None:
    case_id = await case_for(router, 13, "A bench in the park is broken", attributes={})
    async with at_page(browser, router, "viewer", "/console/map") as page:
        pin = page.locator(f'[data-pin="{case_id}"]')
        await expect(pin).to_be_visible()
        row = page.locator(f'[data-list] [data-case="{case_id}"]')

        async def is_out_of_view() -> bool:
            async with page.expect_response(re.compile(r"/console/map\?bbox=")):
                await page.get_by_role("button", name="West").click()
            return await row.count() == 0

        await eventually(is_out_of_view)
        await expect(pin).to_have_count(0)


@needs_chromium
async def test_keys_can_be_tied_to_alt_or_turned_off(router: Router, browser: Browser) -> None:
    async with at_page(browser, router, "viewer", "/console/me") as page:
        help_ = page.get_by_role("dialog")
        await page.get_by_label("Single-letter keys").select_option("alt")
        await page.get_by_role("button", name="Save").click()
        await expect(page.locator('[data-keys="alt"]')).to_have_count(1)
        await page.keyboard.press("?")
        await expect(help_).to_be_hidden()
        await page.keyboard.press("Alt+Shift+Slash")
        await expect(help_).to_be_visible()
        await page.keyboard.press("Escape")
        await page.get_by_label("Single-letter keys").select_option("off")
        await page.get_by_role("button", name="Save").click()
        await expect(page.locator('[data-keys="off"]')).to_have_count(1)
        await page.keyboard.press("Alt+Shift+Slash")
        await expect(help_).to_be_hidden()


@needs_chromium
async def test_axe_finds_nothing_on_any_page(router: Router, browser: Browser) -> None:
    case_id = await case_for(router, 14, STRANGE, service_code=None, attributes={})
    await case_for(router, 18, "o" * 60, service_code=None, attributes={})  # no place to break
    async with at_page(browser, router, "admin", "/console/desk") as page:
        await page.keyboard.type("A deep pothole, and when is the garbage picked up?")
        await page.keyboard.press("Tab")
        await page.keyboard.type("45.608, -122.71")
        await expect(page.locator("[data-summary]")).to_be_visible()
        assert await look_at(page, "desk") == []
        code = (await as_operator(router, "GET", "/v1/bureaus"))["bureaus"][0]["code"]
        for name in (
            "map",
            f"unsure?case={case_id}",
            "review",
            "surges",
            "insight?report=times&by=kind",
            "delivery",
            "messages",
            "approvals",
            "me",
        ):
            await page.goto(f"/console/{name}")
            if name == "map":
                await expect(page.locator("[data-drawn]")).to_have_count(1)
            assert await look_at(page, name.partition("?")[0]) == []
        await page.goto(f"/console/delivery/{code}")
        assert await look_at(page, "bureau") == []
