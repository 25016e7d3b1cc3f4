"""Outbound events: changes of cases, work orders for bureaus, and receipts for their updates."""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import datetime
from functools import lru_cache
from typing import Any

from services.dispatch.inbound.external import IncomingUpdate
from services.dispatch.records import UpdateResult, WorkOrderNotice
from services.dispatch.rules.case import Case, CaseWorkOrder
from services.dispatch.rules.case_changes import (
    CaseChange,
    CaseTransition,
    Closed,
    Opened,
    Overdue,
    PriorityLowered,
    PriorityRaised,
    Reopened,
    RequestAttached,
    RequestMovedOut,
    StatusChanged,
)
from services.dispatch.rules.clocks import PlannedReminder
from services.dispatch.rules.priority import CasePriority
from shared.contract.events import (
    CaseClosed,
    CaseClosing,
    CaseLowering,
    CaseMissedDeadline,
    CaseOpened,
    CaseOverdue,
    CasePriorityLowered,
    CasePriorityRaise,
    CasePriorityRaised,
    CaseReopened,
    CaseReopening,
    CaseRequestAttached,
    CaseRequestSplit,
    CaseSplit,
    CaseState,
    CaseStatusChange,
    CaseStatusChanged,
    CaseWithRequest,
    Due,
    Event,
    Priority,
    PriorityReason,
    UpdateAccepted,
    UpdateReceipt,
    UpdateRefused,
    WorkOrder,
    WorkOrderChanged,
    WorkOrderIssued,
    WorkOrderReminded,
    WorkOrderReminder,
    WorkOrderWithdrawn,
)

_CASE_EVENTS: Mapping[type[CaseChange], tuple[type[Event], type[CaseState]]] = {
    Opened: (CaseOpened, CaseWithRequest),
    RequestAttached: (CaseRequestAttached, CaseWithRequest),
    PriorityRaised: (CasePriorityRaised, CasePriorityRaise),
    PriorityLowered: (CasePriorityLowered, CaseLowering),
    RequestMovedOut: (CaseRequestSplit, CaseSplit),
    StatusChanged: (CaseStatusChanged, CaseStatusChange),
    Closed: (CaseClosed, CaseClosing),
    Reopened: (CaseReopened, CaseReopening),
    Overdue: (CaseOverdue, CaseMissedDeadline),
}


def case_event(transition: CaseTransition, cause: Event | None, now: datetime) -> Event:
    """Return the event of one change of a case.

    Args:
        transition: The change, and the case after it.
        cause: The event that led to it; None for the passing of time.
    """
    case, change = transition.case, transition.change
    facts = {field.name: getattr(change, field.name) for field in fields(change)}
    if isinstance(change, Opened):
        facts["linked_case"] = case.linked_case
    if isinstance(change, Opened | RequestAttached):
        facts["first_reported_at"] = case.first_reported_at
    event_class, data_class = _CASE_EVENTS[type(change)]
    request = facts.get("request_id") or case.opened_by
    data = data_class(**case_state(case), **facts)
    return event_class.of(data, now=now, cause=cause, request=request)


@lru_cache(maxsize=1024)  # every event of a case repeats it
def wire_priority(priority: CasePriority) -> Priority:
    """Return a priority as events have it."""
    reasons = tuple(
        PriorityReason(code=r.code, points=r.points, evidence=r.evidence) for r in priority.reasons
    )
    return Priority(level=priority.level, score=priority.score, reasons=reasons)


def case_state(case: Case) -> dict[str, Any]:
    """Return the fields that all events of a case share."""
    return {
        "case_id": case.case_id,
        "version": case.version,
        "jurisdiction": case.jurisdiction,
        "status": case.status,
        "priority": wire_priority(case.priority),
        "service_code": case.service_code,
        "dedup_group": case.dedup_group,
        "lead_bureau": case.lead_bureau,
        "lead_work_order_id": case.lead.work_order_id,
        "request_count": case.request_count,
        "due": _due(case.lead),
    }


def work_order_events(notice: WorkOrderNotice, now: datetime) -> Iterator[Event]:
    """Yield an event for each work order of a notice, with the complete state of it."""
    case = notice.case
    case_fields = _work_order_case(case)
    for order in notice.orders:
        data = WorkOrder(**case_fields, **work_order_fields(order))
        yield _event_class(order).of(data, now=now, cause=notice.cause, request=case.opened_by)


def reminder_event(
    case: Case, order: CaseWorkOrder, planned: PlannedReminder, now: datetime
) -> Event:
    """Return the reminder of a deadline, with the present state of the work order.

    Args:
        order: The work order as its bureau knows it.
    """
    data = WorkOrderReminder(
        **_work_order_case(case),
        **work_order_fields(order),
        reminder=planned.reminder,
        due_at=planned.due_at,
    )
    return WorkOrderReminded.of(data, now=now, request=case.opened_by)


def work_order_state(case: Case, order: CaseWorkOrder) -> WorkOrder:
    """Return the complete state of a work order, as its newest event has it."""
    return WorkOrder(**_work_order_case(case), **work_order_fields(order))


def _event_class(order: CaseWorkOrder) -> type[Event]:
    if order.status == "withdrawn":
        return WorkOrderWithdrawn
    return WorkOrderIssued if order.version == 1 else WorkOrderChanged


def work_order_fields(order: CaseWorkOrder) -> dict[str, Any]:
    """Return the fields of a work order itself."""
    return {
        "work_order_id": order.work_order_id,
        "version": order.version,
        "bureau": order.bureau,
        "role": order.role,
        "status": order.status,
        "due": _due(order),
        "route_rule": order.route_rule,
    }


def _due(order: CaseWorkOrder) -> Due:
    return Due(acknowledge_by=order.due.acknowledge_by, complete_by=order.due.complete_by)


def _work_order_case(case: Case) -> dict[str, Any]:
    """Return the fields that all work orders of a case share."""
    problem = case.problem
    return {
        "case_id": case.case_id,
        "case_version": case.version,
        "service_code": case.service_code,
        "service_name": problem.service_name,
        "priority": wire_priority(case.priority),
        "summary": problem.summary,
        "location": problem.location,
        "attributes": problem.attributes,
        "media": problem.media,
        "notes": (
            *problem.notes,
            *(note.text for note in (*case.notes, *case.others_notes)),
        ),
        "request_count": case.request_count,
        "first_reported_at": case.first_reported_at,
        "last_reported_at": case.last_reported_at,
    }


def receipt(incoming: IncomingUpdate, result: UpdateResult, now: datetime) -> Event:
    """Return the receipt for an update; its fields reveal nothing of other bureaus' work.

    Args:
        incoming: The update with its sender.
    """
    refusal, case = result.refusal, result.case
    data = UpdateReceipt(
        update_id=incoming.key.id,
        update_source=incoming.key.source,
        work_order_id=incoming.work_order_id,
        case_id=case.case_id if case else None,
        bureau=incoming.key.bureau,
        status=incoming.status,
        version=result.version,
        changed=result.changed,
        code=refusal.code if refusal else None,
        message=refusal.message if refusal else None,
    )
    event_class = UpdateRefused if refusal else UpdateAccepted
    request = case.opened_by if case else None
    return event_class.of(data, now=now, cause=incoming.event, request=request)
