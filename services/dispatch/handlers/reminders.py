"""Handler of due reminders of deadlines."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from functools import partial

from services.dispatch.handlers.case_history import case_events, notice_events, reminded
from services.dispatch.policy import DispatchPolicy, NotInCatalogueError
from services.dispatch.records import ChangeSet, LoadedState
from services.dispatch.rules.case import Case, CaseWorkOrder
from services.dispatch.rules.clocks import Escalation, remind
from services.dispatch.unit_of_work import UnitOfWork
from shared.contract.events import Event, new_id


def on_reminders_due(
    cases: Collection[Case], policy: DispatchPolicy, now: datetime
) -> tuple[list[Event], ChangeSet]:
    """Return the events of due reminders of locked cases, and the changes.

    A reminder follows the event with its state. Every work order is written, since an older version
    may have left the time of its next reminder empty.
    """
    uow = UnitOfWork(LoadedState(cases))
    events: list[Event] = []
    found = [remind(case, now, partial(_escalation, case, policy, now)) for case in cases]
    for reminders in found:
        missed = case_events(reminders.transitions, None, uow, now)
        uow.change(reminders.case, missed[-1] if missed else None)
        events += missed
    events += notice_events(uow, now)
    known = {order.work_order_id for case in cases for order in case.orders}
    looked_at: list[CaseWorkOrder] = []
    for reminders in found:
        orders = {o.work_order_id: o for o in uow.notified_orders(reminders.case.case_id)}
        for work_order_id, planned in reminders.sent:
            events.append(reminded(reminders.case, orders[work_order_id], planned, uow, now))
        looked_at += [order for order_id, order in orders.items() if order_id in known]
    return events, replace(uow.change_set(), changed_orders=looked_at)


def _escalation(case: Case, policy: DispatchPolicy, now: datetime) -> Escalation:
    """Return the escalation of a case; to no bureau if its kind left the catalogue."""
    try:
        due = policy.case_deadlines(case, now).due(case.priority.level)
    except NotInCatalogueError:
        return Escalation(None, case.lead.due, new_id)
    lead = policy.catalogue.jurisdictions[case.jurisdiction].bureaus.get(case.lead_bureau)
    return Escalation(lead.escalates_to if lead else None, due, new_id)
