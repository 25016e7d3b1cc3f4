"""The page behind "Is it fixed?": what it asks, what it takes, and what it refuses."""

import asyncio
from base64 import b64decode
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import aiohttp
import pytest
from aiohttp import web

from services.notify.channels.resident_links.channel import feedback_routes
from services.notify.channels.resident_links.pages import LinkPages
from services.notify.store.resident_links import MAX_ANSWERS
from shared.contract.events import Decoder, FeedbackGiven, new_id
from shared.contract.topics import NOTIFY_FEEDBACK
from shared.page_style import ICON
from shared.runtime.http.server import serve_http
from shared.runtime.postgres import Pool
from tests.integration.notify.stores import PostgresStores, add, save
from tests.support.builders import NOON, contact_given
from tests.support.chromium import (
    base,
    look_at,
    needs_chromium,
    open_browser,
)
from tests.support.html_tree import one_line, tree_of
from tests.support.notify.factories import (
    LINKS,
    closed,
    delivery,
    opened,
    ports,
    triaged,
    trigger,
)

pytestmark = pytest.mark.integration


class Page(NamedTuple):
    status: int
    headers: Any
    text: str

    @property
    def words(self) -> str:
        return one_line(tree_of(self.text).xpath("//body")[0].text_content())


async def ready() -> None:
    return None


@pytest.fixture
async def client(pool: Pool) -> AsyncGenerator[aiohttp.ClientSession]:
    async with client_at(pool, NOON) as session:
        yield session


@asynccontextmanager
async def client_at(pool: Pool, now: datetime) -> AsyncGenerator[aiohttp.ClientSession]:
    """A client of the page as it is at a moment."""
    core = ports(pool, clock=lambda: now)
    async with serving(feedback_routes(core, LinkPages(core))) as session:
        yield session


@asynccontextmanager
async def serving(routes: list[web.RouteDef]) -> AsyncGenerator[aiohttp.ClientSession]:
    async with (
        serve_http("127.0.0.1", 0, routes=routes, check=ready, stopping=asyncio.Event()) as port,
        aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session,
    ):
        yield session


class Asked(NamedTuple):
    path: str
    case_id: str
    request_id: str


async def ask(pool: Pool, *, language: str = "en", template: str = "completed") -> Asked:
    """Store a message to Ana about a case; return the path of its link."""
    request_id, case_id = new_id(), new_id()
    store = PostgresStores(pool)
    contact = contact_given(request_id, name="Ana Poole", email="ana@example.org")
    events = [triaged(request_id, case_id), opened(request_id, case_id), closed(case_id, 2)]
    await save(store, contact, *events)
    about = trigger(case_id, 2, template=template)
    [stored] = await add(store, delivery(request_id=request_id, trigger=about, language=language))
    return Asked(urlsplit(LINKS.url("feedback", stored.notification_id)).path, case_id, request_id)


async def call(client: aiohttp.ClientSession, method: str, path: str, **options: Any) -> Page:
    async with client.request(method, path, **options) as response:
        return Page(response.status, response.headers, await response.text())


async def given(pool: Pool) -> list[FeedbackGiven]:
    """The answers that are published, in order."""
    decoder: Decoder[FeedbackGiven] = Decoder([FeedbackGiven])
    rows = await pool.fetch(
        "SELECT value FROM outbox WHERE topic = $1 ORDER BY seq", NOTIFY_FEEDBACK.name
    )
    return [decoder.decode(row["value"]) for row in rows]


async def test_every_page_has_the_icon_and_may_show_it(
    client: aiohttp.ClientSession, pool: Pool
) -> None:
    asked = await ask(pool)
    for path in (asked.path, asked.path[:-1]):
        page = await call(client, "GET", path)
        [icon] = tree_of(page.text).xpath("//link[@rel='icon']/@href")

        assert b64decode(icon.removeprefix("data:image/svg+xml;base64,")) == ICON.read_bytes()
        assert "img-src data:;" in page.headers["Content-Security-Policy"]


