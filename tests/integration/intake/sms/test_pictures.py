"""Pictures of text messages: fetched once, after the answer, from the gateway's hosts alone."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from services.intake.channels.conversations.waiting import conversation_sealer
from services.intake.channels.sms.conversations import ReceivedText, SmsConversations
from services.intake.channels.sms.picture_fetching import PictureFetcher, PictureSource
from services.intake.channels.sms.rules import wording
from services.intake.channels.sms.rules.pictures import MAX_TRIES
from services.intake.media.folder import MediaFolder
from services.intake.media.library import MediaLibrary
from services.intake.media.reencoding import Reencoder
from services.intake.store.erasure import erase_contacts
from shared.contract.events import NoteAdded
from shared.contract.topics import INTAKE_REQUESTS
from shared.network_addresses import Address
from shared.runtime.http.client import open_judged_calls
from shared.runtime.outbox.relay import Relay
from shared.runtime.postgres import Pool, transaction
from tests.integration.intake.conftest import Running
from tests.support.builders import NOON
from tests.support.intake.factories import KEY, POLICY
from tests.support.intake.http_client import call
from tests.support.intake.sms_gateway import SETTINGS, form, send
from tests.support.intake_ports import ports_of
from tests.support.pictures import encoded
from tests.support.stack import Stores
from tests.support.topic_log import TopicLog
from tests.support.waiting import eventually

pytestmark = pytest.mark.integration

ANA = "+15035550177"
LOGIN = {"Authorization": "Basic QUMxOnNlY3JldA=="}
LOOPBACK = (ip_network("127.0.0.0/8"),)
DAY = timedelta(days=1)


@dataclass
class MediaServer:
    """The gateway's server of pictures.

    Attributes:
        called: Path and login of each call, in order.
        status: What it answers instead of a picture.
    """

    port: int = 0
    called: list[tuple[str, str | None]] = field(default_factory=list)
    status: int = 200

    def url(self, name: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}/{name}"

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        self.called.append((request.path, request.headers.get("Authorization")))
        if self.status != 200:
            return web.Response(status=self.status)
        moved, _, name = request.path.partition("/to/")
        if name:
            host = moved.strip("/") or "127.0.0.1"
            return web.Response(status=307, headers={"Location": self.url(name, host)})
        if request.path == "/big":
            return web.Response(body=bytes(11 * 1024 * 1024))
        return web.Response(body=b"no picture" if request.path == "/text" else encoded())


async def looked_up(_host: str) -> list[Address]:
    return [ip_address("127.0.0.1")]


@asynccontextmanager
async def serving() -> AsyncGenerator[MediaServer]:
    server = MediaServer()
    runner = web.ServerRunner(web.Server(server.answer))
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        server.port = runner.addresses[0][1]
        yield server
    finally:
        await runner.cleanup()


@dataclass
class Texts:
    """Texts of one person, at moments of the test's own."""

    conversations: SmsConversations
    fetcher: PictureFetcher
    server: MediaServer
    pool: Pool
    clock: Callable[[], datetime]
    now: datetime = NOON

    async def say(self, sid: str, body: str, *pictures: str) -> str:
        text = ReceivedText(sid, ANA, "lakeside.gov", body, pictures)
        return await self.conversations.take(text, self.now) or ""

    async def fetch(self) -> None:
        while await self.fetcher.fetch_one():
            pass

    async def notes(self) -> list[Any]:
        rows = await self.pool.fetch("SELECT value FROM outbox_backlog WHERE value IS NOT NULL")
        found = [json.loads(row["value"]) for row in rows]
        return [one["data"] for one in found if one["type"].endswith("note_added.v1")]


