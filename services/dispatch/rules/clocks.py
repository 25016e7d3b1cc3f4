"""Clocks of work orders: stops, reminders of deadlines, and escalation of missed ones."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from services.dispatch.rules.business_time import OpenTime
from services.dispatch.rules.case import Case, CaseWorkOrder
from services.dispatch.rules.case_changes import CaseTransition, Overdue
from services.dispatch.rules.deadlines import Deadlines, WorkOrderDeadline
from shared.vocabulary import MissedDeadline, Reminder

_MISSED: Mapping[Reminder, MissedDeadline] = {
    "acknowledge_overdue": "acknowledge",
    "complete_overdue": "complete",
}


class PlannedReminder(NamedTuple):
    """A reminder that is not sent yet."""

    at: datetime
    reminder: Reminder
    due_at: datetime

    @property
    def missed(self) -> MissedDeadline | None:
        """The deadline that has passed; None for a warning."""
        return _MISSED.get(self.reminder)


def restart_clock(order: CaseWorkOrder, at: datetime, clock: OpenTime) -> CaseWorkOrder:
    """Return a work order with running deadlines, moved by the time of the wait."""
    since = order.waiting_since
    if since is None:
        return order
    return replace(order, waiting_since=None, due=order.due.moved(since, max(at, since), clock))


def planned_reminders(order: CaseWorkOrder) -> Iterator[PlannedReminder]:
    """Yield the reminders that a bureau will get unless something changes; each comes once.

    None while the clock stands still or the work order is final, no acknowledgement reminder once
    it was acknowledged, and no warning once the bureau knows that a deadline has passed.
    """
    if order.is_final or order.waiting_since is not None:
        return
    if order.status == "issued":
        yield from _of(order, order.due.acknowledge, "acknowledge_soon", "acknowledge_overdue")
    yield from _of(order, order.due.complete, "complete_soon", "complete_overdue")


def _of(
    order: CaseWorkOrder, deadline: WorkOrderDeadline, soon: Reminder, overdue: Reminder
) -> Iterator[PlannedReminder]:
    if overdue in order.reminded:
        return
    if soon not in order.reminded and deadline.soon_at < deadline.due_at:
        yield PlannedReminder(deadline.soon_at, soon, deadline.due_at)
    yield PlannedReminder(deadline.due_at, overdue, deadline.due_at)


def next_reminder_at(order: CaseWorkOrder) -> datetime | None:
    """Return when the next reminder is due; None where none is planned."""
    return min((one.at for one in planned_reminders(order)), default=None)


def overdue_at(case: Case) -> datetime | None:
    """Return the time of the lead's next or missed deadline; None while none runs."""
    lead = case.lead
    if lead.is_final or lead.waiting_since is not None:
        return None
    due = lead.due
    return min(due.acknowledge_by, due.complete_by) if lead.status == "issued" else due.complete_by


def due_reminders(order: CaseWorkOrder, now: datetime) -> list[PlannedReminder]:
    """Return the reminders that are due, the earliest first; of one deadline the last alone."""
    planned = sorted(one for one in planned_reminders(order) if one.at <= now)
    return list({one.reminder.partition("_")[0]: one for one in planned}.values())


# The `route_rule` of work orders issued by escalation.
ESCALATED = "escalated"


@dataclass(frozen=True, slots=True)
class Escalation:
    """Effect of a missed deadline: the bureau that it is escalated to, if any."""

    to: str | None
    due: Deadlines
    new_id: Callable[[], str]


@dataclass(frozen=True, slots=True)
class CaseReminders:
    """A case after its reminders; each sent one has its work order's id, the earliest first."""

    case: Case
    sent: Sequence[tuple[str, PlannedReminder]]
    transitions: Sequence[CaseTransition]


def remind(case: Case, now: datetime, escalation: Callable[[], Escalation]) -> CaseReminders:
    """Return the due reminders of a case. Idempotent: each comes once.

    A deadline that the lead missed is a version of the case. The bureau that it is escalated to
    gets a work order in the role ``informed``, unless it has an unfinished one.
    """
    sent: list[tuple[str, PlannedReminder]] = []
    transitions: list[CaseTransition] = []
    lead_id = case.lead.work_order_id
    for order in case.orders:
        for planned in due_reminders(order, now):
            sent.append((order.work_order_id, planned))
            reminded = case.orders[order.number - 1].reminded | {planned.reminder}
            case = case.with_order(replace(order, reminded=reminded))
            if planned.missed is not None and order.work_order_id == lead_id:
                escalated = escalation()
                case = _escalated(case, escalated)
                change = Overdue(planned.missed, planned.due_at, order.bureau, escalated.to)
                transitions.append(CaseTransition(case, change))
    return CaseReminders(case, sent, transitions)


def _escalated(case: Case, escalation: Escalation) -> Case:
    case = replace(case, version=case.version + 1)
    known = case.latest_of(escalation.to) if escalation.to else None
    if escalation.to is None or (known is not None and not known.is_final):
        return case
    return case.with_order(
        CaseWorkOrder(
            work_order_id=escalation.new_id(),
            number=len(case.orders) + 1,
            bureau=escalation.to,
            role="informed",
            due=escalation.due,
            route_rule=ESCALATED,
        )
    )
