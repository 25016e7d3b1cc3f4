"""Facts in the events that the services publish."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, TypeAlias

from services.triage.decisions.assessment import (
    InvalidRequestError,
    is_findable,
    report_place,
    to_report,
)
from services.triage.policy import TriagePolicy
from services.triage.rules.dedup.model import Report, ReportPlace
from shared.catalogue import ServiceType
from shared.contract import events as e
from shared.contract.topics import dedup_key
from workbench.check.facts.store import Row

Fact: TypeAlias = tuple[str, Row]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
HASH_BYTES = 8
"""Length of a digest: a prefix of SHA-256, enough against accidental collisions."""


def digest(value: bytes | None) -> bytes | None:
    """Return the digest of a value; None for a tombstone."""
    return None if value is None else sha256(value).digest()[:HASH_BYTES]


def micros(at: datetime) -> int:
    """Return microseconds since 1970, the resolution of PostgreSQL's timestamps."""
    return (at - _EPOCH) // _MICROSECOND


class EventReader:
    """Extracts facts from events, by the rules of triage that decided them."""

    def __init__(self, policy: TriagePolicy) -> None:
        self._policy = policy

    def facts_in(self, event: e.Event, topic: str) -> Iterator[Fact]:
        """Yield the facts in an event on a topic."""
        if isinstance(event, e.RequestTriaged):
            yield self._decided(event)
        elif isinstance(event, e.NoteAdded):
            yield from self._stated_place(event)
        elif reader := _READERS.get(type(event)):
            yield from reader(event, topic)

    def _decided(self, event: e.RequestTriaged) -> Fact:
        decision, request = event.data, event.data.request
        service = self._service(request)
        report = self._report(request) if service else None
        return "decided", (
            event.id,
            decision.request_id,
            decision.case_id,
            decision.outcome,
            decision.referral is not None,
            bool(decision.advice),
            request.jurisdiction,
            decision.duplicate.of_case if decision.duplicate else None,
            report is not None and decision.rules_version == self._policy.version,
            bool(service and service.dedup.window),
            bool(service and report and is_findable(service, report)),
            dedup_key(request.jurisdiction, request.dedup_group),
            request.service_code,
            micros(request.observed_at),
            *_match_keys(report),
        )

    def _stated_place(self, event: e.NoteAdded) -> Iterator[Fact]:
        city = self._policy.cities.get(event.data.jurisdiction)
        if city and event.data.location:
            place = report_place(event.data.location, city)
            yield "stated_places", (event.id, event.data.request_id, *_place_keys(place))

    def _service(self, request: e.Request) -> ServiceType | None:
        city = self._policy.cities.get(request.jurisdiction)
        return city.services.get(request.service_code) if city else None

    def _report(self, request: e.Request) -> Report | None:
        try:
            return to_report(request, self._policy.cities[request.jurisdiction])
        except InvalidRequestError:
            return None


def _match_keys(report: Report | None) -> Row:
    """Return latitude, longitude, address and reporter, by which duplicates are searched."""
    return (None,) * 4 if report is None else (*_place_keys(report), report.reporter)


def _place_keys(place: Report | ReportPlace) -> Row:
    point = place.point
    return (*((point.latitude, point.longitude) if point else (None, None)), place.address)


def _accepted(event: e.SubmissionAccepted, _: str) -> Iterator[Fact]:
    receipt = event.data
    row = (event.id, receipt.submission_source, receipt.submission_id, receipt.request_id)
    yield "submission_receipts", row


def _rejected(event: e.SubmissionRejected, _: str) -> Iterator[Fact]:
    yield (
        "submission_receipts",
        (event.id, event.data.submission_source, event.data.submission_id, None),
    )


def _submitted(event: e.RequestSubmitted, _: str) -> Iterator[Fact]:
    yield "submitted", (event.id, event.data.request_id, event.data.jurisdiction)


def _case(event: Any, topic: str) -> Iterator[Fact]:  # noqa: ANN401 - the type is a key of _READERS
    case: e.CaseState = event.data
    yield (
        "case_events",
        (
            topic,
            event.id,
            event.type.split(".")[2],
            event.causationid,
            case.case_id,
            case.version,
            case.jurisdiction,
            case.status,
            case.priority.level,
            case.priority.score,
            case.lead_bureau,
            case.request_count,
            getattr(case, "request_id", None),
            getattr(case, "to_case", None),
            getattr(case, "opened_by", None),
            getattr(case, "moved_from", None),
            getattr(case, "moves", None),
            getattr(case, "merged_into", None),
            micros(case.closed_at) if isinstance(case, e.CaseClosing) else None,
        ),
    )


def _order(event: Any, topic: str) -> Iterator[Fact]:  # noqa: ANN401 - the type is a key of _READERS
    order: e.WorkOrder = event.data
    yield (
        "orders",
        (
            topic,
            event.id,
            order.work_order_id,
            order.case_id,
            order.version,
            order.case_version,
            order.bureau,
            order.role,
            order.status,
            order.priority.level,
            order.priority.score,
            order.request_count,
            micros(order.due.acknowledge_by),
            micros(order.due.complete_by),
            micros(event.time),
        ),
    )


def _reminder(event: e.WorkOrderReminded, _: str) -> Iterator[Fact]:
    yield "reminders", (event.id, event.data.work_order_id, event.data.reminder)


def _update_receipt(event: Any, topic: str) -> Iterator[Fact]:  # noqa: ANN401 - the type is a key of _READERS
    receipt: e.UpdateReceipt = event.data
    row = (topic, event.id, receipt.bureau, receipt.work_order_id, receipt.case_id)
    yield "update_receipts", row


def _notice(event: Any, _: str) -> Iterator[Fact]:  # noqa: ANN401 - the type is a key of _READERS
    notification: e.Notification = event.data
    yield (
        "notices",
        (
            event.id,
            event.type.split(".")[2],
            notification.notification_id,
            notification.contact_hash,
            notification.case_id or notification.request_id,
            notification.case_version or 0,
            notification.channel,
        ),
    )


_READERS: Mapping[type[e.Event], Callable[[Any, str], Iterator[Fact]]] = {
    e.SubmissionAccepted: _accepted,
    e.SubmissionRejected: _rejected,
    e.RequestSubmitted: _submitted,
    e.CaseOpened: _case,
    e.CaseRequestAttached: _case,
    e.CaseStatusChanged: _case,
    e.CasePriorityRaised: _case,
    e.CasePriorityLowered: _case,
    e.CaseRequestSplit: _case,
    e.CaseClosed: _case,
    e.CaseReopened: _case,
    e.CaseOverdue: _case,
    e.CaseAcknowledged: _case,
    e.CaseAssigned: _case,
    e.CaseNoted: _case,
    e.CaseHeld: _case,
    e.CaseKindChanged: _case,
    e.CasePlaceChanged: _case,
    e.CaseAnswered: _case,
    e.CaseErasureOrdered: _case,
    e.CaseApprovalRequested: _case,
    e.CaseApprovalRefused: _case,
    e.WorkOrderIssued: _order,
    e.WorkOrderChanged: _order,
    e.WorkOrderWithdrawn: _order,
    e.WorkOrderReminded: _reminder,
    e.UpdateAccepted: _update_receipt,
    e.UpdateRefused: _update_receipt,
    e.NotificationSent: _notice,
    e.NotificationFailed: _notice,
    e.NotificationSuppressed: _notice,
    e.NotificationUnknown: _notice,
}
