import asyncio
import random
import signal
from collections.abc import Sequence

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
from tests.integration.notify.conftest import RunNotify, StartProcess
from tests.integration.notify.sms_provider import SmsProvider
from tests.support.builders import contact_given, location
from tests.support.notify.deliveries import text_report
from tests.support.notify.factories import attached, closed, moved, opened, triaged
from tests.support.notify.mail_server import MailServer
from tests.support.topic_log import TopicLog
from tests.support.waiting import eventually

pytestmark = pytest.mark.integration
LATER_IS_NOW = """
    UPDATE deliveries SET not_before = now() WHERE state = 'pending' AND not_before > now()
    RETURNING notification_id
"""
KNOWN = "We already know about the problem in your report"


def case_of(mailboxes: Sequence[str]) -> list[Event]:
    """A case that these people reported, from its opening to its end."""
    case = new_id()
    requests = [new_id() for _ in mailboxes]
    contacts: list[Event] = [
        contact_given(r, email=m) for r, m in zip(requests, mailboxes, strict=True)
    ]
    decisions: list[Event] = [triaged(r, case) for r in requests]
    first, *others = requests
    joined: list[Event] = [attached(r, case, 2 + n) for n, r in enumerate(others)]
    last = 1 + len(mailboxes)
    return [
        *contacts,
        *decisions,
        opened(first, case),
        *joined,
        moved(case, last, "in_progress", public_note="On our way"),
        closed(case, last + 1, public_note="All done"),
    ]


def report(mailbox: str = "ana@example.org", **contact: object) -> list[Event]:
    """A case of one report that is opened and no more."""
    request_id, case_id = new_id(), new_id()
    return [
        contact_given(request_id, email=mailbox, **contact),
        triaged(request_id, case_id),
        opened(request_id, case_id),
    ]


def subjects(mail: MailServer) -> list[tuple[str, str]]:
    """Mailbox and subject without the number, sorted."""
    return sorted((to, subject.split(" 26-")[0]) for to, subject in mail.sorted_subjects())


async def test_all_followers_of_a_case_hear_each_step_once_and_it_is_reported(
    running: RunNotify, mail: MailServer, topic_log: TopicLog
) -> None:
    people = [f"p{n}@example.org" for n in range(8)]
    async with running():
        await topic_log.publish(*case_of(people))
        reports = await topic_log.at_least(24, NOTIFY_DELIVERIES)

    steps = ["Work has started on your report", "The work on your report"]
    welcome = dict.fromkeys(people, KNOWN) | {people[0]: "We got your report"}
    assert subjects(mail) == sorted(
        [(p, step) for p in people for step in steps] + list(welcome.items())
    )
    assert {type(r) for r in reports} == {NotificationSent}
    assert len({r.data.notification_id for r in reports}) == 24
    assert {r.data.provider_id for r in reports} == {m["Message-ID"] for _, m in mail.mails}


@pytest.mark.parametrize("seed", range(3))
async def test_inputs_in_every_order_give_the_same_messages(
    seed: int, running: RunNotify, mail: MailServer, topic_log: TopicLog
) -> None:
    events = [e for n in range(10) for e in case_of([f"a{n}@example.org", f"b{n}@example.org"])]
    random.Random(seed).shuffle(events)
    async with running():
        for event in events:
            await topic_log.publish(event)
        await topic_log.at_least(60, NOTIFY_DELIVERIES)

    assert len(mail.mails) == len(set(mail.sorted_subjects())) == 60
    expected = [
        (f"{who}{n}@example.org", subject)
        for n in range(10)
        for who, first in (("a", "We got your report"), ("b", KNOWN))
        for subject in (first, "Work has started on your report", "The work on your report")
    ]
    assert subjects(mail) == sorted(expected)


async def test_the_same_events_again_send_nothing_again(
    running: RunNotify, mail: MailServer, topic_log: TopicLog
) -> None:
    events = case_of(["ana@example.org", "bea@example.org"])
    fence = report("fence@example.org")
    async with running():
        await topic_log.publish(*events)
        await topic_log.at_least(6, NOTIFY_DELIVERIES)
    async with running():
        await topic_log.publish(*events, *fence)
        reports = await topic_log.at_least(7, NOTIFY_DELIVERIES)

    assert len(mail.mails) == len(reports) == 7


