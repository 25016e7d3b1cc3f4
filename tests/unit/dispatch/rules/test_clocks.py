"""Reminders that a work order's clock brings about, whatever else happens to it."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.dispatch.rules.case import CaseWorkOrder
from services.dispatch.rules.clocks import (
    due_reminders,
    next_reminder_at,
    overdue_at,
    restart_clock,
)
from services.dispatch.rules.deadlines import Deadlines, WorkOrderDeadline
from shared.vocabulary import WorkOrderStatus
from tests.support.builders import NOON
from tests.support.dispatch.factories import HOUR, OPEN_TIME, case, order

SEEN = WorkOrderDeadline(NOON + 4 * HOUR, NOON + 5 * HOUR)
DONE = WorkOrderDeadline(NOON + 40 * HOUR, NOON + 50 * HOUR)
DUE = Deadlines(SEEN, DONE)


def reminders(of: CaseWorkOrder, at: datetime) -> list[str]:
    return [one.reminder for one in due_reminders(of, at)]


@pytest.mark.parametrize(
    ("hours", "status", "expected"),
    [
        (3, "issued", []),
        (4, "issued", ["acknowledge_soon"]),
        (5, "issued", ["acknowledge_overdue"]),
        (40, "issued", ["acknowledge_overdue", "complete_soon"]),
        (60, "issued", ["acknowledge_overdue", "complete_overdue"]),
        (39, "acknowledged", []),
        (40, "in_progress", ["complete_soon"]),
        (60, "scheduled", ["complete_overdue"]),
        (60, "completed", []),
        (60, "withdrawn", []),
    ],
)
def test_a_bureau_is_reminded_of_what_it_can_still_do(
    hours: int, status: WorkOrderStatus, expected: list[str]
) -> None:
    assert reminders(order(due=DUE, status=status), NOON + hours * HOUR) == expected


def test_no_reminder_comes_twice_and_no_warning_after_the_deadline() -> None:
    late = order(due=DUE, reminded=frozenset({"acknowledge_overdue", "complete_soon"}))

    assert reminders(late, NOON + 45 * HOUR) == []
    assert next_reminder_at(late) == DONE.due_at
    assert reminders(late, NOON + 60 * HOUR) == ["complete_overdue"]


def test_a_deadline_without_time_to_warn_brings_one_reminder() -> None:
    at_once = order(due=Deadlines(WorkOrderDeadline(NOON, NOON), DONE))

    assert reminders(at_once, NOON) == ["acknowledge_overdue"]


def test_a_stopped_clock_reminds_of_nothing_and_a_restarted_one_later() -> None:
    working = order(due=DUE, status="in_progress")
    waiting = replace(working, waiting_since=NOON + HOUR)

    assert next_reminder_at(waiting) is None
    restarted = restart_clock(waiting, NOON + 200 * HOUR, OPEN_TIME)
    assert restarted.waiting_since is None
    left = OPEN_TIME.between(NOON + HOUR, DONE.due_at)
    assert OPEN_TIME.between(NOON + 200 * HOUR, restarted.due.complete_by) == left
    assert restart_clock(working, NOON + 200 * HOUR, OPEN_TIME) == working


@given(st.lists(st.timedeltas(timedelta(0), timedelta(days=1)), max_size=40))
def test_however_often_one_looks_each_reminder_comes_once_and_in_time(
    steps: list[timedelta],
) -> None:
    of, now, sent = order(due=DUE), NOON, []
    for step in (*steps, timedelta(days=9)):
        now += step
        for planned in due_reminders(of, now):
            assert planned.at <= now
            sent.append(planned.reminder)
            of = replace(of, reminded=of.reminded | {planned.reminder})
        following = next_reminder_at(of)
        assert following is None or following > now

    assert len(sent) == len(set(sent))
    assert [one for one in sent if one.endswith("overdue")] == [
        "acknowledge_overdue",
        "complete_overdue",
    ]


@pytest.mark.parametrize(
    ("lead", "at"),
    [
        pytest.param(order(due=DUE), DUE.acknowledge_by, id="not acknowledged"),
        pytest.param(order(status="in_progress", due=DUE), DUE.complete_by, id="acknowledged"),
        pytest.param(
            order(status="waiting_for_resident", waiting_since=NOON), None, id="it stands still"
        ),
        pytest.param(order(status="completed"), None, id="done"),
        pytest.param(order(status="withdrawn"), None, id="withdrawn"),
    ],
)
def test_a_case_becomes_overdue_with_the_next_deadline_of_its_lead(
    lead: CaseWorkOrder, at: datetime | None
) -> None:
    late = replace(DUE, complete=WorkOrderDeadline(NOON, NOON))

    assert overdue_at(case(lead, order("WATER", role="informed", due=late))) == at
