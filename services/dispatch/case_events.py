"""What became of a case, as everybody is told."""

from datetime import datetime
from functools import lru_cache
from typing import Any

from services.dispatch.rules.case import Case
from services.dispatch.rules.changes import Attached, Closed, Moved, Opened, Raised, Step
from services.dispatch.rules.priority import Priority
from shared.events import (
    CaseClosed,
    CaseClosing,
    CaseMove,
    CaseOpened,
    CasePriorityRaised,
    CaseRaise,
    CaseRequestAttached,
    CaseStatusChanged,
    CaseWithRequest,
    Event,
    Point,
)
from shared.events import Priority as WirePriority


def case_event(step: Step, cause: Event, now: datetime) -> Event:
    """Return the event that tells of one change of a case."""
    case = step.case
    state = _state(case)
    match step.change:
        case Opened(request, number):
            opened = CaseWithRequest(
                **state, request_id=request, tracking_number=number, linked_case=case.linked_case
            )
            return CaseOpened.of(opened, now=now, cause=cause, request=request)
        case Attached(request, number):
            joined = CaseWithRequest(**state, request_id=request, tracking_number=number)
            return CaseRequestAttached.of(joined, now=now, cause=cause, request=request)
        case Raised(level, request):
            raised = CaseRaise(**state, previous_level=level, request_id=request)
            return CasePriorityRaised.of(raised, now=now, cause=cause, request=request)
        case Moved() as moved:
            move = CaseMove(**state, **_said(moved), scheduled_for=moved.scheduled_for)
            return CaseStatusChanged.of(move, now=now, cause=cause, request=case.opened_by)
        case Closed() as closed:
            closing = CaseClosing(
                **state, **_said(closed), reason=closed.reason, closed_at=closed.closed_at
            )
            return CaseClosed.of(closing, now=now, cause=cause, request=case.opened_by)


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
        "lead_bureau": case.lead.bureau,
        "request_count": case.request_count,
    }


def _said(change: Moved | Closed) -> dict[str, Any]:
    return {
        "previous_status": change.previous_status,
        "bureau": change.bureau,
        "public_note": change.public_note,
    }
