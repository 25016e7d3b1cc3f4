"""Events of one case as insight reads them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from shared.contract.events import (
    CaseClosed,
    CaseClosing,
    CaseOpened,
    CaseReopened,
    CaseReopening,
    CaseRequestAttached,
    CaseRequestSplit,
    CaseSplit,
    CaseStatusChange,
    CaseStatusChanged,
    Event,
    Notification,
    NotificationSent,
    RequestTriaged,
    new_id,
)
from shared.runtime.consumer.messages import Message
from tests.support.builders import (
    NOON,
    case_with_request,
    location,
    priority,
    request,
    request_triaged,
)
from tests.support.records import record


def messages(events: Iterable[Event]) -> list[Message[Event]]:
    return [Message(record(offset=offset), event) for offset, event in enumerate(events)]


def triaged(
    request_id: str,
    case_id: str | None,
    at: datetime = NOON,
    *,
    reporter: str | None = None,
    district: str | None = "north",
    **changes: Any,
) -> RequestTriaged:
    of_request = {
        "request_id": request_id,
        "reporter_ref": reporter,
        "submitted_at": at,
        "observed_at": at,
        "location": location(district=district),
    }
    given = request(**(of_request | changes.pop("request", {})))
    fields = {"request_id": request_id, "case_id": case_id, "request": given}
    return request_triaged(**(fields | {"service_code": given.service_code} | changes))


def opened(request_id: str, case_id: str, at: datetime = NOON, **changes: Any) -> CaseOpened:
    fields = {"request_id": request_id, "case_id": case_id, "first_reported_at": at}
    return CaseOpened.of(case_with_request(**(fields | changes)), now=at)


def attached(
    request_id: str, case_id: str, version: int, at: datetime = NOON, **changes: Any
) -> CaseRequestAttached:
    fields = {"request_id": request_id, "case_id": case_id, "version": version}
    return CaseRequestAttached.of(case_with_request(**(fields | changes)), now=at)


def moved(case_id: str, version: int, status: str, at: datetime = NOON) -> CaseStatusChanged:
    return CaseStatusChanged.of(
        CaseStatusChange(**_state(case_id, version, status), at=at), now=NOON
    )


def closed(
    case_id: str, version: int, at: datetime, status: str = "completed", **changes: Any
) -> CaseClosed:
    fields = _state(case_id, version, status) | {"closed_at": at} | changes
    return CaseClosed.of(CaseClosing(**fields), now=at)


def reopened(case_id: str, version: int, at: datetime = NOON) -> CaseReopened:
    return CaseReopened.of(CaseReopening(**_state(case_id, version, "open")), now=at)


def split(request_id: str, case_id: str, to_case: str, version: int) -> CaseRequestSplit:
    fields = _state(case_id, version, "open") | {"request_id": request_id, "to_case": to_case}
    return CaseRequestSplit.of(CaseSplit(**fields), now=NOON)


def asked(request_id: str, case_id: str) -> NotificationSent:
    data = Notification(
        notification_id=new_id(),
        contact_hash="0" * 32,
        request_id=request_id,
        case_id=case_id,
        template="completed",
        language="en",
        channel="email",
    )
    return NotificationSent.of(data, now=NOON)


def _state(case_id: str, version: int, status: str) -> dict[str, Any]:
    return {
        "case_id": case_id,
        "version": version,
        "jurisdiction": "portland.gov",
        "status": status,
        "previous_status": "open",
        "priority": priority(),
        "service_code": "ROW-POTHOLE",
        "dedup_group": "pavement",
        "lead_bureau": "PBOT-MAINT",
        "request_count": 1,
    }
