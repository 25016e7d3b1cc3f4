import asyncio
import random
import signal
from collections import Counter
from itertools import count

import pytest

from shared.contract.events import (
    Event,
    NotificationFailed,
    NotificationSent,
    NotificationSuppressed,
    NotificationUnknown,
    new_id,
)
from shared.contract.topics import NOTIFY_DELIVERIES
from shared.runtime.postgres import Pool
from tests.integration.notify.conftest import StartProcess
from tests.integration.notify.sms_provider import NUMBER, SmsProvider
from tests.support.builders import contact_given
from tests.support.notify.deliveries import PHONE_REF, consent, text_report
from tests.support.notify.factories import closed, moved, opened, triaged
from tests.support.notify.mail_server import MailServer
from tests.support.topic_log import TopicLog
from tests.support.waiting import eventually

pytestmark = pytest.mark.integration
_NUMBERS = count(5_035_550_100)


def story() -> list[Event]:
    """A case that one person reported who wants e-mail and texts, from its opening to its end."""
    request_id, case_id, number = new_id(), new_id(), next(_NUMBERS)
    contact = contact_given(
        request_id,
        email=f"{number}@example.org",
        phone=f"+1{number}",
        status_updates=("email", "sms"),
    )
    return [
        contact,
        triaged(request_id, case_id),
        opened(request_id, case_id),
        moved(case_id, 2, "in_progress"),
        closed(case_id, 3),
    ]


async def test_a_text_comes_from_the_citys_number_and_is_reported_with_its_id(
    process: StartProcess, sms: SmsProvider, topic_log: TopicLog, pool: Pool
) -> None:
    sms.answers = {"+15035550178": (400, 21211), "+15035550179": (400, 21610)}
    async with process(**sms.settings):
        await topic_log.publish(*text_report())
        await topic_log.publish(*text_report("+15035550178", ref=None))
        await topic_log.publish(*text_report("+15035550179", ref="ref of a number"))
        await topic_log.at_least(3, NOTIFY_DELIVERIES)
        await topic_log.publish(consent(opted_out=True))
        await eventually(lambda: pool.fetch("SELECT FROM consents WHERE contact = $1", PHONE_REF))
        await topic_log.publish(*text_report("+15035550179", ref="ref of a number"))
        await topic_log.publish(*text_report())
        reports = await topic_log.at_least(5, NOTIFY_DELIVERIES)

    (message,) = sms.messages
    assert (message["From"], message["To"]) == (NUMBER, "+15035550177")
    assert "We got your report 26-" in message["Body"]
    got = Counter((type(r), r.data.reason, r.data.provider_id) for r in reports)
    assert got == {
        (NotificationSent, None, "SM1"): 1,
        (NotificationFailed, "sms_21211", None): 1,
        (NotificationFailed, "opted_out", None): 1,
        (NotificationSuppressed, "opted_out", None): 2,
    }


async def different(topic_log: TopicLog, count: int) -> list[Event] | None:
    """Return the reports, each once, when there are so many: a kill may publish one again."""
    reports = {report.id: report for report in await topic_log.events(NOTIFY_DELIVERIES)}
    return list(reports.values()) if len(reports) >= count else None


@pytest.mark.long
@pytest.mark.parametrize("seed", [1])
async def test_all_of_it_twice_in_any_order_with_a_kill_while_sending_sends_nothing_twice(  # noqa: PLR0913, PLR0917 - fixtures
    seed: int,
    process: StartProcess,
    sms: SmsProvider,
    mail: MailServer,
    topic_log: TopicLog,
    pool: Pool,
) -> None:
    within = {"NOTIFY_SMS_WITHIN_S": "2", "NOTIFY_SMTP_WITHIN_S": "2"}
    events = [event for _ in range(8) for event in story()] * 2
    random.Random(seed).shuffle(events)
    sms.silent_from = 10
    async with process(**sms.settings, **within) as killed:
        await topic_log.publish(*events)
        await asyncio.wait_for(sms.fell_silent.wait(), 40)
        killed.send_signal(signal.SIGKILL)
        await killed.wait()
    sms.silent_from = None
    hit = await pool.fetchval("SELECT count(*) FROM deliveries WHERE state = 'sending'")
    async with process(**sms.settings, **within):
        reports = await eventually(lambda: different(topic_log, 48), within_s=60) or []

    kinds = Counter(type(report) for report in reports)
    assert kinds == {NotificationSent: 48 - hit, NotificationUnknown: hit}
    assert hit >= 1
    taken = sms.notification_ids() + [m["Message-ID"][1:].split("@")[0] for _, m in mail.mails]
    assert len(taken) == len(set(taken))
    sent = {r.data.notification_id for r in reports if isinstance(r, NotificationSent)}
    assert sent <= set(taken) <= {r.data.notification_id for r in reports}
