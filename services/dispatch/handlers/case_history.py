"""History of cases: each published change is recorded with the id of its event."""

from collections.abc import Iterable
from datetime import datetime

from services.dispatch.outbound import case_event, reminder_event, work_order_events
from services.dispatch.records.changes import CaseHistoryEntry
from services.dispatch.rules import history
from services.dispatch.rules.case import Case, CaseWorkOrder
from services.dispatch.rules.case_changes import CaseTransition
from services.dispatch.rules.clocks import PlannedReminder
from services.dispatch.rules.work_order_updates import BureauUpdate
from services.dispatch.unit_of_work import UnitOfWork
from shared.contract.events import Event

_CASE_EVENT = "route311.case."


def case_events(
    transitions: Iterable[CaseTransition],
    cause: Event | None,
    uow: UnitOfWork,
    now: datetime,
    author: history.ChangeAuthor | None = None,
) -> list[Event]:
    """Return the event of each change of a case, and record it."""
    events = []
    for transition in transitions:
        event = case_event(transition, cause, now)
        by, note = author or history.author_of_change(transition.change)
        entry = CaseHistoryEntry(
            case_id=transition.case.case_id,
            at=now,
            by=by,
            what=event.type.removeprefix(_CASE_EVENT).partition(".")[0],
            text=history.change_in_words(transition),
            note=note,
            case_event=event.id,
        )
        uow.record_entry(entry)
        events.append(event)
    return events


def notice_events(uow: UnitOfWork, now: datetime) -> list[Event]:
    """Return the events of the pending notices to bureaus, and record each new work order."""
    events: list[Event] = []
    for notice in uow.pending_notices():
        case_id = notice.case.case_id
        for order in notice.orders:
            if order.version == 1 and order.status != "withdrawn":
                text = history.order_in_words(order)
                entry = CaseHistoryEntry(
                    case_id, now, history.SYSTEM.name, "work_order_issued", text
                )
                uow.record_entry(entry)
        events += work_order_events(notice, now)
    return events


def reminded(
    case: Case, order: CaseWorkOrder, planned: PlannedReminder, uow: UnitOfWork, now: datetime
) -> Event:
    """Return the event of a reminder of a work order as its bureau knows it, and record it."""
    text = history.reminder_in_words(order.bureau, planned)
    uow.record_entry(
        CaseHistoryEntry(case.case_id, now, history.SYSTEM.name, "work_order_reminder", text)
    )
    return reminder_event(case, order, planned, now)


def record_update(update: BureauUpdate, case: Case, uow: UnitOfWork, now: datetime) -> None:
    """Record an accepted, redacted update that changes no case: of an informed bureau, or notes."""
    by, note = history.author_of_update(update)
    text = history.update_in_words(update)
    uow.record_entry(CaseHistoryEntry(case.case_id, now, by, "work_order_updated", text, note))