async def test_a_browser_gets_a_page_about_a_crash(pool: Pool) -> None:
    async def crash(_: web.Request) -> web.Response:
        raise LookupError("a secret")

    core = ports(pool, clock=lambda: NOON)
    async with serving([web.get("/crash", LinkPages(core).guarded(crash))]) as client:
        page = await call(client, "GET", "/crash", headers={"Accept": "text/html,*/*"})
        answer = await call(client, "GET", "/crash")

    assert (page.status, answer.status) == (500, 500)
    assert "We are very busy right now" in page.words
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert "secret" not in page.text + answer.text


async def test_looking_changes_nothing_and_an_answer_is_published_once(
    client: aiohttp.ClientSession, pool: Pool
) -> None:
    asked = await ask(pool)
    shown = [await call(client, method, asked.path) for method in ("GET", "HEAD", "GET")]
    before = await given(pool)
    comment = "Half of it. Ana Poole, call 503-555-0177 or ana@example.org"
    no = {"fixed": "no", "comment": comment}
    answers = [await call(client, "POST", asked.path, data=no) for _ in range(2)]
    [published] = await given(pool)
    await call(client, "POST", asked.path, data={"fixed": "yes"})
    changed = (await given(pool))[1:]

    assert {page.status for page in shown + answers} == {200}
    assert {page.headers["Cache-Control"] for page in shown + answers} == {"no-store"}
    assert "frame-ancestors 'none'" in shown[0].headers["Content-Security-Policy"]
    assert "Is it fixed?" in shown[0].words
    assert "Pothole" in shown[0].words
    assert "They will look at it again." in answers[0].words
    assert before == []
    data = published.data
    assert (data.case_id, data.request_id) == (asked.case_id, asked.request_id)
    assert (data.fixed, data.channel, published.source) == (False, "web", "/notify")
    assert data.comment is not None
    assert data.comment.startswith("Half of it.")
    assert not any(word in data.comment for word in ("Ana", "Poole", "0177", "example"))
    assert [event.data.fixed for event in changed] == [True]


async def test_the_page_speaks_the_language_of_the_message_or_the_one_that_is_chosen(
    client: aiohttp.ClientSession, pool: Pool
) -> None:
    asked = await ask(pool, language="es")
    own, chosen = [await call(client, "GET", asked.path + query) for query in ("", "?lang=en")]

    assert tree_of(own.text).get("lang") == own.headers["Content-Language"] == "es"
    assert "¿Quedó arreglado el problema?" in own.words
    assert tree_of(chosen.text).get("lang") == "en"


async def test_the_page_has_the_menu_and_the_links_of_the_residents_pages(
    client: aiohttp.ClientSession, pool: Pool
) -> None:
    asked = await ask(pool)
    page = await call(client, "GET", f"{asked.path}?lang=es")

    links = tree_of(page.text).xpath("//nav[not(@class='languages')]/a/@href")
    assert [urlsplit(link).path for link in links] == [
        "/report",
        "/track",
        "/problems",
        "/performance",
        "/accessibility",
        "/privacy",
    ]
    assert {urlsplit(link).query for link in links} == {"lang=es"}
    assert "un intérprete gratis" in page.words


async def test_a_button_of_the_mail_chooses_the_answer_and_sends_nothing(
    client: aiohttp.ClientSession, pool: Pool
) -> None:
    asked = await ask(pool)
    queries = ("", "?fixed=yes", "?fixed=no", "?fixed=maybe")
    pages = [await call(client, "GET", asked.path + query) for query in queries]
    chosen = [tree_of(page.text).xpath("//input[@checked]/@value") for page in pages]
    answer = await call(client, "POST", f"{asked.path}?fixed=yes", data={"fixed": "no"})

    assert chosen == [[], ["yes"], ["no"], []]
    assert answer.status == 200
    assert [event.data.fixed for event in await given(pool)] == [False]