async def test_a_contact_that_comes_again_does_not_replace_a_later_one(
    running: RunNotify, mail: MailServer, topic_log: TopicLog
) -> None:
    request_id, case_id = new_id(), new_id()
    earlier, later = (contact_given(request_id, email=f"{who}@example.org") for who in "ab")
    async with running():
        await topic_log.publish(earlier, later, *report("fence@example.org"))
        await topic_log.at_least(1, NOTIFY_DELIVERIES)
    await topic_log.publish(earlier, triaged(request_id, case_id), opened(request_id, case_id))
    async with running():
        await topic_log.at_least(2, NOTIFY_DELIVERIES)

    assert [to for to, _ in mail.mails] == ["fence@example.org", "b@example.org"]


async def test_who_wants_no_message_gets_none_and_it_is_reported(
    running: RunNotify, mail: MailServer, topic_log: TopicLog
) -> None:
    async with running():
        await topic_log.publish(*report(status_updates=()))
        (suppressed,) = await topic_log.at_least(1, NOTIFY_DELIVERIES)

    assert isinstance(suppressed, NotificationSuppressed)
    assert suppressed.data.reason == "not_wanted"
    assert mail.mails == []


async def test_a_mail_server_that_is_away_gets_everything_when_it_is_back(
    running: RunNotify, mail: MailServer, topic_log: TopicLog
) -> None:
    await mail.close()
    async with running():
        await topic_log.publish(*case_of(["ana@example.org"]))
        fence = report(status_updates=())
        await topic_log.publish(*fence)
        await topic_log.at_least(1, NOTIFY_DELIVERIES)
        assert mail.mails == []

        await mail.open()
        reports = await topic_log.at_least(4, NOTIFY_DELIVERIES)

    assert [type(r) for r in reports].count(NotificationSent) == 3
    assert len(mail.mails) == 3


async def test_a_mail_server_that_comes_and_goes_gets_everything_once(
    running: RunNotify, mail: MailServer, topic_log: TopicLog
) -> None:
    async with running():
        for n in range(3):
            await topic_log.publish(*report(f"p{n}@example.org"))
            await topic_log.at_least(n + 1, NOTIFY_DELIVERIES)
            await mail.close()
            await mail.open()
        await topic_log.publish(*report("last@example.org"))
        await topic_log.at_least(4, NOTIFY_DELIVERIES)

    assert len(mail.mails) == len(set(mail.sorted_subjects())) == 4


async def test_a_mailbox_that_is_refused_fails_and_the_rest_flows(
    running: RunNotify, mail: MailServer, topic_log: TopicLog
) -> None:
    mail.replies["gone@example.org"] = "550 5.1.1 <gone@example.org>: no such user"
    async with running():
        await topic_log.publish(*report("gone@example.org"), *report("ana@example.org"))
        reports = await topic_log.at_least(2, NOTIFY_DELIVERIES)

    failed = next(r for r in reports if isinstance(r, NotificationFailed))
    assert failed.data.reason == "recipient_550"
    assert [to for to, _ in mail.sorted_subjects()] == ["ana@example.org"]


async def test_a_mailbox_that_is_busy_gets_its_message_later(
    running: RunNotify, mail: MailServer, topic_log: TopicLog, pool: Pool
) -> None:
    mail.replies["ana@example.org"] = "450 4.2.1 try again later"
    async with running():
        await topic_log.publish(*report("ana@example.org"), *report("bea@example.org"))
        await topic_log.at_least(1, NOTIFY_DELIVERIES)
        mail.replies.clear()
        assert await eventually(lambda: pool.fetch(LATER_IS_NOW))
        reports = await topic_log.at_least(2, NOTIFY_DELIVERIES)

    assert {type(r) for r in reports} == {NotificationSent}
    assert [to for to, _ in mail.sorted_subjects()] == ["ana@example.org", "bea@example.org"]


