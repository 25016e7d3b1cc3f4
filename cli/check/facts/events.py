"""Which facts an event of ours holds."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, TypeAlias

from cli.check.facts.book import Row
from services.triage.assessment import InvalidRequestError, is_findable, to_report
from services.triage.policy import TriagePolicy
from services.triage.rules.dedup.model import Report
from shared.contract import events as e
from shared.contract.topics import dedup_key

Fact: TypeAlias = tuple[str, Row]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
HASH_BYTES = 8
"""Of SHA-256: enough to tell records apart that nobody made alike on purpose."""


def digest(value: bytes | None) -> bytes | None:
    """Return what stands for a value, a tombstone being None."""
    return None if value is None else sha256(value).digest()[:HASH_BYTES]


def micros(moment: datetime) -> int:
    """Return microseconds since 1970, as PostgreSQL keeps moments."""
    return (moment - _EPOCH) // _MICROSECOND


class EventFacts:
    """Takes events apart by the rules that made them."""

    def __init__(self, rulebook: TriagePolicy) -> None:
        self._rulebook = rulebook

    def of(self, event: e.Event, topic: str) -> Iterator[Fact]:
        """Yield the facts in an event that came by a topic."""
        if isinstance(event, e.RequestTriaged):
            yield self._decided(event)
        elif reader := _READERS.get(type(event)):
            yield from reader(event, topic)

    def _decided(self, event: e.RequestTriaged) -> Fact:
        decision, request = event.data, event.data.request
        report, findable = self._report(request)
        return "decided", (
            event.id,
            decision.request_id,
            decision.case_id,
            decision.outcome,
            decision.referral is not None,
            bool(decision.advice),
            request.jurisdiction,
            decision.duplicate.of_case if decision.duplicate else None,
            report is not None and decision.rules_version == self._rulebook.version,
            findable,
            dedup_key(request.jurisdiction, request.dedup_group),
            request.service_code,
            micros(request.observed_at),
            *_marks(report),
        )

    def _report(self, request: e.Request) -> tuple[Report | None, bool]:
        city = self._rulebook.cities.get(request.jurisdiction)
        service = city.services.get(request.service_code) if city else None
        if city is None or service is None:
            return None, False
        try:
            report = to_report(request, city)
        except InvalidRequestError:
            return None, False
        return report, is_findable(service, report)


def _marks(report: Report | None) -> Row:
    """Return place, address and reporter, by which a report is found to repeat another."""
    if report is None:
        return (None, None, None, None)
    at = report.point
    place = (at.latitude, at.longitude) if at else (None, None)
    return (*place, report.address, report.reporter)


def _accepted(event: e.SubmissionAccepted, _: str) -> Iterator[Fact]:
    given = event.data
    row = (event.id, given.submission_source, given.submission_id, given.request_id)
    yield "answers", row


def _rejected(event: e.SubmissionRejected, _: str) -> Iterator[Fact]:
    yield "answers", (event.id, event.data.submission_source, event.data.submission_id, None)


def _submitted(event: e.RequestSubmitted, _: str) -> Iterator[Fact]:
    yield "submitted", (event.id, event.data.request_id, event.data.jurisdiction)


def _case(event: Any, topic: str) -> Iterator[Fact]:  # noqa: ANN401 - the table below knows
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


def _order(event: Any, topic: str) -> Iterator[Fact]:  # noqa: ANN401 - the table below knows
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
        ),
    )


def _update_answer(event: Any, topic: str) -> Iterator[Fact]:  # noqa: ANN401 - as above
    answer: e.UpdateReceipt = event.data
    row = (topic, event.id, answer.bureau, answer.work_order_id, answer.case_id)
    yield "update_answers", row


def _notice(event: Any, _: str) -> Iterator[Fact]:  # noqa: ANN401 - as above
    told: e.Notification = event.data
    yield (
        "notices",
        (
            event.id,
            event.type.split(".")[2],
            told.notification_id,
            told.contact_hash,
            told.case_id or told.request_id,
            told.case_version or 0,
            told.channel,
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
    e.WorkOrderIssued: _order,
    e.WorkOrderChanged: _order,
    e.WorkOrderWithdrawn: _order,
    e.UpdateAccepted: _update_answer,
    e.UpdateRefused: _update_answer,
    e.NotificationSent: _notice,
    e.NotificationFailed: _notice,
    e.NotificationSuppressed: _notice,
    e.NotificationUnknown: _notice,
}
