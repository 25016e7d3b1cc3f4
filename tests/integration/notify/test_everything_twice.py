"""Every event twice and out of order, with kills in the middle of sending, counted at both ends."""

import random
import signal
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

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
from tests.integration.notify.sms_provider import SmsProvider
from tests.support.builders import contact_given
from tests.support.notify.factories import attached, closed, moved, opened, triaged
from tests.support.notify.mail_server import MailServer
from tests.support.topic_log import TopicLog
from tests.support.waiting import eventually

pytestmark = [pytest.mark.integration, pytest.mark.long, pytest.mark.timeout(300)]

PEOPLE = 48
CHANNELS = ("email", "sms")
KILLS_AFTER = (12, 9, 15, 11)
"""Messages that the server of the killed call takes before it falls silent, by kill."""
_BUSY_SQL = """
    SELECT NOT EXISTS (SELECT FROM pg_stat_activity
                        WHERE datname = current_database() AND pid <> pg_backend_pid()
                          AND state <> 'idle')
"""
_SENDING_SQL = "SELECT notification_id::text FROM deliveries WHERE state = 'sending'"


class Story:
    """A case that one person reported, who wants e-mail and texts, from its opening to its end.

    Every fourth person reported it twice, every fourth one has a number that the provider refuses,
    and every fourth one is told of more steps than a day may have.
    """

    def __init__(self, number: int) -> None:
        self.case_id, self.kind = new_id(), number % 4
        self.email, self.phone = f"p{number}@example.org", f"+1503555{1000 + number}"
        requests = [new_id() for _ in range(2 if self.kind == 1 else 1)]
        self.of_case: list[Event] = [opened(requests[0], self.case_id)]
        if self.kind == 1:
            self.of_case.append(attached(requests[1], self.case_id, 2))
        last = len(self.of_case)
        for status in ("acknowledged", "in_progress", "acknowledged") if self.kind == 3 else ():
            last += 1
            self.of_case.append(moved(self.case_id, last, status))
        self.of_case.append(moved(self.case_id, last + 1, "in_progress"))
        if self.kind != 1:
            self.of_case.append(closed(self.case_id, last + 2))
        contact = {"email": self.email, "phone": self.phone, "status_updates": CHANNELS}
        self.lanes: list[list[Event]] = [self.of_case]
        for request in requests:
            self.lanes += [[triaged(request, self.case_id)], [contact_given(request, **contact)]]

    @property
    def expected(self) -> set[tuple[str, int, str]]:
        """Case, version and channel of every message that is due."""
        versions = range(1, len(self.of_case) + 1)
        return {(self.case_id, version, channel) for version in versions for channel in CHANNELS}


def twice_and_out_of_order(stories: Sequence[Story], rng: random.Random) -> list[Event]:
    """Every event twice; the first ones of a case in order, as Kafka keeps them by key."""
    lanes = [list(lane) for story in stories for lane in story.lanes]
    first: list[Event] = []
    while lanes := [lane for lane in lanes if lane]:
        first.append(rng.choice(lanes).pop(0))
    placed = [(float(place), event) for place, event in enumerate(first)]
    again = [(rng.uniform(place, len(first)), event) for place, event in placed]
    return [event for _, event in sorted(placed + again, key=lambda pair: pair[0])]


async def test_nothing_is_sent_twice_lost_or_out_of_order_and_what_a_kill_hit_is_unknown(
    process: StartProcess, sms: SmsProvider, mail: MailServer, topic_log: TopicLog, pool: Pool
) -> None:
    stories = [Story(number) for number in range(PEOPLE)]
    sms.answers = {story.phone: (400, 21211) for story in stories if story.kind == 2}
    settings = {**sms.settings, "NOTIFY_SMS_WITHIN_S": "6", "NOTIFY_SMTP_WITHIN_S": "6"}
    hit: set[str] = set()
    unanswered = 0
    for number, after in enumerate(KILLS_AFTER):
        taken, server = (mail.mails, mail) if number % 2 == 0 else (sms.messages, sms)
        server.silent_from = len(taken) + after
        server.fell_silent.clear()
        async with process(**settings) as killed:
            if number == 0:
                await topic_log.publish(*twice_and_out_of_order(stories, random.Random(311)))
            await eventually(_is_set(server))
            killed.send_signal(signal.SIGKILL)
            await killed.wait()
        unanswered += len(taken) - server.silent_from + 1
        server.silent_from = None
        await eventually(lambda: pool.fetchval(_BUSY_SQL))
        hit |= {row["notification_id"] for row in await pool.fetch(_SENDING_SQL)}
    expected = {one for story in stories for one in story.expected}
    limited = sum(story.kind == 3 for story in stories)

    async def all_settled() -> list[Any]:
        found = {report.id: report for report in await topic_log.events(NOTIFY_DELIVERIES)}
        return list(found.values()) if len(found) >= len(expected) + limited else []

    async with process(**settings):
        reports = await eventually(all_settled, within_s=90)

    assert_each_once(reports, expected, digests=limited)
    unknown = {r.data.notification_id for r in reports if isinstance(r, NotificationUnknown)}
    assert unknown == hit
    assert len(hit) >= unanswered >= len(KILLS_AFTER)
    others = Counter((type(r), r.data.reason) for r in reports)
    assert others[NotificationFailed, "sms_21211"] > 0
    assert others[NotificationSuppressed, "daily_limit"] == 2 * limited
    taken_ids = mail.notification_ids() + sms.notification_ids()
    sent = {r.data.notification_id for r in reports if isinstance(r, NotificationSent)}
    assert sent <= set(taken_ids) <= sent | unknown
    assert_taken_once_and_in_order(taken_ids, reports)
    print(  # noqa: T201 - figures for whoever runs it
        f"{len(expected)} messages due: {Counter(r.type.split('.')[2] for r in reports)}; "
        f"{len(mail.mails)} e-mails and {len(sms.messages)} texts taken, "
        f"{unanswered} of them by a call that was killed; "
        f"{len(KILLS_AFTER)} kills hit {len(hit)}"
    )


def assert_each_once(
    reports: Sequence[Any], expected: set[tuple[str, int, str]], *, digests: int
) -> None:
    """Each message that was due has exactly one outcome."""
    of_case = [r for r in reports if r.data.template != "digest"]
    told = Counter((r.data.case_id, r.data.case_version, r.data.channel) for r in of_case)
    assert told == dict.fromkeys(expected, 1)
    assert len(reports) - len(of_case) == digests


def assert_taken_once_and_in_order(taken_ids: Sequence[str], reports: Sequence[Any]) -> None:
    """No message was taken twice, and those about a report came in the order of its case."""
    assert len(taken_ids) == len(set(taken_ids))
    by_id = {r.data.notification_id: r.data for r in reports}
    versions = defaultdict(list)
    for data in map(by_id.__getitem__, taken_ids):
        if data.template != "digest":
            versions[data.request_id, data.channel].append(data.case_version)
    assert versions
    assert all(found == sorted(found) for found in versions.values())


def _is_set(server: MailServer | SmsProvider) -> Callable[[], Awaitable[bool]]:
    async def is_set() -> bool:
        return server.fell_silent.is_set()

    return is_set
