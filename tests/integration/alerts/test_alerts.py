"""E-mails about new problems: asked for, confirmed, sent once a morning, and stopped."""

import asyncio
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from urllib.parse import urlencode, urlsplit

import aiohttp
import pytest
from playwright.async_api import expect
from pydantic import HttpUrl

from services.notify.channels.email.alerts import AlertSender, NoProblemsError, open_list
from services.notify.channels.email.message import MailIdentity
from services.notify.channels.resident_links.alerts import alert_routes
from services.notify.channels.resident_links.pages import LinkPages
from services.notify.policy import city_texts
from services.notify.ports import NotifyPorts
from services.notify.rules.alerts import next_morning
from services.notify.rules.updates import ReturnedMail
from services.notify.store.notifications import PostgresNotificationStore
from shared.catalogue import load_catalogue
from shared.runtime.clock import utc_now
from shared.runtime.http.server import serve_http
from shared.runtime.postgres import Pool, transaction
from shared.runtime.smtp import open_mailers
from tests.integration.intake.conftest import Running
from tests.integration.notify.test_feedback import ready
from tests.support.chromium import base, look_at, needs_chromium, open_browser
from tests.support.intake.http_client import plain, post
from tests.support.notify.factories import RULES, SETTINGS, ports
from tests.support.notify.mail_server import MailServer
from tests.support.waiting import eventually

pytestmark = pytest.mark.integration

ANA = "ana@example.org"
POTHOLES = {"jurisdiction": "portland.gov", "service_code": "ROW-POTHOLE", "district": ""}
NEWS = "New problems: Pothole, All of the city"
PRIVATE = {
    kind.code
    for kind in load_catalogue().jurisdictions["portland.gov"].services.values()
    if kind.private
}
LINK = re.compile(r"https://311\.example\.org(/alerts/\S+)")


@dataclass
class Alerts:
    """Notify's pages and its sender, of which each look is a new one without memory."""

    core: NotifyPorts
    mail: MailServer
    pages: aiohttp.ClientSession
    now: list[datetime] = field(default_factory=lambda: [utc_now()])

    async def look(self, *, at_once: int = 2) -> None:
        """So many processes look at the same time."""

        async def one() -> None:
            core, settings = self.core, self.core.settings
            assert settings.intake_url
            async with (
                open_mailers(settings, settings.sender, 1) as [mailer],
                open_list(settings.intake_url) as listed,
            ):
                sender = AlertSender(mailer, MailIdentity(settings.sender), core.clock)
                await core.alert_worker(listed.problems, sender.send).send_due()

        await asyncio.gather(*(one() for _ in range(at_once)))

    async def ask(self, email: str = ANA, **area: str) -> tuple[int, str]:
        query = POTHOLES | area
        async with self.pages.post("/alerts", params=query, data={"email": email}) as response:
            return response.status, await response.text()

    async def next_day(self, *, at_once: int = 2) -> None:
        zone = RULES.timezone("portland.gov")
        self.now[0] = next_morning(self.now[0] + timedelta(hours=1), zone)
        await self.look(at_once=at_once)

    @property
    def subjects(self) -> list[str]:
        return [message["Subject"] for _, message in self.mail.mails]

    def link(self) -> str:
        body = self.mail.mails[-1][1].get_body(("plain",))
        assert body
        return str(LINK.findall(body.get_content())[-1])


@asynccontextmanager
async def alerts(pool: Pool, mail: MailServer, intake: str) -> AsyncGenerator[Alerts]:
    now = [utc_now()]
    changes = {"smtp_port": mail.port, "smtp_encryption": "when_offered"}
    settings = SETTINGS.model_copy(update=changes | {"intake_url": HttpUrl(intake)})
    core = ports(pool, settings=settings, cities=city_texts(load_catalogue()), clock=lambda: now[0])
    routes = alert_routes(core, LinkPages(core))
    async with (
        serve_http("127.0.0.1", 0, routes=routes, check=ready, stopping=asyncio.Event()) as port,
        aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session,
    ):
        yield Alerts(core, mail, session, now)