@pytest.fixture
async def texts(pool: Pool, stores: Stores, tmp_path: Path) -> AsyncGenerator[Texts]:
    async with serving() as server, open_judged_calls(LOOPBACK) as calls:
        hand_over = Relay(pool, stores.access).hand_over
        library = MediaLibrary(pool, MediaFolder(tmp_path), Reencoder(1))
        gateway = replace(calls, addresses=looked_up)
        source = PictureSource(gateway, ("127.0.0.1", "media.example"), LOGIN)
        made: list[Texts] = []
        core = ports_of(POLICY, pool=pool, hand_over=hand_over, pictures=library)
        fetcher = PictureFetcher(core, source, lambda: made[0].now)
        conversations = SmsConversations(core, conversation_sealer([KEY]))
        made.append(Texts(conversations, fetcher, server, pool, lambda: made[0].now))
        yield made[0]


async def test_a_picture_is_fetched_once_after_the_answer_and_is_a_note_of_the_request(
    texts: Texts,
) -> None:
    url = texts.server.url("media.example/to/a.jpg")
    answer = await texts.say("SM1", "a deep hole at 5 Main St", url)
    repeated = await texts.say("SM1", "a deep hole at 5 Main St", url)
    before = list(texts.server.called)
    await asyncio.gather(*[texts.fetch() for _ in range(3)])
    texts.now += DAY
    await texts.fetch()
    [note] = await texts.notes()

    assert before == []
    assert repeated == answer
    assert texts.server.called == [
        ("/media.example/to/a.jpg", LOGIN["Authorization"]),
        ("/a.jpg", None),
    ]
    assert (note["text"], note["channel"], note["by"]) == ("(picture)", "sms", "reporter")
    assert note["tracking_number"] in answer
    [picture] = note["media"]
    assert picture["url"].startswith("https://311.example.org/v1/media/")
    assert await texts.pool.fetchval("SELECT attached FROM media") is True
    assert await texts.pool.fetchval("SELECT count(*) FROM sms_pictures") == 0


async def test_a_crash_between_the_answer_and_the_end_of_a_fetch_costs_and_doubles_nothing(
    texts: Texts, monkeypatch: pytest.MonkeyPatch
) -> None:
    await texts.say("SM1", "a deep hole at 5 Main St", texts.server.url("a.jpg"))

    async def die(*_: Any) -> None:
        raise asyncio.CancelledError

    with monkeypatch.context() as patched:
        patched.setattr(PictureFetcher, "_settle", die)
        with pytest.raises(asyncio.CancelledError):
            await texts.fetch()
    await texts.fetch()
    early = await texts.notes()
    texts.now += timedelta(minutes=1)
    await texts.fetch()

    assert early == []
    assert len(await texts.notes()) == 1
    assert await texts.pool.fetchval("SELECT count(*) FROM media") == 1


async def test_pictures_of_a_report_that_waits_go_with_it(texts: Texts) -> None:
    asked = await texts.say("SM1", "", texts.server.url("a.jpg"), texts.server.url("b.jpg"))
    await texts.fetch()
    waiting = list(texts.server.called)
    await texts.say("SM2", "a deep hole")
    accepted = await texts.say("SM3", "5 Main St")
    if accepted.endswith(wording.ASK_YES_NO.en):
        accepted = await texts.say("SM3b", "no")
    await texts.fetch()
    more = await texts.say("SM4", "", texts.server.url("c.jpg"))
    await texts.fetch()
    notes = await texts.notes()

    assert asked == wording.ASK_WHAT.en
    assert waiting == []
    assert [path for path, _ in texts.server.called] == ["/a.jpg", "/b.jpg", "/c.jpg"]
    assert {note["tracking_number"] in accepted for note in notes} == {True}
    assert len(notes) == 3
    assert more.startswith("Thank you. We added that to report ")


async def test_what_cannot_be_kept_is_left_out_and_the_rest_stands(texts: Texts) -> None:
    names = ("text", "big", "to/to/to/a.jpg", "other.example/to/a.jpg", "to/to/a.jpg")
    urls = [texts.server.url(name) for name in names]
    answer = await texts.say("SM1", "a deep hole at 5 Main St", "http://10.0.0.1/b.jpg", *urls)
    await texts.fetch()

    assert "Your report is " in answer
    assert len(await texts.notes()) == 1
    assert await texts.pool.fetchval("SELECT count(*) FROM sms_pictures") == 0


