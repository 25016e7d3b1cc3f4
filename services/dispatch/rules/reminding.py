"""Reminders that are due on a case, and escalation of deadlines that its lead missed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from services.dispatch.rules.case import Case, CaseWorkOrder
from services.dispatch.rules.case_changes import CaseTransition, Overdue
from services.dispatch.rules.clocks import PlannedReminder, due_reminders
from services.dispatch.rules.deadlines import Deadlines

ESCALATED = "escalated"
"""The ``route_rule`` of a work order that escalation of a missed deadline issued."""


@dataclass(frozen=True, slots=True)
class Escalation:
    """Effect of a missed deadline of a case.

    Attributes:
        to: Code of the bureau that it is escalated to; None for none.
    """

    to: str | None
    due: Deadlines
    new_id: Callable[[], str]


@dataclass(frozen=True, slots=True)
class CaseReminders:
    """Reminders of one case.

    Attributes:
        sent: Each with the id of its work order, in the order in which they were due.
    """

    case: Case
    sent: Sequence[tuple[str, PlannedReminder]]
    transitions: Sequence[CaseTransition]


def remind(case: Case, now: datetime, escalation: Callable[[], Escalation]) -> CaseReminders:
    """Return the reminders of a case that are due. Idempotent: each comes once.

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
