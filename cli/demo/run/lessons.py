"""What each event teaches."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeAlias

from cli.demo.run.facts import Facts, Issued
from shared.contract import events as e

_Lesson: TypeAlias = Callable[[Facts, Any, datetime], None]


def learn(facts: Facts, event: e.Event, arrived_at: datetime) -> None:
    """Take in one event that arrived on its topic then; a repeat changes nothing."""
    lesson = _LESSONS.get(type(event))
    if lesson:
        lesson(facts, event, arrived_at)


def accept(facts: Facts, answer: e.Acceptance) -> None:
    """Take in that a submission became a request."""
    facts.accepted[answer.submission_source, answer.submission_id] = answer


def reject(facts: Facts, answer_id: str, answer: e.Rejection) -> None:
    """Take in that a submission was refused."""
    facts.rejected[answer_id] = answer


def _accepted(facts: Facts, event: e.SubmissionAccepted, _: datetime) -> None:
    accept(facts, event.data)


def _rejected(facts: Facts, event: e.SubmissionRejected, _: datetime) -> None:
    reject(facts, event.id, event.data)


def _request(facts: Facts, event: e.RequestSubmitted, _: datetime) -> None:
    facts.requests[event.data.request_id] = event.data
    facts.accepted_at.setdefault(event.data.request_id, event.time)


def _decision(facts: Facts, event: e.RequestTriaged, _: datetime) -> None:
    facts.decisions.setdefault(event.data.request_id, event.data)


def _surge(facts: Facts, event: e.SurgeStarted, _: datetime) -> None:
    facts.surges[event.data.surge_id] = event.data


def _surge_over(facts: Facts, event: e.SurgeEnded, _: datetime) -> None:
    facts.surges_over[event.data.surge_id] = event.data


def _case(facts: Facts, event: e.CaseStatusChanged | e.CaseClosed, _: datetime) -> None:
    _now_so(facts, event.data)


def _joined(facts: Facts, event: e.CaseOpened | e.CaseRequestAttached, _: datetime) -> None:
    state = event.data
    _now_so(facts, state)
    if state.request_id not in facts.followers[state.case_id]:
        facts.followers[state.case_id].append(state.request_id)


def _raised(facts: Facts, event: e.CasePriorityRaised, _: datetime) -> None:
    _now_so(facts, event.data)
    if event.data not in facts.raised:
        facts.raised.append(event.data)


def _now_so(facts: Facts, state: e.CaseState) -> None:
    known = facts.cases.get(state.case_id)
    if known is None or state.version > known.version:
        facts.cases[state.case_id] = state


def _order(facts: Facts, event: e.WorkOrderIssued | e.WorkOrderChanged, at: datetime) -> None:
    order = event.data
    if order.role == "lead":
        facts.leads.setdefault(order.case_id, Issued(order, at))
    known = facts.orders.get(order.work_order_id)
    if known is None or order.version > known.version:
        facts.orders[order.work_order_id] = order


def _receipt(facts: Facts, event: e.UpdateAccepted | e.UpdateRefused, _: datetime) -> None:
    facts.updates[event.data.update_id] = event.data


def _sent(facts: Facts, event: e.NotificationSent, _: datetime) -> None:
    facts.sent[event.data.notification_id] = event.data


def _unsent(facts: Facts, event: e.NotificationFailed, _: datetime) -> None:
    facts.undelivered[event.data.reason or "unknown"] += 1


_LESSONS: Mapping[type[e.Event], _Lesson] = {
    e.SubmissionAccepted: _accepted,
    e.SubmissionRejected: _rejected,
    e.RequestSubmitted: _request,
    e.RequestTriaged: _decision,
    e.SurgeStarted: _surge,
    e.SurgeEnded: _surge_over,
    e.CaseOpened: _joined,
    e.CaseRequestAttached: _joined,
    e.CaseStatusChanged: _case,
    e.CasePriorityRaised: _raised,
    e.CaseClosed: _case,
    e.WorkOrderIssued: _order,
    e.WorkOrderChanged: _order,
    e.UpdateAccepted: _receipt,
    e.UpdateRefused: _receipt,
    e.NotificationSent: _sent,
    e.NotificationFailed: _unsent,
    e.NotificationSuppressed: _unsent,
    e.NotificationUnknown: _unsent,
}
