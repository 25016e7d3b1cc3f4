"""When a digest is due, on the days of the clock change too, and where a work order stands."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from services.dispatch.channels.forwarding.digests import in_order, is_worth_sending
from services.dispatch.channels.forwarding.rules.digests import due_at, last_due_day, section_of
from services.dispatch.channels.forwarding.store.digests import DigestEntry
from services.dispatch.outbound import work_order_state
from tests.support.builders import NOON
from tests.support.dispatch.factories import case, case_priority, order

PORTLAND = ZoneInfo("America/Los_Angeles")
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("day", "at", "utc"),
    [
        pytest.param("2026-03-07", "07:00", "2026-03-07T15:00", id="winter"),
        pytest.param("2026-03-08", "07:00", "2026-03-08T14:00", id="spring, after the change"),
        pytest.param("2026-03-08", "02:30", "2026-03-08T10:30", id="spring, a skipped time"),
        pytest.param("2026-03-08", "00:30", "2026-03-08T08:30", id="spring, before the change"),
        pytest.param("2026-11-01", "01:30", "2026-11-01T08:30", id="autumn, the first of two"),
        pytest.param("2026-11-01", "07:00", "2026-11-01T15:00", id="autumn, after the change"),
    ],
)
def test_a_digest_is_due_by_the_citys_clock(day: str, at: str, utc: str) -> None:
    due = due_at(date.fromisoformat(day), time.fromisoformat(at), PORTLAND)

    assert due == datetime.fromisoformat(utc).replace(tzinfo=UTC)


@pytest.mark.parametrize("at", [time(0), time(1, 30), time(2, 30), time(7), time(23, 59)])
@pytest.mark.parametrize("around", [date(2026, 3, 8), date(2026, 11, 1)])
def test_each_day_has_one_digest_whenever_one_looks(at: time, around: date) -> None:
    began = datetime(around.year, around.month, around.day, tzinfo=UTC) - 48 * HOUR
    looks = [began + n * timedelta(minutes=10) for n in range(6 * 24 * 5)]

    days = [last_due_day(now, at, PORTLAND) for now in looks]

    assert days == sorted(days)
    assert set(days) == {days[0] + timedelta(days=n) for n in range((days[-1] - days[0]).days + 1)}
    for now, day in zip(looks, days, strict=True):
        assert due_at(day, at, PORTLAND) <= now < due_at(day + timedelta(days=1), at, PORTLAND)


def test_a_work_order_stands_where_its_reader_looks_first() -> None:
    late = NOON + 30 * HOUR
    here = {
        "new": order(work_order_id="new"),
        "overdue": order(work_order_id="overdue", status="acknowledged"),
        "changed": order(work_order_id="changed", status="withdrawn"),
        "open": order(work_order_id="open"),
    }
    told = ["new", "changed", "overdue"]

    def section(id_: str, now: datetime) -> str:
        due = here[id_].due
        return section_of(
            here[id_].status,
            due.acknowledge_by,
            due.complete_by,
            now,
            is_new=id_ == "new",
            has_changed=id_ in told,
        )

    assert [section(id_, late) for id_ in here] == ["new", "overdue", "changed", "overdue"]
    assert section("open", NOON) == "open"
    assert section("open", NOON + 2 * HOUR) == "overdue"  # nobody acknowledged it
    assert section("overdue", NOON + 2 * HOUR) == "changed"


def test_the_urgent_come_first_and_open_work_alone_is_no_news() -> None:
    def entry(section: str, level: str) -> DigestEntry:
        of = case(priority=case_priority(level))  # type: ignore[arg-type]
        return DigestEntry(section, work_order_state(of, of.orders[0]))  # type: ignore[arg-type]

    entries = [entry("open", "P1"), entry("new", "P4"), entry("overdue", "P2"), entry("new", "P1")]

    found = [(one.section, one.order.priority.level) for one in in_order(entries)]

    assert found == [("new", "P1"), ("new", "P4"), ("overdue", "P2"), ("open", "P1")]
    assert is_worth_sending(entries)
    assert not is_worth_sending(entries[:1])
