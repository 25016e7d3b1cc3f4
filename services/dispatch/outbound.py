"""What became of a case, as everybody is told."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import datetime
from functools import lru_cache
from typing import Any

from services.dispatch.inbound.updates import IncomingUpdate
from services.dispatch.rules.case import Case
from services.dispatch.rules.case import WorkOrder as BureauOrder
from services.dispatch.rules.case_changes import (
    Attached,
    CaseTransition,
    Change,
    Closed,
    Lowered,
    Opened,
    Raised,
    Reopened,
    Split,
    StatusChanged,
)
from services.dispatch.rules.priority import Priority
from services.dispatch.unit_of_work import WorkOrderNotice
from services.dispatch.update_handlers import UpdateResult
from shared.contract.events import (
    CaseClosed,
    CaseClosing,
    CaseLowering,
    CaseMove,
    CaseOpened,
    CasePriorityLowered,
    CasePriorityRaised,
    CaseRaise,
    CaseReopened,
    CaseRequestAttached,
    CaseRequestSplit,
    CaseSplit,
    CaseState,
    CaseStatusChanged,
    CaseWithRequest,
    Due,
    Event,
    Location,
    Media,
    Point,
    UpdateAccepted,
    UpdateReceipt,
    UpdateRefused,
    WorkOrder,
    WorkOrderChanged,
    WorkOrderIssued,
    WorkOrderWithdrawn,
)
from shared.contract.events import Priority as WirePriority

_TOLD: Mapping[type[Change], tuple[type[Event], type[CaseState]]] = {
    Opened: (CaseOpened, CaseWithRequest),
    Attached: (CaseRequestAttached, CaseWithRequest),
    Raised: (CasePriorityRaised, CaseRaise),
    Lowered: (CasePriorityLowered, CaseLowering),
    Split: (CaseRequestSplit, CaseSplit),
    StatusChanged: (CaseStatusChanged, CaseMove),
    Closed: (CaseClosed, CaseClosing),
    Reopened: (CaseReopened, CaseMove),
}


def case_event(step: CaseTransition, cause: Event, now: datetime) -> Event:
    """Return the event that tells of one change of a case."""
    case, said = step.case, asdict(step.change)
    if isinstance(step.change, Opened):
        said["linked_case"] = case.linked_case
    event_class, data_class = _TOLD[type(step.change)]
    request = said.get("request_id") or case.opened_by
    return event_class.of(data_class(**_state(case), **said), now=now, cause=cause, request=request)


@lru_cache(maxsize=1024)  # every event of a case has it
def wire_priority(priority: Priority) -> WirePriority:
    """Return a priority as the wire has it."""
    reasons = tuple(
        Point(code=reason.code, points=reason.points, evidence=reason.evidence)
        for reason in priority.reasons
    )
    return WirePriority(level=priority.level, score=priority.score, reasons=reasons)


def _state(case: Case) -> dict[str, Any]:
    return {
        "case_id": case.case_id,
        "version": case.version,
        "jurisdiction": case.jurisdiction,
        "status": case.status,
        "priority": wire_priority(case.priority),
        "service_code": case.service_code,
        "dedup_group": case.dedup_group,
        "lead_bureau": case.lead_bureau,
        "request_count": case.request_count,
    }


def work_order_events(telling: WorkOrderNotice, now: datetime) -> Iterator[Event]:
    """Yield the events that tell bureaus their work orders as they are, whole."""
    case = telling.case
    whole_case = _whole(case)
    for order in telling.orders:
        due = Due(acknowledge_by=order.due.acknowledge_by, complete_by=order.due.complete_by)
        data = WorkOrder(
            **whole_case,
            work_order_id=order.work_order_id,
            version=order.version,
            bureau=order.bureau,
            role=order.role,
            status=order.status,
            due=due,
            route_rule=order.route_rule,
        )
        yield _event_class(order).of(data, now=now, cause=telling.cause, request=case.opened_by)


def _event_class(order: BureauOrder) -> type[Event]:
    if order.status == "withdrawn":
        return WorkOrderWithdrawn
    return WorkOrderIssued if order.version == 1 else WorkOrderChanged


def _whole(case: Case) -> dict[str, Any]:
    problem = case.problem
    return {
        "case_id": case.case_id,
        "case_version": case.version,
        "service_code": case.service_code,
        "service_name": problem.service_name,
        "priority": wire_priority(case.priority),
        "summary": problem.summary,
        "location": Location.model_validate(problem.location),
        "attributes": problem.attributes,
        "media": tuple(Media.model_validate(media) for media in problem.media),
        "notes": problem.notes,
        "request_count": case.request_count,
        "first_reported_at": case.first_reported_at,
        "last_reported_at": case.last_reported_at,
    }


def receipt(update: IncomingUpdate, verdict: UpdateResult, now: datetime) -> Event:
    """Return the answer to an update; it shows its sender nothing of other bureaus' work."""
    refusal, case = verdict.refusal, verdict.case
    data = UpdateReceipt(
        update_id=update.key.update_id,
        update_source=update.key.source,
        work_order_id=update.work_order_id,
        case_id=case.case_id if case else None,
        bureau=update.key.bureau,
        status=update.status,
        version=verdict.version,
        changed=verdict.changed,
        code=refusal.code if refusal else None,
        message=refusal.message if refusal else None,
    )
    event_class = UpdateRefused if refusal else UpdateAccepted
    request = case.opened_by if case else None
    return event_class.of(data, now=now, cause=update.event, request=request)