async def test_a_link_of_no_message_is_not_found_and_names_nothing(
    client: aiohttp.ClientSession, pool: Pool
) -> None:
    asked, other = await ask(pool), await ask(pool, template="received")
    token = asked.path.rpartition("/")[2]
    unsubscribe = LINKS.url("unsubscribe", token.partition(".")[0]).rpartition("/")[2]
    wrong = [f"{token[:-1]}x", new_id(), unsubscribe, other.path.rpartition("/")[2]]
    pages = [
        await call(client, method, f"/feedback/{one}", data=data)
        for one in wrong
        for method, data in (("GET", None), ("POST", {"fixed": "no"}))
    ]

    assert {page.status for page in pages} == {404}
    assert len({page.text for page in pages}) == 1
    assert "Portland" not in pages[0].text
    assert {page.headers["Cache-Control"] for page in pages} == {"no-store"}
    assert await given(pool) == []


async def test_what_is_no_answer_gets_the_form_again_with_what_was_typed(
    client: aiohttp.ClientSession, pool: Pool
) -> None:
    asked = await ask(pool)
    for data, said in (
        ({"comment": "Still there"}, "Choose yes or no."),
        ({"fixed": "maybe", "comment": "Still there"}, "Choose yes or no."),
        ({"fixed": "no", "comment": "Still there" * 400}, "Please use fewer words"),
    ):
        page = await call(client, "POST", asked.path, data=data)
        tree = tree_of(page.text)
        [link] = tree.xpath("//*[@role='alert'][@autofocus]//a/@href")
        assert (page.status, said in page.words) == (422, True)
        assert tree.xpath(f"//*[@id='{link[1:]}'][@aria-invalid='true']")
        assert tree.xpath("//textarea")[0].text.strip().startswith("Still there")
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    unreadable = await call(client, "POST", asked.path, data=b"fixed=\xff", headers=headers)

    assert unreadable.status == 400
    assert "We could not read what your browser sent." in unreadable.words
    assert await given(pool) == []


async def test_one_link_fills_no_case_with_notes(client: aiohttp.ClientSession, pool: Pool) -> None:
    asked = await ask(pool)
    pages = [
        await call(client, "POST", asked.path, data={"fixed": "no", "comment": f"Still there {n}"})
        for n in range(MAX_ANSWERS + 3)
    ]
    last = {"fixed": "no", "comment": f"Still there {MAX_ANSWERS - 1}"}
    repeated = await call(client, "POST", asked.path, data=last)

    assert [page.status for page in pages] == [200] * MAX_ANSWERS + [410] * 3
    assert repeated.status == 200
    assert len(await given(pool)) == MAX_ANSWERS


async def test_a_link_ends_after_the_days_in_which_a_case_reopens(pool: Pool) -> None:
    asked = await ask(pool)
    no = {"fixed": "no", "comment": ""}
    async with client_at(pool, NOON + timedelta(days=30)) as client:
        last = await call(client, "GET", asked.path)
    async with client_at(pool, NOON + timedelta(days=30, seconds=1)) as client:
        ended = [
            await call(client, "GET", asked.path),
            await call(client, "POST", asked.path, data=no),
        ]
        unknown = await call(client, "GET", f"{asked.path[:-1]}x")

    assert last.status == 200
    assert {page.status for page in ended} == {410}
    assert "This link is too old" in ended[0].words
    assert "call 311" in ended[0].words
    assert not any(word in ended[0].text for word in ("Portland", "Pothole", "26-"))
    assert unknown.status == 404
    assert await given(pool) == []


@needs_chromium
async def test_axe_finds_nothing_in_the_form_with_a_fault_and_behind_it(
    client: aiohttp.ClientSession, pool: Pool
) -> None:
    asked = await ask(pool)
    async with open_browser() as browser:
        page = await browser.new_page()
        await page.goto(base(client) + asked.path)
        await page.get_by_role("button", name="Send my answer").click()
        found = await look_at(page, "feedback-fault")
        await page.get_by_role("radio", name="No, it is not fixed").check()
        await page.get_by_role("button", name="Send my answer").click()
        await page.get_by_role("status").wait_for()
        found += await look_at(page, "feedback-done")

    assert found == []
    assert [event.data.fixed for event in await given(pool)] == [False]
