"""Parked records in the console: every service's dead letters, their bytes, their replay."""

import json
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from uuid import uuid4

import asyncpg
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.e2e.staff import at_work
from tests.e2e.test_console_pages import at_page, audit_of, name_of
from tests.support.chromium import look_at, needs_chromium
from tests.support.router import Router, running_router
from tests.support.temporary_folders import let_others_in
from tests.support.waiting import eventually

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(300),
]

# A topic that each service replays; all are read by somebody.
TOPICS = ("intake-requests", "triage-surges", "dispatch-closings", "notify-feedback")
MARKUP = '<script>document.title="taken"</script>'


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def router(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Router]:
    """A router of its own: `route311 check` rightly finds fault with what is written here."""
    folder = let_others_in(tmp_path_factory.mktemp("router"))
    async with running_router(folder / "data") as started:
        yield started


@asynccontextmanager
async def at_parked(browser: Browser, router: Router, topic: str) -> AsyncGenerator[Page]:
    """The page of a record that a service could not read."""
    unknown = {
        "specversion": "1.0",
        "id": str(uuid4()),
        "source": "/test",
        "type": MARKUP,
        "data": {},
    }
    await router.write(topic, "a", json.dumps(unknown).encode())
    async with at_page(browser, router, "supervisor", "/console/parked") as page:
        letter = page.locator(f'[data-letter^="{topic}-dlq/"]').first

        async def is_parked() -> bool:
            await page.reload()
            return await letter.count() > 0

        await eventually(is_parked)
        yield page


@needs_chromium
@pytest.mark.parametrize("topic", TOPICS)
async def test_a_supervisor_replays_a_record_of_each_service(
    router: Router, browser: Browser, topic: str
) -> None:
    before = len(await router.records(topic))
    async with at_parked(browser, router, topic) as page:
        assert MARKUP not in await page.content()
        assert await look_at(page, "parked") == []
        await page.locator(f'[data-letter^="{topic}-dlq/"] a').first.click()
        await expect(page.locator("[data-standing]")).to_have_text("not replayed")
        assert await look_at(page, "parked-one") == []
        place = await page.locator("h1").inner_text()
        replay = page.locator("form", has=page.get_by_role("button", name="Replay"))
        await replay.get_by_label("Reason").fill("the reader is mended")
        await replay.get_by_role("button").click()
        await expect(page.locator("[data-standing]")).to_have_text("replayed")
        name = await name_of(page)

    async def is_published() -> bool:
        return len(await router.records(topic)) >= before + 2

    await eventually(is_published)
    audited = await audit_of(router, name)
    assert re.search(rf"dead_letter_replay</td><td[^>]*>{place}: the reader is mended", audited)


@needs_chromium
async def test_bytes_are_text_on_the_page_and_stand_in_the_audit(
    router: Router, browser: Browser
) -> None:
    async with at_parked(browser, router, "dispatch-closings") as page:
        await page.locator('[data-letter^="dispatch-closings-dlq/"] a').first.click()
        await page.get_by_text("Show the bytes").first.click()
        await page.locator("details").get_by_label("Reason").fill("what did the reader choke on")
        await page.locator("details").get_by_role("button").click()
        await expect(page.locator("[data-bytes]")).to_contain_text("taken")
        assert await page.title() != "taken"
        assert await look_at(page, "parked-bytes") == []
        name = await name_of(page)
    audited = await audit_of(router, name)
    assert "what did the reader choke on" in audited
    assert "dead_letter_bytes" in audited


async def test_an_older_log_in_is_asked_for_again_before_bytes_and_replay(router: Router) -> None:
    path = "/console/parked/dispatch-closings-dlq/0"
    async with at_work(router, "supervisor") as staff:
        db = await asyncpg.connect(router.stack["postgres"])
        aged = (
            "UPDATE console.sessions SET proved_at = now() - interval '11 minutes' WHERE name = $1"
        )
        assert await db.execute(aged, staff.name) != "UPDATE 0"
        await db.close()
        for command in ("bytes", "replay"):
            _, page = await staff.submit(path, command=command, reason="because")
            assert 'action="/console/login"' in page
    assert "dead_letter" not in await audit_of(router, staff.name)


async def test_what_is_no_record_or_no_action_is_refused(router: Router) -> None:
    async with at_work(router, "supervisor") as staff:
        for topic in ("dispatch-closings-dlq", "triage-decisions", "nothing"):
            assert (await staff.get(f"/console/parked/{topic}/999999"))[0] == 404
        path = "/console/parked/dispatch-closings-dlq/0"
        assert await staff.send(path, command="refuse", reason="because") == 403
    async with at_work(router, "dispatcher") as staff:
        assert await staff.send(path, command="replay", reason="because") == 403
