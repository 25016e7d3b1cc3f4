"""Reminders of deadlines: which are due, and their events."""

from collections.abc import Collection
from datetime import datetime
from functools import partial

from services.dispatch.outbound import case_event, reminder_event, work_order_events
from services.dispatch.policy import DispatchPolicy, NotInCatalogueError
from services.dispatch.records import ChangeSet, LoadedState
from services.dispatch.rules.case import Case
from services.dispatch.rules.reminding import Escalation, remind
from services.dispatch.unit_of_work import UnitOfWork
from shared.contract.events import Event, new_id


def on_reminders_due(
    cases: Collection[Case], policy: DispatchPolicy, now: datetime
) -> tuple[list[Event], ChangeSet]:
    """Return the events of the reminders that are due in some cases, and what they change.

    A reminder follows the event with the state that it carries.

    Args:
        cases: The cases, locked.
        policy: Kinds, bureaus and calendars.
        now: The present moment.
    """
    uow = UnitOfWork(LoadedState(cases))
    events: list[Event] = []
    found = [remind(case, now, partial(_escalation, case, policy, now)) for case in cases]
    for reminders in found:
        missed = [case_event(transition, None, now) for transition in reminders.transitions]
        uow.change(reminders.case, missed[-1] if missed else None)
        events += missed
    for notice in uow.pending_notices():
        events += work_order_events(notice, now)
    for reminders in found:
        for work_order_id, planned in reminders.sent:
            order = uow.notified_order(reminders.case.case_id, work_order_id)
            events.append(reminder_event(reminders.case, order, planned, now))
    return events, uow.change_set()


def _escalation(case: Case, policy: DispatchPolicy, now: datetime) -> Escalation:
    """Return the escalation of a case; to no bureau where the catalogue lost its kind."""
    try:
        city, kind = policy.kind(case.jurisdiction, case.service_code)
    except NotInCatalogueError:
        return Escalation(None, case.lead.due, new_id)
    lead = city.bureaus.get(case.lead_bureau)
    due = policy.deadline_policy(city, kind, now, case.lead_bureau).due(case.priority.level)
    return Escalation(lead.escalates_to if lead else None, due, new_id)
