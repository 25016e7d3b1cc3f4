"""A bureau's mail of a day goes out once, over restarts and failures of the mail server."""

import asyncio
import csv
import io
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from email.message import EmailMessage
from zoneinfo import ZoneInfo

import pytest

from services.dispatch.channels.forwarding.digests import DigestHead, DigestWorker
from services.dispatch.channels.forwarding.store.digests import Digests
from shared.contract.events import WorkOrder, new_id
from shared.runtime.postgres import Pool
from shared.runtime.smtp import SmtpSettings
from tests.support.builders import decision, request_triaged
from tests.support.dispatch.factories import ports
from tests.support.dispatch.http_access import open_case
from tests.support.notify.mail_server import MailServer

pytestmark = pytest.mark.integration

LEAD = "PBOT-MAINT"
AT_SEVEN = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)  # in Portland
DAY = timedelta(days=1)


class Bureau:
    """A bureau with a digest; each look is that of a worker without memory."""

    def __init__(self, pool: Pool, mail: MailServer) -> None:
        self.pool, self.mail, self.now = pool, mail, AT_SEVEN

    def worker(self) -> DigestWorker:
        head = DigestHead(
            LEAD, "Dispatch", "Portland", ZoneInfo("America/Los_Angeles"), "a@b.gov", "mod@b.gov"
        )
        smtp = SmtpSettings(smtp_host="127.0.0.1", smtp_port=self.mail.port)
        digests = Digests(self.pool, LEAD, ports().work_orders)
        return DigestWorker(digests, head, time(7), smtp, lambda: self.now)

    async def look(self) -> list[tuple[str, str]]:
        """Look twice; return section and work order of each row of the last mail that came."""
        before = len(self.mail.mails)
        await self.worker().send_due()
        await self.worker().send_due()
        new = self.mail.mails[before:]
        assert len(new) <= 1
        return rows_of(new[0][1]) if new else []

    async def reported(self, case_id: str | None = None) -> Sequence[WorkOrder]:
        """Report a pothole, which has weeks; return the work orders that are issued."""
        report = request_triaged(decision(case_id=case_id or new_id()))
        return await open_case(self.pool, report)

    async def states(self) -> list[tuple[date, str]]:
        rows = await self.pool.fetch("SELECT day, state FROM digests ORDER BY day")
        return [(row["day"], row["state"]) for row in rows]


def rows_of(mail: EmailMessage) -> list[tuple[str, str]]:
    [attached] = mail.iter_attachments()
    rows = csv.DictReader(io.StringIO(attached.get_content(), newline=""))
    return sorted((row["section"], row["work_order_id"]) for row in rows)


async def test_a_digest_tells_what_is_new_once_a_day(dispatch_pool: Pool, mail: MailServer) -> None:
    bureau = Bureau(dispatch_pool, mail)
    [first], [second] = await bureau.reported(), await bureau.reported()

    bureau.now -= timedelta(minutes=1)
    yesterday = await bureau.look()
    assert yesterday == sorted([("new", first.work_order_id), ("new", second.work_order_id)])
    bureau.now += timedelta(minutes=1)
    assert await bureau.look() == []  # nothing is new
    [third] = await bureau.reported()
    assert await bureau.look() == []  # that day had its turn
    await bureau.reported(first.case_id)

    bureau.now += DAY
    assert await bureau.look() == sorted(
        [
            ("new", third.work_order_id),
            ("changed", first.work_order_id),
            ("open", second.work_order_id),
        ]
    )
    assert await bureau.states() == [
        (date(2026, 3, 1), "sent"),
        (date(2026, 3, 2), "empty"),
        (date(2026, 3, 3), "sent"),
    ]
    [to] = {to for to, _ in mail.mails}
    assert to == "mod@b.gov"


async def test_a_digest_that_may_have_gone_out_is_not_sent_again_and_the_next_day_tells_it(
    dispatch_pool: Pool, mail: MailServer
) -> None:
    bureau = Bureau(dispatch_pool, mail)
    [order] = await bureau.reported()
    mail.silent = True
    sending = asyncio.create_task(bureau.worker().send_due())
    await mail.content_arrived.wait()
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
    mail.silent = False

    assert await bureau.look() == []
    bureau.now += timedelta(minutes=5)
    assert await bureau.look() == []
    assert await bureau.states() == [(date(2026, 3, 2), "unknown")]

    await mail.close()
    bureau.now += DAY
    assert await bureau.look() == []
    assert (await bureau.states())[-1] == (date(2026, 3, 3), "waiting")
    await mail.open()
    assert await bureau.look() == []  # its time has not come
    bureau.now += timedelta(minutes=5)
    assert await bureau.look() == [("new", order.work_order_id)]
    assert (await bureau.states())[-1] == (date(2026, 3, 3), "sent")
