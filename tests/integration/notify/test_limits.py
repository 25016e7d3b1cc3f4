"""The limits of a day and quiet hours, on both stores."""

from collections import Counter
from dataclasses import replace
from datetime import datetime, time
from typing import Any

import pytest

from services.notify.handlers import on_messages
from services.notify.rules.daily_limit import QuietHours
from shared.contract.events import Event, new_id
from shared.runtime.postgres import Pool
from tests.integration.notify.stores import NotifyStores, PostgresStores, claim
from tests.support.builders import contact_given
from tests.support.notify.deliveries import report
from tests.support.notify.factories import POLICY, RULES, closed, messages, moved, opened, triaged

pytestmark = pytest.mark.integration
NIGHT = replace(POLICY, rules=replace(RULES, quiet_hours=QuietHours(time(21), time(8))))
NOON = datetime.fromisoformat("2026-03-02T12:00:00-08:00")
MIDNIGHT = datetime.fromisoformat("2026-03-02T00:30:00-08:00")
_PENDING = """
    SELECT template, count(*) AS messages
      FROM deliveries WHERE state = 'pending' AND channel = $1
     GROUP BY template
"""
MORNING = datetime.fromisoformat("2026-03-02T08:00:00-08:00")


async def receive(store: NotifyStores, *events: Event, at: datetime = NOON) -> list[Any]:
    async with store.notifications() as notifications:
        return await on_messages(messages(events), notifications, NIGHT, at)


async def test_the_seventh_message_of_a_day_is_a_digest_of_all_reports(
    store: NotifyStores,
) -> None:
    events = [event for _ in range(9) for event in report()]
    suppressed = []
    for n in range(0, 27, 3):
        suppressed += await receive(store, *events[n : n + 3])
        suppressed += await receive(store, *events[n : n + 3])

    assert Counter(event.data.reason for event in suppressed) == {"daily_limit": 3}
    claimed = await claim(store.deliveries, limit=20, now=NOON)
    assert Counter(one.data.template for one in claimed) == {"received": 6, "digest": 1}
    numbers = {event.data.tracking_number for event in events if "triaged" in event.type}
    (digest,) = (one for one in claimed if one.data.template == "digest")
    assert numbers >= set(digest.data.followed)


async def test_the_next_day_begins_anew_and_what_is_urgent_is_not_counted(
    store: NotifyStores,
) -> None:
    await receive(store, *(event for _ in range(7) for event in report()))
    assert await receive(store, *report(level="P1")) == []
    assert await receive(store, *report(), at=NOON.replace(day=3)) == []


async def test_three_cases_by_two_channels_on_one_day_end_with_is_it_fixed(pool: Pool) -> None:
    store = PostgresStores(pool, "sms")
    by_both = {"phone": "+15035550177", "phone_ref": "ref", "status_updates": ("email", "sms")}
    suppressed = []
    for _ in range(3):
        request_id, case_id = new_id(), new_id()
        for event in (
            contact_given(request_id, **by_both),
            triaged(request_id, case_id),
            opened(request_id, case_id),
            moved(case_id, 2, "acknowledged"),
            moved(case_id, 3, "in_progress"),
            moved(case_id, 4, "waiting_for_resident"),
            closed(case_id, 5),
        ):
            suppressed += await receive(store, event)

    assert Counter(event.data.template for event in suppressed) == {
        "received": 2,
        "acknowledged": 4,
        "in_progress": 4,
    }
    for channel in ("email", "sms"):
        rows = await pool.fetch(_PENDING, channel)
        pending = {row["template"]: row["messages"] for row in rows}
        assert pending.pop("digest", 1) == 1
        assert pending == {
            "received": 2,
            "acknowledged": 1,
            "in_progress": 1,
            "waiting_for_resident": 3,
            "completed": 3,
        }


async def test_what_comes_at_night_is_one_text_in_the_morning(pool: Pool) -> None:
    store = PostgresStores(pool, "sms")
    request_id, case_id = new_id(), new_id()
    contact = contact_given(
        request_id, phone="+15035550177", phone_ref="ref", status_updates=("sms", "email")
    )
    events = [
        closed(case_id, 3),
        contact,
        opened(request_id, case_id),
        triaged(request_id, case_id),
        moved(case_id, 2, "in_progress"),
    ]
    for event in events:
        await receive(store, event, at=MIDNIGHT)

    assert await claim(store.deliveries, now=MIDNIGHT) == []
    (text,) = await claim(store.deliveries, now=MORNING)
    assert (text.data.template, text.address) == ("completed", "+15035550177")
    emails = PostgresStores(pool, "email").deliveries
    assert await emails.any_due(MIDNIGHT)


async def test_at_night_what_is_urgent_goes_out_at_once_in_place_of_what_waits(
    pool: Pool,
) -> None:
    store = PostgresStores(pool, "sms")
    request_id, case_id = new_id(), new_id()
    contact = contact_given(request_id, phone="+15035550177", status_updates=("sms",))
    await receive(
        store, contact, triaged(request_id, case_id), opened(request_id, case_id), at=MIDNIGHT
    )
    urgent = moved(case_id, 2, "in_progress")
    priority = urgent.data.priority.model_copy(update={"level": "P1"})
    data = urgent.data.model_copy(update={"priority": priority})
    await receive(store, urgent.model_copy(update={"data": data}), at=MIDNIGHT)

    (text,) = await claim(store.deliveries, now=MIDNIGHT)
    assert text.data.template == "in_progress"
    assert await claim(store.deliveries, now=MORNING) == []