async def test_a_person_has_thirty_pictures_that_wait_and_no_more(texts: Texts) -> None:
    """They are fetched one by one: a thousand would keep everybody else's waiting for an hour."""
    urls = [texts.server.url(f"{n}.jpg") for n in range(10)]
    for n in range(5):
        assert await texts.say(f"SM{n}", f"a deep hole at {n + 1} Main St", *urls)
        await texts.say(f"SM{n}", f"a deep hole at {n + 1} Main St", *urls)
    waiting = await texts.pool.fetchval("SELECT count(*) FROM sms_pictures")
    await texts.fetch()
    await texts.say("SM9", "a deep hole at 9 Main St", *urls[:1])
    await texts.fetch()

    assert waiting == 30
    assert len(texts.server.called) == 31


async def test_an_address_that_the_hosts_may_not_be_at_is_not_called(texts: Texts) -> None:
    async with open_judged_calls(()) as calls:
        fetcher = texts.fetcher
        object.__setattr__(fetcher, "source", PictureSource(calls, ("127.0.0.1",)))
        await texts.say("SM1", "a deep hole at 5 Main St", texts.server.url("a.jpg"))
        await texts.fetch()

    assert (texts.server.called, await texts.notes()) == ([], [])
    assert await texts.pool.fetchval("SELECT count(*) FROM sms_pictures") == 0


async def test_a_server_that_fails_is_asked_again_and_not_for_ever(texts: Texts) -> None:
    texts.server.status = 503
    await texts.say("SM1", "a deep hole at 5 Main St", texts.server.url("a.jpg"))
    await texts.say("SM2", "graffiti at 5 Oak St", texts.server.url("b.jpg"))
    await texts.fetch()
    texts.server.status = 200
    await texts.pool.execute("UPDATE sms_pictures SET fetch_at = $1 WHERE url LIKE '%b.jpg'", NOON)
    await texts.fetch()
    texts.server.status = 500
    for _ in range(MAX_TRIES + 1):
        texts.now += DAY
        await texts.fetch()

    calls = [path for path, _ in texts.server.called]
    assert (calls.count("/a.jpg"), calls.count("/b.jpg")) == (MAX_TRIES, 2)
    assert len(await texts.notes()) == 1


async def test_a_picture_of_an_erased_request_is_not_fetched(texts: Texts) -> None:
    await texts.say("SM1", "a deep hole at 5 Main St", texts.server.url("a.jpg"))
    async with transaction(texts.pool) as db:
        await erase_contacts(db, [await db.fetchval("SELECT request_id::text FROM requests")])
    await texts.fetch()

    assert texts.server.called == []


async def test_the_gateway_s_pictures_come_to_the_request(
    running: Running, topic_log: TopicLog
) -> None:
    async with serving() as server:
        hosts = {"sms_media_hosts": "127.0.0.1", "sms_media_allow": "127.0.0.0/8"}
        async with running(**SETTINGS, **hosts, sms_account="AC1") as client:
            fields = form("SM1", ANA, "Pothole at NE 33rd and Fremont")
            media = {"NumMedia": "1", "MediaUrl0": server.url("a.jpg"), "MediaUrl1": "not read"}
            response = await send(client, fields | media)

            async def noted() -> Any:
                events = await topic_log.events(INTAKE_REQUESTS)
                return next((one for one in events if isinstance(one, NoteAdded)), None)

            event = await eventually(noted)
            assert event
            url = event.data.media[0].url.removeprefix("https://311.example.org")
            picture = await call(client, "GET", url)

    assert response.status == 200
    assert (picture.status, picture.headers["Content-Type"]) == (200, "image/jpeg")
    [(_, login)] = server.called
    assert login
    assert login.startswith("Basic ")
