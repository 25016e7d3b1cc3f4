"""What became of a case, as everybody is told."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from functools import lru_cache
from typing import Any

from services.dispatch.rules.case import Case
from services.dispatch.rules.changes import (
    Attached,
    Change,
    Closed,
    Lowered,
    Moved,
    Opened,
    Raised,
    Reopened,
    Split,
    Step,
)
from services.dispatch.rules.priority import Priority
from shared.events import (
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
    Event,
    Point,
)
from shared.events import Priority as WirePriority

_TOLD: Mapping[type[Change], tuple[type[Event], type[CaseState]]] = {
    Opened: (CaseOpened, CaseWithRequest),
    Attached: (CaseRequestAttached, CaseWithRequest),
    Raised: (CasePriorityRaised, CaseRaise),
    Lowered: (CasePriorityLowered, CaseLowering),
    Split: (CaseRequestSplit, CaseSplit),
    Moved: (CaseStatusChanged, CaseMove),
    Closed: (CaseClosed, CaseClosing),
    Reopened: (CaseReopened, CaseMove),
}


def case_event(step: Step, cause: Event, now: datetime) -> Event:
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
