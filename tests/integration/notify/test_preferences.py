"""Unsubscribing and preferences: the pages behind an e-mail's links, and what comes afterwards."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest

from services.notify.channels.resident_links.channel import preference_routes
from services.notify.channels.resident_links.pages import LinkPages
from services.notify.delivery.worker import DeliveryUpdate
from services.notify.handlers import erase
from services.notify.records import ClaimedDelivery
from services.notify.rules.model import StoredDelivery
from services.notify.rules.recipients import person_hash
from services.notify.rules.signed_links import LinkPurpose
from services.notify.store.resident_links import unsubscribe
from shared.contract.events import new_id
from shared.runtime.http.server import serve_http
from shared.runtime.postgres import Pool, transaction
from tests.integration.notify.stores import PostgresStores, add, claim, due, save, triggers
from tests.integration.notify.test_feedback import call, ready
from tests.support.builders import NOON, contact_given
from tests.support.chromium import base, look_at, needs_chromium, open_browser
from tests.support.html_tree import tree_of
from tests.support.notify.factories import (
    CONTACT_KEY,
    LINKS,
    delivery,
    opened,
    ports,
    triaged,
)

pytestmark = pytest.mark.integration
ANA = person_hash(CONTACT_KEY, address="ana@example.org", phone=None, request_id="")
PURPOSES: tuple[LinkPurpose, LinkPurpose] = ("unsubscribe", "preferences")


@pytest.fixture
async def client(pool: Pool) -> AsyncGenerator[aiohttp.ClientSession]:
    async with client_at(pool, NOON) as session:
        yield session


@asynccontextmanager
async def client_at(pool: Pool, now: datetime) -> AsyncGenerator[aiohttp.ClientSession]:
    """A client of the pages as they are at a moment."""
    core = ports(pool, clock=lambda: now)
    routes = preference_routes(core, LinkPages(core))
    async with (
        serve_http("127.0.0.1", 0, routes=routes, check=ready, stopping=asyncio.Event()) as port,
        aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session,
    ):
        yield session


def link(purpose: LinkPurpose, stored: StoredDelivery) -> str:
    return urlsplit(LINKS.url(purpose, stored.notification_id)).path


async def next_message(pool: Pool, earlier: StoredDelivery | None = None) -> ClaimedDelivery:
    """The next message to Ana about the case of an earlier one, ``in_progress``, as claimed."""
    store = PostgresStores(pool)
    version = earlier.delivery.trigger.version + 1 if earlier else 1
    of_case = {
        "request_id": earlier.delivery.request_id if earlier else new_id(),
        "case_id": earlier.delivery.trigger.subject_id if earlier else new_id(),
    }
    await due(store, version, person=ANA, **of_case)
    return await claimed(store)


async def claimed(store: PostgresStores) -> ClaimedDelivery:
    [one] = await claim(store.deliveries, now=NOON)
    await store.deliveries.record([DeliveryUpdate(one.stored, "sent", 0)])
    return one


async def test_one_click_unsubscribes_and_a_look_does_not(
    client: aiohttp.ClientSession, pool: Pool
) -> None:
    first = (await next_message(pool)).stored
    path = link("unsubscribe", first)
    looks = [await call(client, method, path) for method in ("GET", "HEAD", "GET")]
    second = await next_message(pool, first)
    one_click = {"data": {"List-Unsubscribe": "One-Click"}}
    stopped = [await call(client, "POST", path, **one_click) for _ in range(2)]
    third = await next_message(pool, second.stored)

    assert {page.status for page in looks + stopped} == {200}
    assert {page.headers["Cache-Control"] for page in looks + stopped} == {"no-store"}
    assert "Set-Cookie" not in stopped[0].headers
    assert "Stop our emails?" in looks[0].words
    assert "We stopped the emails" in stopped[0].words
    assert (second.suppressed, third.suppressed) == (None, "unsubscribed")


async def test_the_preferences_page_saves_steps_and_language_and_lets_mail_come_again(
    client: aiohttp.ClientSession, pool: Pool
) -> None:
    first = (await next_message(pool)).stored
    path = link("preferences", first)
    shown = await call(client, "GET", path)
    await call(client, "POST", path, data={"updates": "none", "language": "en"})
    none = await next_message(pool, first)
    saved = await call(client, "POST", path, data={"updates": "important", "language": "es"})
    important = await next_message(pool, none.stored)
    await call(client, "POST", path, data={"updates": "all", "language": "es"})
    every = await next_message(pool, important.stored)
    again = await call(client, "GET", path)

    assert tree_of(shown.text).xpath("//input[@checked]/@value") == ["all"]
    assert "Le escribiremos cuando el trabajo esté hecho" in saved.words
    assert (none.suppressed, important.suppressed, every.suppressed) == (
        "unsubscribed",
        "not_wanted",
        None,
    )
    assert (every.data.language, every.stored.delivery.language) == ("es", "es")
    assert tree_of(again.text).get("lang") == "es"


@pytest.mark.parametrize("data", [{}, {"updates": "some"}, {"updates": "all", "language": "xx"}])
async def test_a_form_that_chooses_nothing_gets_it_again_and_changes_nothing(
    client: aiohttp.ClientSession, pool: Pool, data: dict[str, str]
) -> None:
    first = (await next_message(pool)).stored

    page = await call(client, "POST", link("preferences", first), data=data)

    assert (page.status, "Choose which messages you want." in page.words) == (422, True)
    assert await pool.fetch("SELECT FROM preferences") == []
    assert (await next_message(pool, first)).suppressed is None


async def test_links_work_for_thirteen_months_and_end(pool: Pool) -> None:
    first = (await next_message(pool)).stored
    ends = NOON + timedelta(days=400)
    one_click = {"data": {"List-Unsubscribe": "One-Click"}}
    async with client_at(pool, ends + timedelta(seconds=1)) as client:
        ended = [
            await call(client, "POST", link("unsubscribe", first), **one_click),
            await call(client, "GET", link("preferences", first)),
        ]
    second = await next_message(pool, first)
    async with client_at(pool, ends) as client:
        stopped = await call(client, "POST", link("unsubscribe", first), **one_click)
    third = await next_message(pool, second.stored)

    assert {page.status for page in ended} == {410}
    assert "Please use the link in our newest message to you." in ended[0].words
    assert (second.suppressed, stopped.status, third.suppressed) == (None, 200, "unsubscribed")


async def test_a_bad_link_is_not_found_and_changes_nothing(
    client: aiohttp.ClientSession, pool: Pool
) -> None:
    first = (await next_message(pool)).stored
    unsubscribe_token, preferences_token = (
        link(purpose, first).rpartition("/")[2] for purpose in PURPOSES
    )
    paths = [f"/v1/unsubscribe/{preferences_token}", f"/preferences/{unsubscribe_token}"]
    unknown = StoredDelivery(new_id(), first.delivery)
    paths += [link("unsubscribe", unknown), link("preferences", unknown), "/preferences/x"]
    form: dict[str, Any] = {"data": {"updates": "none", "language": "en"}}
    pages = [
        await call(client, method, path, **options)
        for path in paths
        for method, options in (("GET", {}), ("POST", form))
    ]

    assert {page.status for page in pages} == {404}
    assert {page.headers["Cache-Control"] for page in pages} == {"no-store"}
    assert (await next_message(pool, first)).suppressed is None


async def test_who_unsubscribed_gets_the_answer_to_a_later_report_and_no_more_news(
    pool: Pool,
) -> None:
    before = (await next_message(pool)).stored
    async with transaction(pool) as db:
        await unsubscribe(db, ANA, NOON - timedelta(hours=1))
    store, request_id, case_id = PostgresStores(pool), new_id(), new_id()
    report = [contact_given(request_id), triaged(request_id, case_id), opened(request_id, case_id)]
    await save(store, *report)
    [received] = await triggers(store, [case_id], [request_id])
    await add(store, delivery(person=ANA, request_id=request_id, trigger=received))
    answer = await claimed(store)

    assert answer.suppressed is None
    assert (await next_message(pool, answer.stored)).suppressed == "unsubscribed"
    assert (await next_message(pool, before)).suppressed == "unsubscribed"


async def test_an_erasure_takes_the_preferences_for_good_and_leaves_the_opt_out(pool: Pool) -> None:
    first, second = (await next_message(pool)).stored, (await next_message(pool)).stored
    core = ports(pool)
    await core.save_preferences(ANA, "important", "es")
    await core.unsubscribe(ANA)
    left = []
    for one in (first, second):
        async with PostgresStores(pool).notifications() as notifications:
            await erase([one.delivery.request_id], notifications, NOON)
        left.append(await pool.fetchval("SELECT count(*) FROM preferences"))
    await core.save_preferences(ANA, "important", "es")  # by a link of before
    left.append(await pool.fetchval("SELECT count(*) FROM preferences"))

    assert left == [1, 0, 0]
    assert await pool.fetchval("SELECT reason FROM consents") == "unsubscribed"


@needs_chromium
async def test_axe_finds_nothing_on_the_pages(client: aiohttp.ClientSession, pool: Pool) -> None:
    first = (await next_message(pool)).stored
    async with open_browser() as browser:
        page = await browser.new_page()
        await page.goto(base(client) + link("preferences", first))
        await page.get_by_role("radio", name="No emails").check()
        found = await look_at(page, "preferences")
        await page.get_by_role("button", name="Save").click()
        await page.get_by_role("status").wait_for()
        await page.goto(base(client) + link("unsubscribe", first))
        found += await look_at(page, "unsubscribe")

    assert found == []
