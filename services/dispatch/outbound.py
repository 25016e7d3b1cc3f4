"""Outbound data: events of cases and work orders, receipts of updates, cases for the API."""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import datetime
from functools import lru_cache
from typing import Any

from services.dispatch.inbound import IncomingUpdate
from services.dispatch.records.answers import WholeCase
from services.dispatch.records.changes import CaseHistoryEntry, UpdateResult, WorkOrderNotice
from services.dispatch.records.views import (
    BureauContact,
    CaseDetails,
    CaseEntry,
    ListedBureau,
    ListedCase,
    ListedKind,
    RequestOfCase,
    WorkOrderOfCase,
)
from services.dispatch.rules import case_changes as changes
from services.dispatch.rules.case import Case, CasePriority, CaseRequest, CaseWorkOrder
from services.dispatch.rules.case_changes import CaseChange, CaseTransition
from services.dispatch.rules.clocks import PlannedReminder, overdue_at
from services.dispatch.rules.history import may_read_note
from shared.catalogue import Bureau, Jurisdiction, ServiceType
from shared.catalogue.service_type import DAYS
from shared.contract import events
from shared.contract.events import Event, UpdateAccepted, UpdateRefused, WorkOrder

# Fields of a request's problem that the API shows.
_SHOWN = ("summary", "location", "attributes", "media")
_CASE_EVENTS: Mapping[type[CaseChange], tuple[type[Event], type[events.CaseState]]] = {
    changes.Opened: (events.CaseOpened, events.CaseWithRequest),
    changes.RequestAttached: (events.CaseRequestAttached, events.CaseWithRequest),
    changes.PriorityRaised: (events.CasePriorityRaised, events.CasePriorityRaise),
    changes.PriorityLowered: (events.CasePriorityLowered, events.CaseLowering),
    changes.RequestMovedOut: (events.CaseRequestSplit, events.CaseSplit),
    changes.StatusChanged: (events.CaseStatusChanged, events.CaseStatusChange),
    changes.Closed: (events.CaseClosed, events.CaseClosing),
    changes.Reopened: (events.CaseReopened, events.CaseReopening),
    changes.Overdue: (events.CaseOverdue, events.CaseMissedDeadline),
    changes.Acknowledged: (events.CaseAcknowledged, events.CaseState),
    changes.Assigned: (events.CaseAssigned, events.CaseAssignment),
    changes.Noted: (events.CaseNoted, events.CaseState),
    changes.Held: (events.CaseHeld, events.CaseHold),
    changes.KindChanged: (events.CaseKindChanged, events.CaseKindChange),
    changes.PlaceChanged: (events.CasePlaceChanged, events.CasePlaceChange),
    changes.StaffAnswered: (events.CaseAnswered, events.CaseAnswer),
    changes.ErasureOrdered: (events.CaseErasureOrdered, events.CaseErasureOrder),
    changes.ApprovalRequested: (events.CaseApprovalRequested, events.CaseApproval),
    changes.ApprovalRefused: (events.CaseApprovalRefused, events.CaseApproval),
}


def case_event(transition: CaseTransition, cause: Event | None, now: datetime) -> Event:
    """Return the event of one change of a case; its cause is None for the passing of time."""
    case, change = transition.case, transition.change
    facts = {field.name: getattr(change, field.name) for field in fields(change)}
    if isinstance(change, changes.Opened):
        facts["linked_case"] = case.linked_case
    if isinstance(change, changes.Opened | changes.RequestAttached):
        facts["first_reported_at"] = case.first_reported_at
    if isinstance(change, changes.StatusChanged | changes.Closed | changes.Reopened):
        facts["at"] = facts.get("closed_at") or facts.get("at") or now
    event_class, data_class = _CASE_EVENTS[type(change)]
    request = facts.get("request_id") or case.opened_by
    data = data_class(**_case_state(case), **facts)
    return event_class.of(data, now=now, cause=cause, request=request)


@lru_cache(maxsize=1024)  # every event of a case repeats it
def _priority(priority: CasePriority) -> events.Priority:
    reasons = tuple(
        events.PriorityReason(code=r.code, points=r.points, evidence=r.evidence)
        for r in priority.reasons
    )
    return events.Priority(level=priority.level, score=priority.score, reasons=reasons)


def _case_state(case: Case) -> dict[str, Any]:
    return {
        "case_id": case.case_id,
        "version": case.version,
        "jurisdiction": case.jurisdiction,
        "status": case.status,
        "priority": _priority(case.priority),
        "service_code": case.service_code,
        "dedup_group": case.dedup_group,
        "lead_bureau": case.lead_bureau,
        "lead_work_order_id": case.lead.work_order_id,
        "request_count": case.request_count,
        "due": _due(case.lead),
        "kinds": case.problem.kinds,
        "unsure": case.problem.unsure,
    }


def work_order_events(notice: WorkOrderNotice, now: datetime) -> Iterator[Event]:
    """Yield an event with the complete state of each work order of a notice."""
    case = notice.case
    for order in notice.orders:
        data = work_order_state(case, order)
        yield _event_class(order).of(data, now=now, cause=notice.cause, request=case.opened_by)


def reminder_event(
    case: Case, order: CaseWorkOrder, planned: PlannedReminder, now: datetime
) -> Event:
    """Return the reminder of a deadline, with the work order as its bureau knows it."""
    data = events.WorkOrderReminder(
        **_work_order_case(case),
        **_work_order_fields(order),
        reminder=planned.reminder,
        due_at=planned.due_at,
    )
    return events.WorkOrderReminded.of(data, now=now, request=case.opened_by)