@pytest.fixture
async def confirmed(running: Running, pool: Pool, mail: MailServer) -> AsyncGenerator[Alerts]:
    """Ana gets e-mails about potholes since a day ago; there is one from today, and a tent."""
    async with running() as client, alerts(pool, mail, base(client)) as found:
        found.now[0] -= timedelta(days=1)
        await found.ask()
        await found.look()
        async with found.pages.post(found.link(), data={"action": "start"}) as response:
            assert response.status == 200
        for kind in ("ROW-POTHOLE", "GRAF-PUBLIC"):
            await post(client, plain(service_code=kind))

        async def listed() -> bool:
            async with client.get("/problems.geojson") as response:
                return len((await response.json())["features"]) == 2

        await eventually(listed)
        found.now[0] = utc_now()
        yield found


async def test_an_address_gets_nothing_but_questions_until_it_confirms(
    running: Running, pool: Pool, mail: MailServer
) -> None:
    async with running() as client, alerts(pool, mail, base(client)) as found:
        status, text = await found.ask()
        assert (status, "Check your email" in text) == (200, True)
        for area in ({}, {"service_code": ""}, {"service_code": "GRAF-PUBLIC"}):
            await found.ask(**area)  # again, and for two more areas
        for email in (ANA, "ana+311@example.org"):  # one area too many for an inbox
            await found.ask(email, service_code="ROW-DEBRIS")
        await found.look()
        assert [to for to, _ in mail.mails] == [ANA] * 3
        assert set(found.subjects) == {"Emails about new problems"}

        for _ in range(3):
            found.now[0] += timedelta(hours=9)
            await found.ask()  # is asked once more, and no third time
            await found.next_day()
        assert len(mail.mails) == 4
        found.now[0] += timedelta(days=8)
        await found.look()
        assert await pool.fetchval("SELECT count(*) FROM area_alerts") == 0
        assert await pool.fetchval("SELECT count(*) FROM contact_keys") == 0


async def test_who_says_no_is_not_asked_again(
    running: Running, pool: Pool, mail: MailServer
) -> None:
    async with running() as client, alerts(pool, mail, base(client)) as found:
        mail.replies["ben@example.org"] = "550 no such user"
        for email in (ANA, "ben@example.org"):
            await found.ask(email)
        await found.look()
        async with found.pages.post(found.link()) as response:
            assert "You will get no more emails" in await response.text()
        mail.replies.clear()
        found.now[0] += timedelta(hours=9)
        for email in (ANA, "ben@example.org"):
            await found.ask(email)
        await found.look()

    assert [to for to, _ in mail.mails] == [ANA]


@pytest.mark.parametrize(
    "area",
    [
        {"jurisdiction": "boston.gov"},
        {"district": "nowhere"},
        {"service_code": next(iter(PRIVATE))},
        {"service_code": "NONE"},
    ],
)
async def test_there_are_alerts_of_what_the_list_shows_alone(
    pool: Pool, mail: MailServer, area: dict[str, str]
) -> None:
    async with alerts(pool, mail, "http://127.0.0.1:1") as found:
        assert (await found.ask(**area))[0] == 404
        headers = {"Sec-Fetch-Site": "cross-site"}
        async with found.pages.post("/alerts", params=POTHOLES, headers=headers) as response:
            assert response.status == 403
    assert await pool.fetchval("SELECT count(*) FROM area_alerts") == 0


async def test_new_problems_of_the_area_come_once_in_the_morning(confirmed: Alerts) -> None:
    await confirmed.next_day()
    await confirmed.look()
    assert confirmed.subjects[1:] == [NEWS]
    [_, (to, message)] = confirmed.mail.mails
    text = message.get_body(("plain",))
    assert text
    assert (to, text.get_content().count("- Pothole, ")) == (ANA, 1)
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"

    await confirmed.next_day()  # nothing new
    assert len(confirmed.mail.mails) == 2

    one_click = urlsplit(message["List-Unsubscribe"].strip("<>")).path
    for _ in range(2):  # mail programs try again
        form = aiohttp.FormData({"List-Unsubscribe": "One-Click"}, default_to_multipart=True)
        async with confirmed.pages.post(one_click, data=form) as response:
            assert (response.status, "no more emails" in await response.text()) == (200, True)
    assert await confirmed.core.pool.fetchval("SELECT count(*) FROM contact_keys") == 0


