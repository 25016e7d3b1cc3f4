"""Routing of events to topics and record keys."""

from collections.abc import Callable
from typing import Any, TypeAlias

from shared.contract import events as e
from shared.contract import topics as t

Route: TypeAlias = tuple[str, str]

_MOST_URGENT = "P1"


def routes(event: e.Event) -> tuple[Route, ...]:
    """Return topic and key of each record that carries the event.

    Some events go to two topics, with the same id and bytes: a closing, split or reopening keyed
    by case for its readers and by dedup key for triage, an urgent decision with all others and on
    the express topic.
    """
    return _ROUTES[type(event)](event)


def _receipt(event: Any) -> tuple[Route, ...]:  # noqa: ANN401 - the table below knows the class
    return ((t.INTAKE_RECEIPTS.name, event.data.submission_source),)


def _request(event: e.RequestSubmitted | e.NoteAdded) -> tuple[Route, ...]:
    request = event.data
    topic = t.INTAKE_REQUESTS_EXPRESS if request.lane == "express" else t.INTAKE_REQUESTS
    return ((topic.name, t.dedup_key(request.jurisdiction, request.dedup_group)),)


def _contact(event: e.ContactGiven) -> tuple[Route, ...]:
    return ((t.INTAKE_CONTACTS.name, event.data.request_id),)


def _consent(event: e.ConsentChanged) -> tuple[Route, ...]:
    return ((t.INTAKE_CONTACTS.name, f"consent:{event.data.contact}"),)


def _mail_return(event: e.MailReturned) -> tuple[Route, ...]:
    return ((t.INTAKE_MAIL_RETURNS.name, event.data.notification_id),)


def _decision(event: e.RequestTriaged) -> tuple[Route, ...]:
    decision, key = event.data, _case_or_request(event.data)
    standard, express = t.TRIAGE_DECISIONS.name, t.TRIAGE_DECISIONS_EXPRESS.name
    return ((express, key), (standard, key)) if _is_urgent(decision) else ((standard, key),)


def _is_urgent(decision: e.Decision) -> bool:
    """Return True where a crew may have to go at once; triage may find more than intake did."""
    return (
        decision.request.lane == "express"
        or decision.priority.level == _MOST_URGENT
        or decision.emergency is not None
    )


def _reassessment(event: e.RequestReassessed) -> tuple[Route, ...]:
    return ((t.TRIAGE_DECISIONS.name, _case_or_request(event.data)),)


def _case_or_request(data: e.Decision | e.Reassessment) -> str:
    return data.case_id or data.request_id


def _report_counts(event: e.ReportsCounted) -> tuple[Route, ...]:
    counts = event.data
    return ((t.TRIAGE_REPORT_COUNTS.name, t.dedup_key(counts.jurisdiction, counts.dedup_group)),)


def _surge(event: Any) -> tuple[Route, ...]:  # noqa: ANN401 - the table below knows the class
    return ((t.TRIAGE_SURGES.name, f"{event.data.dedup_group}:{event.data.district}"),)


def _case(event: Any) -> tuple[Route, ...]:  # noqa: ANN401 - the table below knows the class
    return ((t.DISPATCH_CASES.name, event.data.case_id),)


def _case_and_closing(event: Any) -> tuple[Route, ...]:  # noqa: ANN401 - the table below knows
    key = t.dedup_key(event.data.jurisdiction, event.data.dedup_group)
    return (*_case(event), (t.DISPATCH_CLOSINGS.name, key))


def _kind_change(event: e.CaseKindChanged) -> tuple[Route, ...]:
    """Return the routes of a new kind; triage knows the case by the dedup key of the old one."""
    key = t.dedup_key(event.data.jurisdiction, event.data.previous_dedup_group)
    return (*_case(event), (t.DISPATCH_CLOSINGS.name, key))


def _work(event: Any) -> tuple[Route, ...]:  # noqa: ANN401 - the table below knows the class
    return ((t.bureau_work(event.data.bureau).name, event.data.case_id),)


def _update_receipt(event: Any) -> tuple[Route, ...]:  # noqa: ANN401 - the table below knows
    receipt = event.data
    topic = t.bureau_receipts(receipt.bureau)
    return ((topic.name, receipt.work_order_id or receipt.update_id),)


def _notification(event: Any) -> tuple[Route, ...]:  # noqa: ANN401 - the table below knows
    return ((t.NOTIFY_DELIVERIES.name, event.data.contact_hash),)


def _disclosure(event: e.ContactDisclosed) -> tuple[Route, ...]:
    return ((t.NOTIFY_DELIVERIES.name, event.data.case_id),)


def _feedback(event: e.FeedbackGiven) -> tuple[Route, ...]:
    return ((t.NOTIFY_FEEDBACK.name, event.data.case_id),)


_ROUTES: dict[type[e.Event], Callable[[Any], tuple[Route, ...]]] = {
    e.SubmissionAccepted: _receipt,
    e.SubmissionRejected: _receipt,
    e.RequestSubmitted: _request,
    e.NoteAdded: _request,
    e.ContactGiven: _contact,
    e.ConsentChanged: _consent,
    e.MailReturned: _mail_return,
    e.RequestTriaged: _decision,
    e.RequestReassessed: _reassessment,
    e.ReportsCounted: _report_counts,
    e.SurgeStarted: _surge,
    e.SurgeEnded: _surge,
    e.CaseOpened: _case,
    e.CaseRequestAttached: _case,
    e.CaseStatusChanged: _case,
    e.CasePriorityRaised: _case,
    e.CasePriorityLowered: _case,
    e.CaseRequestSplit: _case_and_closing,
    e.CaseClosed: _case_and_closing,
    e.CaseReopened: _case_and_closing,
    e.CaseOverdue: _case,
    e.CaseAcknowledged: _case,
    e.CaseAssigned: _case,
    e.CaseNoted: _case,
    e.CaseHeld: _case,
    e.CaseKindChanged: _kind_change,
    e.CasePlaceChanged: _case_and_closing,
    e.CaseAnswered: _case,
    e.CaseErasureOrdered: _case,
    e.CaseApprovalRequested: _case,
    e.CaseApprovalRefused: _case,
    e.WorkOrderIssued: _work,
    e.WorkOrderChanged: _work,
    e.WorkOrderWithdrawn: _work,
    e.WorkOrderReminded: _work,
    e.UpdateAccepted: _update_receipt,
    e.UpdateRefused: _update_receipt,
    e.NotificationSent: _notification,
    e.NotificationFailed: _notification,
    e.NotificationSuppressed: _notification,
    e.NotificationUnknown: _notification,
    e.ContactDisclosed: _disclosure,
    e.FeedbackGiven: _feedback,
}