def work_order_state(case: Case, order: CaseWorkOrder) -> WorkOrder:
    """Return the complete state of a work order, as its newest event has it."""
    return WorkOrder(**_work_order_case(case), **_work_order_fields(order))


def _event_class(order: CaseWorkOrder) -> type[Event]:
    if order.status == "withdrawn":
        return events.WorkOrderWithdrawn
    return events.WorkOrderIssued if order.version == 1 else events.WorkOrderChanged


def _work_order_fields(order: CaseWorkOrder) -> dict[str, Any]:
    return {
        "work_order_id": order.work_order_id,
        "version": order.version,
        "bureau": order.bureau,
        "role": order.role,
        "status": order.status,
        "due": _due(order),
        "route_rule": order.route_rule,
    }


def _due(order: CaseWorkOrder) -> events.Due:
    return events.Due(acknowledge_by=order.due.acknowledge_by, complete_by=order.due.complete_by)


def _work_order_case(case: Case) -> dict[str, Any]:
    problem = case.problem
    return {
        "case_id": case.case_id,
        "case_version": case.version,
        "service_code": case.service_code,
        "service_name": problem.service_name,
        "kinds": problem.kinds,
        "unsure": problem.unsure,
        "priority": _priority(case.priority),
        "summary": problem.summary,
        "location": problem.location,
        "attributes": problem.attributes,
        "media": problem.media,
        "notes": (*problem.notes, *(note.text for note in (*case.notes, *case.others_notes))),
        "request_count": case.request_count,
        "first_reported_at": case.first_reported_at,
        "last_reported_at": case.last_reported_at,
    }


def receipt(
    incoming: IncomingUpdate, result: UpdateResult, now: datetime
) -> UpdateAccepted | UpdateRefused:
    """Return the receipt for an update; it reveals nothing of other bureaus' work."""
    refusal, case = result.refusal, result.case
    data = events.UpdateReceipt(
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


def listed_case(case: Case, due_at: datetime | None, now: datetime) -> ListedCase:
    """Return a case as a list shows it; ``due_at`` is when it becomes or became overdue."""
    return ListedCase(**_listed(case, due_at, now))


def case_details(found: WholeCase, bureau: str | None, now: datetime) -> CaseDetails:
    """Return a case as far as a bureau may see it; None for an operator, who sees all."""
    case = found.case
    return CaseDetails(
        **_listed(case, overdue_at(case), now),
        linked_case=case.linked_case,
        requests=[_request(request) for request in found.requests],
        work_orders=[
            WorkOrderOfCase(
                **_work_order_fields(order),
                scheduled_for=order.scheduled_for,
                external_id=order.external_id,
            )
            for order in case.orders
        ],
        history=[_entry(entry, bureau) for entry in found.history],
    )


def listed_kind(city: Jurisdiction, kind: ServiceType) -> ListedKind:
    """Return a kind as a list shows it."""
    return ListedKind(
        jurisdiction=city.id,
        service_code=kind.code,
        code=kind.code,
        name=kind.name.en,
        group=kind.group.en,
        dedup_group=kind.dedup.group,
        lead_bureau=kind.city_lead or kind.hazard_lead,
    )


def listed_bureau(city: Jurisdiction, bureau: Bureau) -> ListedBureau:
    """Return a bureau as a list shows it."""
    week = bureau.hours.week
    open_days = {
        day: f"{times[0]:%H:%M}-{times[1]:%H:%M}"
        for day, times in zip(DAYS, week, strict=False)
        if times
    }
    return ListedBureau(
        jurisdiction=city.id,
        code=bureau.code,
        name=bureau.name,
        hours=dict.fromkeys(DAYS, "00:00-24:00") if bureau.hours.always else open_days,
        contact=BureauContact(phone=bureau.phone),
    )


def _listed(case: Case, due_at: datetime | None, now: datetime) -> dict[str, Any]:
    return {
        **_case_state(case),
        "service_name": case.problem.service_name,
        "summary": case.problem.summary,
        "language": case.problem.language,
        "location": case.problem.location,
        "first_reported_at": case.first_reported_at,
        "last_reported_at": case.last_reported_at,
        "closed_at": case.closed_at,
        "merged_into": case.merged_into,
        "overdue": due_at is not None and due_at <= now,
        "acknowledged_at": case.acknowledged_at,
        "assignee": case.assignee,
        "held_until": case.held_until,
    }


def _request(request: CaseRequest) -> RequestOfCase:
    shown = {name: getattr(request.problem, name) for name in _SHOWN}
    shown["duplicate"] = request.match
    return RequestOfCase(
        request_id=request.request_id,
        tracking_number=request.tracking_number,
        service_code=request.service_code,
        priority=_priority(request.priority),
        reported_at=request.reported_at,
        language=request.language,
        channel=request.channel,
        **shown,
    )


def _entry(entry: CaseHistoryEntry, bureau: str | None) -> CaseEntry:
    note = entry.note if may_read_note(bureau, entry.by, entry.what) else None
    text = f"{entry.text}\n{note}" if note else entry.text
    return CaseEntry(
        at=entry.at, by=entry.by, what=entry.what, text=text, event_id=entry.case_event
    )
