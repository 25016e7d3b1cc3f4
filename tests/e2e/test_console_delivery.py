"""What goes out, in the console: work to bureaus, and messages to residents."""

import re

import asyncpg
import pytest
from playwright.async_api import Browser, expect

from tests.e2e.actors import call, post, report
from tests.e2e.staff import at_work, case_for
from tests.e2e.test_console_pages import as_operator, at_page, audit_of, name_of
from tests.support.chromium import look_at, needs_chromium
from tests.support.router import Router
from tests.support.waiting import eventually

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(300),
]

FLOODED = "flooded@example.org"
LET_THROUGH = 20  # requests of an hour that may name one mailbox


async def test_a_supervisor_switches_a_webhook_off_and_sends_events_again(router: Router) -> None:
    bureaus = (await as_operator(router, "GET", "/v1/bureaus"))["bureaus"]
    code = bureaus[0]["code"]
    setting = {"url": "http://127.0.0.1:9/hook", "enabled": True}
    await as_operator(router, "PUT", f"/v1/bureaus/{code}/webhook", json=setting)
    path = f"/console/delivery/{code}"
    async with at_work(router, "supervisor") as staff:
        _, page = await staff.get("/console/delivery")
        assert f'data-bureau="{code}"' in page
        span = {"from": "2026-01-01T00:00", "to": "2026-01-02T00:00"}
        assert await staff.send(path, command="replay", **span) == 200
        assert await staff.send(path, command="replay", **{"from": "soon", "to": ""}) == 422
        assert await staff.send(path, command="switch_off") == 200
        assert await staff.send(path, command="switch_on") == 200
        _, page = await staff.get(path)
        assert len(re.findall(r'name="(?:from|to)" required value="\d{4}-', page)) == 2
        assert await staff.send(path, command="switch_off") == 200
    state = await as_operator(router, "GET", f"/v1/bureaus/{code}/webhook")
    assert not state["enabled"]


@needs_chromium
async def test_feeds_other_systems_and_mails_stand_beside_the_webhooks(
    router: Router, browser: Browser
) -> None:
    db = await asyncpg.connect(router.stack["postgres"])
    await db.execute("SET search_path = dispatch")
    bureau, key = next(iter(router.stack["keys"]["bureaus"].items()))
    await case_for(router, 16, "A bench in the park is broken", attributes={})
    order = await db.fetchval("SELECT work_order_id FROM work_orders LIMIT 1")
    await db.execute("INSERT INTO forward_systems (bureau) VALUES ($1)", bureau)
    await db.execute(
        """
        INSERT INTO forwards (work_order_id, bureau, level, state, tried_at, reason)
        VALUES ($1, $2, 'P3', 'parked', now(), 'no_answer')
        """,
        order,
        bureau,
    )
    await db.execute(
        "INSERT INTO digests VALUES ($1, '2026-11-30', 'failed', 1, now(), now(), 'refused')",
        bureau,
    )
    await db.close()
    headers = {"Authorization": f"Bearer {key}"}
    path = f"{router.stack['dispatch']}/v1/bureaus/{bureau}/work-orders"
    assert (await call("GET", path, headers=headers))[0] == 200
    async with at_page(browser, router, "supervisor", "/console/delivery") as page:
        await expect(page.locator(f'[data-feed="{bureau}"]')).to_be_visible()
        await expect(page.locator(f'[data-system="{bureau}"] td').last).to_have_text(
            "0 open · 0 failed · 1 unknown"
        )
        await expect(page.locator(f'[data-forward="{order}"]')).to_contain_text("may have arrived")
        await expect(page.locator(f'[data-digest="{bureau}"]')).to_contain_text("refused")
        assert await look_at(page, "delivery-all") == []


@needs_chromium
async def test_a_supervisor_drops_what_a_flood_would_send(router: Router, browser: Browser) -> None:
    reporter = {"email": FLOODED, "status_updates": ["email"]}
    asked = report(reporter=reporter, location={"address": "SE 82nd Ave"})
    numbers = []
    for _ in range(LET_THROUGH + 1):
        status, answer = await post(router, asked)
        assert status == 201, answer
        numbers.append(re.escape(answer["tracking_number"]))
    async with at_page(browser, router, "supervisor", "/console/messages") as page:
        held = page.locator("[data-contact]")  # perhaps of other tests, too
        ours = page.locator("[data-message]", has_text=re.compile("|".join(numbers))).first

        async def is_held() -> bool:
            await page.reload()
            return await ours.count() > 0

        await eventually(is_held)
        assert await look_at(page, "messages-held") == []
        message = await ours.get_attribute("data-message")
        assert FLOODED not in await page.content()
        for contact in [await one.get_attribute("data-contact") for one in await held.all()]:
            mine = page.locator(f'[data-contact="{contact}"]')
            drop = mine.get_by_role("button", name="Drop")
            await expect(drop).to_be_hidden()
            await mine.get_by_text("Drop them").click()
            await drop.click()
            await expect(mine).to_have_count(0)

        await page.get_by_role("link", name="Suppressed").click()
        row = page.locator(f'[data-message="{message}"]')
        await expect(row).to_contain_text("contact_flooded")
        audit = await audit_of(router, await name_of(page))
        assert re.search(rf"messages_drop</td><td[^>]*>{contact} ", audit)


async def test_what_is_no_decision_about_a_contact_is_refused(router: Router) -> None:
    async with at_work(router, "supervisor") as staff:
        path = "/console/messages"
        assert await staff.send(path, command="release", contact="nobody") == 404
        assert await staff.send(path, command="resend", contact="0" * 32) == 403
        assert (await staff.get(f"{path}?state=sent"))[0] == 422