async def test_a_crash_while_sending_sends_no_second_one_that_day_and_loses_nothing(
    confirmed: Alerts,
) -> None:
    confirmed.mail.silent_from = 2
    dying = asyncio.create_task(confirmed.next_day(at_once=1))
    await confirmed.mail.fell_silent.wait()
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    confirmed.mail.silent_from = None

    await confirmed.look()
    assert len(confirmed.mail.mails) == 2
    await confirmed.next_day()
    assert confirmed.subjects[1:] == [NEWS] * 2


async def test_a_deferral_is_tried_again_and_the_third_refusal_in_a_row_ends(
    confirmed: Alerts,
) -> None:
    confirmed.mail.replies[ANA] = "451 later"
    await confirmed.next_day()
    assert len(confirmed.mail.mails) == 1
    confirmed.mail.replies[ANA] = "554 relay denied"
    for _ in range(2):
        await confirmed.next_day()
    confirmed.mail.replies.clear()
    await confirmed.next_day()
    assert len(confirmed.mail.mails) == 2

    confirmed.mail.replies[ANA] = "550 no such user"
    confirmed.now[0] += timedelta(days=1)
    await confirmed.core.pool.execute("UPDATE area_alerts SET told_until = asked_at")
    for _ in range(3):
        await confirmed.next_day()
    assert await confirmed.core.pool.fetchval("SELECT count(*) FROM area_alerts") == 0


async def test_what_cannot_be_sent_holds_up_nothing_else(confirmed: Alerts) -> None:
    pool, here = confirmed.core.pool, confirmed.core
    nowhere = {"intake_url": HttpUrl("http://127.0.0.1:1")}
    confirmed.core = replace(here, settings=here.settings.model_copy(update=nowhere))
    await confirmed.ask("ben@example.org")
    with pytest.raises(NoProblemsError):
        await confirmed.next_day(at_once=1)
    assert confirmed.mail.mails[-1][0] == "ben@example.org"

    confirmed.core = here
    await confirmed.ask("eva@example.org")
    async with transaction(pool) as db:
        await db.execute(
            "UPDATE area_alerts SET service_code = 'GONE', told_until = asked_at, due_at = asked_at"
            " WHERE told_until IS NULL"
        )
    await confirmed.look()
    assert (confirmed.mail.mails[-1][0], confirmed.subjects[-1]) == (ANA, NEWS)


async def test_an_address_whose_mail_came_back_gets_nothing_more(confirmed: Alerts) -> None:
    pool = confirmed.core.pool
    async with transaction(pool) as db:
        message = str(confirmed.mail.mails[-1][1]["Message-ID"])[1:].partition("@")[0]
        returned = [ReturnedMail(message, "bounced", confirmed.now[0])]
        await PostgresNotificationStore(db).record_returns(returned)
    await confirmed.next_day()

    assert len(confirmed.mail.mails) == 1
    assert await pool.fetchval("SELECT count(*) FROM area_alerts") == 0


@needs_chromium
async def test_the_pages_are_plain_to_use_in_spanish_too(confirmed: Alerts) -> None:
    async with open_browser() as browser:
        page = await browser.new_page()
        await page.goto(f"{base(confirmed.pages)}/alerts?{urlencode(POTHOLES)}")
        await page.get_by_role("link", name="Español").click()
        await expect(page.get_by_text("Bache")).to_be_visible()
        await page.get_by_role("button", name="Quiero recibir estos correos").click()
        found = await look_at(page, "alert with an error")
        await page.get_by_label("Su correo electrónico").fill("ben@example.org")
        await page.get_by_role("button", name="Quiero recibir estos correos").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Mire su correo")
        await confirmed.look()
        await page.goto(base(confirmed.pages) + confirmed.link())
        found += await look_at(page, "alert")
        await page.get_by_role("button", name="Quiero recibir estos correos").click()
        found += await look_at(page, "alert started")

    assert found == []
    assert confirmed.subjects[-1] == "Correos sobre problemas nuevos"
