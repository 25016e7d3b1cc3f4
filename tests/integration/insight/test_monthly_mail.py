"""Each recipient gets a month's figures once, over restarts and failures of the mail server."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import HttpUrl

from services.insight.channels.monthly_mail.channel import (
    MonthlyMailer,
    MonthlyReportSettingError,
    open_monthly_mail,
)
from services.insight.handlers import on_messages
from services.insight.policy import InsightPolicy, monthly_report
from services.insight.ports import InsightPorts
from services.insight.settings import InsightSettings
from services.insight.store.facts import PostgresInsightStore
from shared.catalogue import load_catalogue
from shared.runtime.http.authentication import Callers
from shared.runtime.postgres import Pool, transaction
from tests.integration.insight.conftest import NOW
from tests.integration.insight.test_reports import story
from tests.integration.notify.conftest import mail
from tests.support.insight.events import messages
from tests.support.notify.mail_server import MailServer

__all__ = ["mail"]

pytestmark = pytest.mark.integration

STAFF = ("mayor@city.example", "press@city.example")


@pytest.fixture
async def core(pool: Pool, settings: InsightSettings, mail: MailServer) -> InsightPorts:
    """Insight with 24 cases of March, in the early morning of May 1."""
    events = [e for n in range(24) for e in story(n, "north" if n % 2 else "<south>")]
    async with transaction(pool) as db:
        await on_messages(messages(events), PostgresInsightStore(db))
    city = load_catalogue().jurisdictions["portland.gov"]
    policy = InsightPolicy.of(load_catalogue())
    changes = {
        "smtp_host": "127.0.0.1",
        "smtp_port": mail.port,
        "smtp_encryption": "when_offered",
        "sender": "311@city.example",
        "pages_url": HttpUrl("https://311.example/"),
    }
    return InsightPorts(
        settings=settings.model_copy(update=changes),
        policy=replace(policy, monthly_reports=[monthly_report(city)._replace(recipients=STAFF)]),
        callers=Callers.of(pool, key_per_second=1, address_per_second=1, proxies=()),
        pool=pool,
        clock=lambda: NOW,
    )


async def look(core: InsightPorts, after: timedelta = timedelta()) -> None:
    """Look twice at once, and again, each time as workers without memory."""
    later = replace(core, clock=lambda: NOW + after)
    mailers = [MonthlyMailer(later, later.policy.monthly_reports[0]) for _ in range(3)]
    await asyncio.gather(mailers[0].send_due(), mailers[1].send_due())
    await mailers[2].send_due()


async def states(core: InsightPorts) -> Sequence[tuple[str, int]]:
    rows = await core.pool.fetch("SELECT state, count(*) FROM monthly_mails GROUP BY 1 ORDER BY 1")
    return [(row["state"], row["count"]) for row in rows]


async def test_each_recipient_gets_the_public_figures_of_a_month_once(
    core: InsightPorts, mail: MailServer
) -> None:
    await look(core)
    await look(core, timedelta(hours=3))  # the report of April is due, which has no requests

    assert sorted(to for to, _ in mail.mails) == list(STAFF)
    message = mail.mails[0][1]
    assert message["Subject"] == "City of Portland and Multnomah County: reports of March 2026"
    html, text = (
        " ".join(body.get_content().split())
        for body in (message.get_body(("html",)), message.get_body(("plain",)))
        if body
    )
    assert "March 2026" in html
    assert 'href="https://311.example/performance?month=2026-03"' in html
    row = '<th scope="row" style="text-align: left; padding: 2px 12px 2px 0">{}</th>'
    assert f"{row.format('Pothole')} <td" in html
    assert row.format("&lt;south&gt;") in html
    assert "<south>" not in html
    assert "Pothole | 48" in text
    assert "Pothole | 10 h | \u2013 | 24" in text


async def test_a_report_that_may_have_gone_out_is_not_sent_again_and_one_that_did_not_is(
    core: InsightPorts, mail: MailServer
) -> None:
    mail.silent = True
    alone = MonthlyMailer(core, core.policy.monthly_reports[0])
    sending = asyncio.create_task(alone.send_due())
    await mail.content_arrived.wait()
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
    await mail.close()
    await look(core, timedelta(minutes=5))
    assert await states(core) == [("unknown", 1), ("waiting", 1)]
    mail.silent = False
    await mail.open()

    await look(core, timedelta(minutes=6))
    assert [to for to, _ in mail.mails] == [STAFF[0]]  # the time of the other has not come
    await look(core, timedelta(minutes=10))

    assert [to for to, _ in mail.mails] == [*STAFF]
    assert await states(core) == [("sent", 1), ("unknown", 1)]


async def test_recipients_need_a_mail_server(core: InsightPorts) -> None:
    settings = core.settings.model_copy(update={"sender": ""})
    with pytest.raises(MonthlyReportSettingError, match=r"portland\.gov"):
        async with open_monthly_mail(replace(core, settings=settings)):
            pass
