"""What a bureau is told: its work orders, and whether its updates hold."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from services.dispatch.batch import Telling
from services.dispatch.case_events import wire_priority
from services.dispatch.judging import Verdict
from services.dispatch.rules.case import Case
from services.dispatch.rules.case import WorkOrder as BureauOrder
from services.dispatch.updates import IncomingUpdate
from shared.events import (
    Due,
    Event,
    Location,
    Media,
    UpdateAccepted,
    UpdateReceipt,
    UpdateRefused,
    WorkOrder,
    WorkOrderChanged,
    WorkOrderIssued,
    WorkOrderWithdrawn,
)


def work_order_events(telling: Telling, now: datetime) -> Iterator[Event]:
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


def receipt(update: IncomingUpdate, verdict: Verdict, now: datetime) -> Event:
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
