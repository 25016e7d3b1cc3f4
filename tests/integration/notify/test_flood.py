"""A thousand reports name one person: what that person gets, and that nobody else waits for it."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest

from services.notify.store.deliveries import list_held
from shared.contract.events import Event, NotificationSent
from shared.contract.topics import NOTIFY_DELIVERIES
from shared.runtime.clock import utc_now
from shared.runtime.postgres import Pool, transaction
from tests.integration.notify.conftest import StartProcess
from tests.integration.notify.sms_provider import SmsProvider
from tests.integration.notify.test_notify import report
from tests.support.notify.mail_server import MailServer
from tests.support.topic_log import TopicLog

pytestmark = [pytest.mark.integration, pytest.mark.long, pytest.mark.timeout(240)]

REPORTS, ROUNDS = 1_000, 50
EMAIL, PHONE = "ana@example.org", "+15035550177"
BY_BOTH = {"phone": PHONE, "phone_ref": "ref", "status_updates": ("email", "sms")}
BY_TEXT = {"phone": PHONE, "phone_ref": "ref", "status_updates": ("sms",)}


@pytest.mark.parametrize(
    ("flood", "got", "held"),
    [
        pytest.param(
            lambda _: report(EMAIL, **BY_BOTH),
            {"email received": 6, "sms received": 6, "email digest": 1},
            1_960,
            id="one address and number",
        ),
        pytest.param(
            lambda n: report(f"ana+{n}@example.org"),
            {"email received": 6, "email digest": 1},
            980,
            id="one mailbox by ever new addresses",
        ),
        pytest.param(
            lambda n: report(f"{n}@example.net", **BY_TEXT),
            {"sms received": 6, "sms digest": 1},
            980,
            id="one number with ever new addresses",
        ),
    ],
)
async def test_who_is_flooded_gets_seven_messages_and_everybody_else_theirs(  # noqa: PLR0913, PLR0917 - fixtures
    flood: Callable[[int], list[Event]],
    got: dict[str, int],
    held: int,
    process: StartProcess,
    sms: SmsProvider,
    mail: MailServer,
    topic_log: TopicLog,
    pool: Pool,
) -> None:
    async with process(**sms.settings):
        await topic_log.publish(*report("first@example.org"))
        await topic_log.at_least(1, NOTIFY_DELIVERIES)
        calm = await _beside(topic_log, "calm", lambda _: [])
        await topic_log.at_least(1 + ROUNDS, NOTIFY_DELIVERIES)
        busy = await _beside(
            topic_log,
            "busy",
            lambda number: [event for n in range(number, REPORTS, ROUNDS) for event in flood(n)],
        )
        per_report = held // 980
        reports = await topic_log.at_least(2 + 2 * ROUNDS + REPORTS * per_report, NOTIFY_DELIVERIES)

    others = {f"{kind}{n}@example.org" for kind in ("calm", "busy") for n in range(ROUNDS)}
    assert others <= {to for to, _ in mail.mails}
    flooded = [r for r in reports[1:] if r.data.request_id not in calm | busy]
    sent = [r for r in flooded if isinstance(r, NotificationSent)]
    assert Counter(f"{r.data.channel} {r.data.template}" for r in sent) == got
    assert len(mail.mails) + len(sms.messages) == 1 + len(sent) + len(others)
    reasons = Counter(r.data.reason for r in flooded if r not in sent)
    assert reasons == {"contact_flooded": held, "daily_limit": (20 - 6) * per_report}
    async with transaction(pool) as db:
        [shown] = await list_held(db)
    assert (shown["requests"], shown["messages"]) == (980, held)
    print(f"{got} {dict(reasons)}; others: {_delays(calm, reports)}, {_delays(busy, reports)}")  # noqa: T201 - figures for whoever runs it


async def _beside(
    topic_log: TopicLog, kind: str, flood: Callable[[int], Sequence[Event]]
) -> dict[str, Any]:
    """Publish a report of somebody else after each part of the flood; return when, by request."""
    published = {}
    for number in range(ROUNDS):
        one = report(f"{kind}{number}@example.org")
        published[str(one[0].correlationid)] = utc_now()
        await topic_log.publish(*flood(number), *one)
    return published


def _delays(published: dict[str, Any], reports: Sequence[Any]) -> str:
    """Return half and all of the delays from the report to its message, in milliseconds."""
    took = sorted(
        (r.time - published[r.data.request_id]) / timedelta(milliseconds=1)
        for r in reports
        if r.data.request_id in published
    )
    return f"p50 {took[len(took) // 2]:.0f} ms, slowest of {len(took)} {took[-1]:.0f} ms"