async def test_what_a_killed_process_was_sending_is_unknown_and_not_sent_again(
    process: StartProcess, mail: MailServer, topic_log: TopicLog, pool: Pool
) -> None:
    mail.silent = True
    async with process() as killed:
        await topic_log.publish(*report())
        await asyncio.wait_for(mail.content_arrived.wait(), 60)
        killed.send_signal(signal.SIGKILL)
        await killed.wait()
    mail.silent = False
    await pool.execute("UPDATE deliveries SET lease_until = now() WHERE state = 'sending'")

    async with process():
        await topic_log.publish(*report("fence@example.org"))
        reports = await topic_log.at_least(2, NOTIFY_DELIVERIES)

    unknown = next(r for r in reports if isinstance(r, NotificationUnknown))
    assert unknown.data.reason == "abandoned"
    assert [to for to, _ in mail.sorted_subjects()] == ["ana@example.org", "fence@example.org"]


async def test_an_answer_that_never_comes_is_unknown_and_not_sent_again(
    process: StartProcess, mail: MailServer, topic_log: TopicLog
) -> None:
    mail.silent = True
    async with process(NOTIFY_SMTP_WITHIN_S="1"):
        await topic_log.publish(*report())
        (unknown,) = await topic_log.at_least(1, NOTIFY_DELIVERIES)
        mail.silent = False
        await topic_log.publish(*report("fence@example.org"))
        await topic_log.at_least(2, NOTIFY_DELIVERIES)

    assert isinstance(unknown, NotificationUnknown)
    assert unknown.data.reason == "content_lost"
    assert [to for to, _ in mail.sorted_subjects()] == ["ana@example.org", "fence@example.org"]


async def test_it_stops_in_time_when_asked_to(process: StartProcess, topic_log: TopicLog) -> None:
    async with process() as asked:
        await topic_log.publish(*report())
        await topic_log.at_least(1, NOTIFY_DELIVERIES)
        asked.terminate()

        assert await asyncio.wait_for(asked.wait(), 60) == 0


async def test_no_contact_data_leaves_but_in_the_message(
    process: StartProcess, mail: MailServer, sms: SmsProvider, topic_log: TopicLog
) -> None:
    canaries = ("canary.one", "canary.two", "canaryname", "5035550199", "canary street", "5550188")
    for refused in ("canary.two@example.org",):
        mail.replies[refused] = f"550 5.1.1 <{refused}>: no such user"
    sms.answers["+15035550188"] = (400, 21211)
    secret = {"name": "Canaryname", "phone": "+15035550199"}
    request_id, case_id = new_id(), new_id()
    placed = {"location": location(address="1 Canary Street")}
    async with process(ROUTE311_LOG_LEVEL="DEBUG", **sms.settings) as watched:
        await topic_log.publish(
            *text_report("+15035550188"),
            *text_report("+15035550199", ref=None),
            *report("canary.one@example.org", **secret),
            *report("canary.two@example.org", **secret),
            contact_given(request_id, email="canary.one@example.org", status_updates=("sms",)),
            triaged(request_id, case_id, request=placed),
            opened(request_id, case_id),
        )
        await topic_log.at_least(5, NOTIFY_DELIVERIES)
        watched.terminate()
        logs, _ = await watched.communicate()

    records = await topic_log.records(NOTIFY_DELIVERIES)
    public = [logs, *((r.key or b"") + (r.value or b"") for r in records)]
    public_text = b"\n".join(public).decode().lower()
    assert "service_started" in public_text
    assert "delivery_failed" in public_text
    assert [canary for canary in canaries if canary in public_text] == []
    assert (len(mail.mails), len(sms.messages)) == (1, 1)


async def test_two_services_side_by_side_send_each_message_once(
    running: RunNotify, mail: MailServer, topic_log: TopicLog
) -> None:
    async with running(), running():
        for n in range(20):
            await topic_log.publish(*case_of([f"a{n}@example.org", f"b{n}@example.org"]))
        reports = await topic_log.at_least(120, NOTIFY_DELIVERIES)

    async def settled() -> bool:
        return len(mail.mails) >= 120

    await eventually(settled)
    assert len(mail.mails) == len(set(mail.sorted_subjects())) == len(reports) == 120
