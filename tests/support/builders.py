"""Builders of valid objects; a test passes only the fields that it is about."""

from datetime import UTC, datetime
from typing import Any

from shared.contract.events import (
    Acceptance,
    CaseWithRequest,
    Contact,
    ContactGiven,
    Decision,
    Feedback,
    FeedbackGiven,
    Location,
    Note,
    NoteAdded,
    OperatorCommanded,
    Priority,
    Request,
    RequestSubmitted,
    RequestTriaged,
    SubmissionReceived,
    SubmittedRequest,
    WorkOrderUpdate,
    WorkOrderUpdated,
    new_id,
)
from shared.vocabulary import GeoPoint

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
PIONEER_SQUARE = GeoPoint(45.5189, -122.6793)
METRES_PER_DEGREE = 111_195.08


def north_of(point: GeoPoint, metres: float) -> GeoPoint:
    return GeoPoint(point.latitude + metres / METRES_PER_DEGREE, point.longitude)


def location(point: GeoPoint = PIONEER_SQUARE, **changes: Any) -> Location:
    fields: dict[str, Any] = {
        "latitude": point.latitude,
        "longitude": point.longitude,
        "precision": "point",
        "municipality": "portland.gov",
    }
    return Location(**(fields | changes))


def submission(**changes: Any) -> dict[str, Any]:
    """Return the data of a submission as an adapter writes it."""
    fields: dict[str, Any] = {
        "jurisdiction": "portland.gov",
        "channel": "web",
        "service_code": "ROW-POTHOLE",
        "description": "Deep hole by the tram stop",
        "language": "en",
        "location": {
            "latitude": PIONEER_SQUARE.latitude,
            "longitude": PIONEER_SQUARE.longitude,
            "accuracy_m": 15,
        },
    }
    return fields | changes


def handed_in(
    data: Any = None,
    *,
    id: str | None = None,
    source: str = "/test/adapter",
    **envelope: Any,
) -> SubmissionReceived:
    fields: dict[str, Any] = {
        "id": id or new_id(),
        "source": source,
        "time": NOON.isoformat(),
        "data": submission() if data is None else data,
    }
    return SubmissionReceived(**(fields | envelope))


def request(**changes: Any) -> SubmittedRequest:
    fields: dict[str, Any] = {
        "request_id": new_id(),
        "tracking_number": "26-7KQ4-M2",
        "jurisdiction": "portland.gov",
        "channel": "web",
        "service_code": "ROW-POTHOLE",
        "dedup_group": "pavement",
        "description": "Deep hole by the tram stop",
        "language": "en",
        "location": location(),
        "submitted_at": NOON,
        "observed_at": NOON,
        "lane": "standard",
    }
    return SubmittedRequest(**(fields | changes))


def request_submitted(data: SubmittedRequest | None = None, **changes: Any) -> RequestSubmitted:
    data = data or request(**changes)
    return RequestSubmitted.of(data, now=NOON, request=data.request_id)


def acceptance(of: Request | None = None, **changes: Any) -> Acceptance:
    of = of or request()
    fields: dict[str, Any] = {
        "submission_id": new_id(),
        "submission_source": "/test/adapter",
        "request_id": of.request_id,
        "tracking_number": of.tracking_number,
        "service_code": of.service_code,
        "lane": of.lane,
        "status_url": f"https://311.example.org/v1/requests/{of.tracking_number}",
    }
    return Acceptance(**(fields | changes))


def contact_given(request_id: str, **changes: Any) -> ContactGiven:
    fields: dict[str, Any] = {
        "request_id": request_id,
        "email": "ana@example.org",
        "language": "en",
        "status_updates": ("email",),
    }
    return ContactGiven.of(Contact(**(fields | changes)), now=NOON, request=request_id)


def priority(level: str = "P4", score: int = 20) -> Priority:
    return Priority.model_validate({"level": level, "score": score})


def decision(of: Request | None = None, **changes: Any) -> Decision:
    of = of or request()
    fields: dict[str, Any] = {
        "request_id": of.request_id,
        "tracking_number": of.tracking_number,
        "case_id": new_id(),
        "outcome": "new",
        "priority": priority(),
        "service_code": of.service_code,
        "rules_version": "test",
        "request": Request(**{name: getattr(of, name) for name in Request.model_fields}),
    }
    return Decision(**(fields | changes))


def request_triaged(data: Decision | None = None, **changes: Any) -> RequestTriaged:
    data = data or decision(**changes)
    return RequestTriaged.of(data, now=NOON, request=data.request_id)


def case_with_request(**changes: Any) -> CaseWithRequest:
    fields: dict[str, Any] = {
        "case_id": new_id(),
        "version": 1,
        "jurisdiction": "portland.gov",
        "status": "open",
        "priority": priority(),
        "service_code": "ROW-POTHOLE",
        "dedup_group": "pavement",
        "lead_bureau": "PBOT-MAINT",
        "request_count": 1,
        "request_id": new_id(),
        "tracking_number": "26-7KQ4-M2",
    }
    return CaseWithRequest(**(fields | changes))


def work_order_updated(
    source: str = "/bureau/test",
    id: str | None = None,
    **changes: Any,
) -> WorkOrderUpdated:
    fields: dict[str, Any] = {
        "work_order_id": new_id(),
        "bureau": "PBOT-MAINT",
        "status": "acknowledged",
        "at": NOON,
    }
    update = WorkOrderUpdate(**(fields | changes))
    return WorkOrderUpdated(
        id=id or new_id(), source=source, time=NOON, data=update.model_dump(mode="json")
    )


def operator_commanded(
    source: str = "/operator/test", id: str | None = None, **fields: Any
) -> OperatorCommanded:
    envelope = {"id": id or new_id(), "source": source, "time": NOON.isoformat()}
    return OperatorCommanded(**(envelope | fields))


def note_added(**changes: Any) -> NoteAdded:
    fields: dict[str, Any] = {
        "note_id": new_id(),
        "request_id": new_id(),
        "tracking_number": "26-7KQ4-M2",
        "jurisdiction": "portland.gov",
        "dedup_group": "pavement",
        "channel": "web",
        "text": "It is still there",
        "at": NOON,
        "by": "reporter",
        "lane": "standard",
    }
    return NoteAdded.of(Note(**(fields | changes)), now=NOON)


def feedback_given(request_id: str, case_id: str, **changes: Any) -> FeedbackGiven:
    fields: dict[str, Any] = {
        "request_id": request_id,
        "case_id": case_id,
        "fixed": False,
        "channel": "web",
        "at": NOON,
    }
    return FeedbackGiven.of(Feedback(**(fields | changes)), now=NOON, request=request_id)
