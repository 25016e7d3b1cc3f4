"""Factories for the events of a router."""

from datetime import timedelta
from typing import Any

from shared.contract.events import (
    CaseOpened,
    CaseRequestAttached,
    Due,
    Notification,
    NotificationSent,
    Request,
    RequestSubmitted,
    RequestTriaged,
    SubmissionAccepted,
    WorkOrder,
    WorkOrderIssued,
    new_id,
)
from tests.support.builders import (
    NOON,
    acceptance,
    case_with_request,
    decision,
    location,
    priority,
    request,
)
from workbench.demo.run.observations import Observations


def work_order(**changes: Any) -> WorkOrder:
    fields: dict[str, Any] = {
        "work_order_id": new_id(),
        "case_id": new_id(),
        "version": 1,
        "case_version": 1,
        "bureau": "PBOT-MAINT",
        "role": "lead",
        "service_code": "ROW-POTHOLE",
        "service_name": "Pothole",
        "status": "issued",
        "priority": priority(),
        "summary": "Deep hole by the tram stop",
        "location": location(address="1200 SE Division St"),
        "request_count": 1,
        "first_reported_at": NOON,
        "last_reported_at": NOON,
        "due": Due(acknowledge_by=NOON, complete_by=NOON),
        "route_rule": "kind-to-lead",
    }
    return WorkOrder(**(fields | changes))


def notification(**changes: Any) -> Notification:
    fields: dict[str, Any] = {
        "notification_id": new_id(),
        "contact_hash": "c" * 64,
        "request_id": new_id(),
        "template": "received",
        "language": "en",
        "channel": "email",
    }
    return Notification(**(fields | changes))


class Router:
    """Records the events that a router publishes for a submission, in their order."""

    def __init__(self) -> None:
        self.seen = Observations()

    def accepts(self, source: str, id_: str, **changes: Any) -> Request:
        """Accept a submission."""
        made = request(**changes)
        accepted = acceptance(made, submission_id=id_, submission_source=source)
        self.seen.record(SubmissionAccepted.of(accepted, now=NOON), NOON)
        self.seen.record(RequestSubmitted.of(made, now=NOON), NOON)
        return made

    def opens(self, made: Request, seconds: float = 0.5, **changes: Any) -> WorkOrder:
        """Decide that a request is a new problem, and issue a work order."""
        order = work_order(**changes)
        case_id = order.case_id
        triaged = decision(made, case_id=case_id, priority=order.priority)
        self.seen.record(RequestTriaged.of(triaged, now=NOON), NOON)
        state = case_with_request(
            case_id=case_id,
            request_id=made.request_id,
            priority=order.priority,
            lead_bureau=order.bureau,
        )
        self.seen.record(CaseOpened.of(state, now=NOON), NOON)
        arrived_at = NOON + timedelta(seconds=seconds)
        self.seen.record(WorkOrderIssued.of(order, now=NOON), arrived_at)
        return order

    def merges(self, made: Request, order: WorkOrder, version: int = 2) -> None:
        """Decide that a request is a duplicate, and attach it to the case."""
        triaged = decision(made, case_id=order.case_id, outcome="duplicate")
        self.seen.record(RequestTriaged.of(triaged, now=NOON), NOON)
        state = case_with_request(
            case_id=order.case_id,
            version=version,
            request_id=made.request_id,
            request_count=version,
        )
        self.seen.record(CaseRequestAttached.of(state, now=NOON), NOON)

    def tells(self, made: Request, **changes: Any) -> None:
        """Send the reporter a message."""
        message = notification(request_id=made.request_id, **changes)
        self.seen.record(NotificationSent.of(message, now=NOON), NOON)
