"""Reminders and escalation as bureaus and readers of cases get them."""

from collections.abc import Sequence
from datetime import datetime

from services.dispatch.handlers.incoming import on_reminders_due
from shared.contract.events import (
    CaseOverdue,
    Event,
    WorkOrderChanged,
    WorkOrderIssued,
    WorkOrderReminded,
)
from tests.support.builders import NOON
from tests.support.dispatch.factories import HOUR, POLICY, update_message
from tests.unit.dispatch.harness import DispatchHarness, of_type

LATE = NOON + 3 * HOUR
"""After both deadlines of a P1 sinkhole, which is due in two hours."""


async def remind(harness: DispatchHarness, now: datetime) -> Sequence[Event]:
    events, changes = on_reminders_due(harness.store.all, POLICY, now)
    await harness.store.write(changes)
    return events


async def test_each_bureau_gets_its_reminders_once_with_the_state_that_it_knows(
    harness: DispatchHarness,
) -> None:
    lead, informed = await harness.open_case("SINKHOLE", "P1", submitted_at=NOON)

    events = await remind(harness, NOON + HOUR / 4)
    again = await remind(harness, NOON + HOUR / 4)

    assert again == []
    [overdue] = of_type(CaseOverdue, events)
    assert (overdue.data.version, overdue.data.what, overdue.data.bureau) == (
        2,
        "acknowledge",
        "DESK",
    )
    assert overdue.data.due_at == lead.due.acknowledge_by
    sent = of_type(WorkOrderReminded, events)
    assert {(e.data.bureau, e.data.reminder) for e in sent} == {
        ("DESK", "acknowledge_overdue"),
        ("WATER", "acknowledge_overdue"),
    }
    changed = {e.data.work_order_id: e.data.version for e in of_type(WorkOrderChanged, events)}
    assert changed == {lead.work_order_id: 2, informed.work_order_id: 2}
    assert {e.data.work_order_id: e.data.version for e in sent} == changed
    assert {e.data.case_version for e in sent} == {2}


async def test_a_missed_deadline_escalates_to_the_bureau_that_the_lead_names(
    harness: DispatchHarness,
) -> None:
    await harness.open_case("SINKHOLE", "P1", submitted_at=NOON)

    events = await remind(harness, LATE)

    missed = of_type(CaseOverdue, events)
    assert [(e.data.what, e.data.version, e.data.escalated_to) for e in missed] == [
        ("acknowledge", 2, "POLICE"),
        ("complete", 3, "POLICE"),
    ]
    [issued] = of_type(WorkOrderIssued, events)
    assert (issued.data.bureau, issued.data.role, issued.data.route_rule) == (
        "POLICE",
        "informed",
        "escalated",
    )
    assert issued.data.due.acknowledge_by > LATE
    assert issued.data.case_version == 3


async def test_what_is_acknowledged_or_waits_for_the_resident_is_not_overdue(
    harness: DispatchHarness,
) -> None:
    lead, informed = await harness.open_case("SINKHOLE", "P1", submitted_at=NOON)
    for status in ("acknowledged", "waiting_for_resident"):
        await harness.handle(update_message("DESK", lead, status, at=NOON))
    await harness.handle(update_message("WATER", informed, "completed"))

    assert await remind(harness, LATE) == []


async def test_a_wait_moves_both_deadlines_and_the_bureau_is_told_once(
    harness: DispatchHarness,
) -> None:
    lead, _ = await harness.open_case("SINKHOLE", "P1", submitted_at=NOON)
    await harness.handle(update_message("DESK", lead, "acknowledged", at=NOON))
    await harness.handle(update_message("DESK", lead, "waiting_for_resident", at=NOON + HOUR / 12))

    events = await harness.handle(
        update_message("DESK", lead, "in_progress", at=NOON + HOUR / 12 + HOUR / 2)
    )

    [changed] = [e.data for e in of_type(WorkOrderChanged, events) if e.data.bureau == "DESK"]
    assert changed.due.complete_by == lead.due.complete_by + HOUR / 2
    assert changed.due.acknowledge_by == lead.due.acknowledge_by + HOUR / 2


async def test_a_case_without_a_due_reminder_is_scheduled_anew(harness: DispatchHarness) -> None:
    """Else a look would find it again and again."""
    await harness.open_case("SINKHOLE", "P1", submitted_at=NOON)

    events, changes = on_reminders_due(harness.store.all, POLICY, NOON)

    assert events == []
    assert [order.bureau for order in changes.changed_orders] == ["DESK", "WATER"]
