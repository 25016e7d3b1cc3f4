"""Everything observed on the router's topics and its API; nothing here comes from the scenario."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from shared.contract import events as e
from workbench.demo.scenario import DemoSubmission


class DeadLetterSeen(NamedTuple):
    """A record that a service dead-lettered, by its original topic and the reason."""

    topic: str
    code: str


class LeadOrder(NamedTuple):
    """The first work order of the bureau that leads a case, and when it reached its topic."""

    order: e.WorkOrder
    at: datetime


@dataclass(slots=True)
class BureauCalls:
    """Calls and events of a bureau that works over HTTP.

    Attributes:
        calls: Calls of its webhook, or pages of its feed.
        events: Ids of the events in them.
    """

    calls: int = 0
    events: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Observations:
    """The state of the router as its events tell it; recording an event again changes nothing.

    Attributes:
        accepted: Acceptances by source and id of the submission.
        rejected: Rejections by the id of the event or of the HTTP request.
        names: Source and id of submissions by Open311 and by page, by the name in the answer.
        messages: Source and id of reports by e-mail and text, by the id of their first message.
        replies: Answers to what people texted about their reports, by source and id of the report.
        accepted_at: Time of acceptance by request id.
        decisions: The first decision by request id.
        cases: The latest version of each case.
        requests_of_case: Request ids of each case, in the order in which they joined it.
        surges: Surges as first announced.
        surges_over: Surges as they were when they ended.
        raised: Changes to a higher priority after a case was opened.
        reopened: The first reopening of each case.
        leads: The first leading work order by case id.
        orders: The latest version of each work order.
        updates: Receipts for updates of bureaus, by update id.
        bureau_calls: What bureaus that work over HTTP have got, by their code.
        unsent: Number of notifications that were due and not sent, by reason.
        dead_letters: In the order of arrival.
        leaks: Number of records that hold a reporter's address outside the contacts.
    """

    accepted: dict[tuple[str, str], e.Acceptance] = field(default_factory=dict)
    rejected: dict[str, e.Rejection] = field(default_factory=dict)
    names: dict[str, tuple[str, str]] = field(default_factory=dict)
    messages: dict[str, tuple[str, str]] = field(default_factory=dict)
    replies: dict[tuple[str, str], str] = field(default_factory=dict)
    requests: dict[str, e.Request] = field(default_factory=dict)
    accepted_at: dict[str, datetime] = field(default_factory=dict)
    decisions: dict[str, e.Decision] = field(default_factory=dict)
    cases: dict[str, e.CaseState] = field(default_factory=dict)
    requests_of_case: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    surges: dict[str, e.Surge] = field(default_factory=dict)
    surges_over: dict[str, e.Surge] = field(default_factory=dict)
    raised: list[e.CasePriorityRaise] = field(default_factory=list)
    reopened: dict[str, e.CaseStatusChange] = field(default_factory=dict)
    leads: dict[str, LeadOrder] = field(default_factory=dict)
    orders: dict[str, e.WorkOrder] = field(default_factory=dict)
    updates: dict[str, e.UpdateReceipt] = field(default_factory=dict)
    bureau_calls: dict[str, BureauCalls] = field(default_factory=dict)
    sent: dict[str, e.Notification] = field(default_factory=dict)
    unsent: Counter[str] = field(default_factory=Counter)
    dead_letters: list[DeadLetterSeen] = field(default_factory=list)
    leaks: int = 0

    @property
    def receipts(self) -> int:
        """Number of submissions that were accepted or rejected."""
        return len(self.accepted) + len(self.rejected)

    @property
    def refused_updates(self) -> list[e.UpdateReceipt]:
        """Receipts for updates of bureaus that changed nothing."""
        return [receipt for receipt in self.updates.values() if receipt.code is not None]

    def requests_from(self, submissions: Iterable[DemoSubmission]) -> list[str]:
        """Return the ids of the requests that these submissions became."""
        receipts = (self.accepted.get((one.source, one.id)) for one in submissions)
        return [receipt.request_id for receipt in receipts if receipt]

    def cases_of(self, request_ids: Iterable[str]) -> list[str]:
        """Return the ids of the cases that requests belong to, once each."""
        decided = (self.decisions.get(request_id) for request_id in request_ids)
        return list(dict.fromkeys(d.case_id for d in decided if d and d.case_id))

    def notified(self, request_ids: Iterable[str]) -> int:
        """Return the number of these requests about which a message was sent."""
        return len({message.request_id for message in self.sent.values()} & set(request_ids))

    def record(self, event: e.Event, arrived_at: datetime) -> None:
        """Record an event that arrived on its topic at a broker's time."""
        match event.data:
            case e.Acceptance() as acceptance:
                self.accept(acceptance)
            case e.Rejection() as rejection:
                self.rejected[event.id] = rejection
            case e.Request() as request:
                self.requests[request.request_id] = request
                self.accepted_at.setdefault(request.request_id, event.time)
                self._accept_request(request, event.causationid)
            case e.Decision() as decision:
                self.decisions.setdefault(decision.request_id, decision)
            case e.Surge() as surge:
                ended = isinstance(event, e.SurgeEnded)
                (self.surges_over if ended else self.surges)[surge.surge_id] = surge
            case e.WorkOrder() as order:
                self._record_order(order, arrived_at)
            case _:
                self._record_progress(event)

    def accept(self, acceptance: e.Acceptance) -> None:
        """Record that a submission became a request."""
        self.accepted[acceptance.submission_source, acceptance.submission_id] = acceptance

    def accept_name(self, source: str, submission_id: str, name: str) -> None:
        """Record that a submission by Open311 or by page became a request.

        Args:
            name: Tracking number or public id of the request, whose event may come earlier or
                later.
        """
        self.names[name] = source, submission_id
        for request in self.requests.values():
            if name in {request.tracking_number, request.public_id}:
                self._accept_request(request)

    def expect_message(self, message_id: str, source: str, submission_id: str) -> None:
        """Expect a request that a message causes.

        Args:
            message_id: ``Message-ID`` or ``MessageSid`` of the message.
        """
        self.messages[message_id] = source, submission_id

    def _accept_request(self, request: e.Request, cause: str | None = None) -> None:
        names = (request.tracking_number, request.public_id or "")
        by_name = next((self.names[name] for name in names if name in self.names), None)
        if identity := by_name or self.messages.get(cause or ""):
            source, submission_id = identity
            self.accept(
                e.Acceptance(
                    submission_id=submission_id,
                    submission_source=source,
                    request_id=request.request_id,
                    tracking_number=request.tracking_number,
                    service_code=request.service_code,
                    lane=request.lane,
                    status_url="",
                )
            )

    def _record_order(self, order: e.WorkOrder, arrived_at: datetime) -> None:
        if order.role == "lead":
            self.leads.setdefault(order.case_id, LeadOrder(order, arrived_at))
        latest = self.orders.get(order.work_order_id)
        if latest is None or order.version > latest.version:
            self.orders[order.work_order_id] = order

    def _record_progress(self, event: e.Event) -> None:
        match event:
            case e.CaseOpened() | e.CaseRequestAttached() | e.CaseStatusChanged() | e.CaseClosed():
                self._record_case(event.data)
            case e.CaseReopened():
                self._record_case(event.data)
                self.reopened.setdefault(event.data.case_id, event.data)
            case e.CasePriorityRaised():
                self._record_case(event.data)
                if event.data not in self.raised:
                    self.raised.append(event.data)
            case e.UpdateAccepted() | e.UpdateRefused():
                self.updates[event.data.update_id] = event.data
            case e.NotificationSent():
                self.sent[event.data.notification_id] = event.data
            case e.NotificationFailed() | e.NotificationSuppressed() | e.NotificationUnknown():
                self.unsent[event.data.reason or "unknown"] += 1
            case _:
                pass

    def _record_case(self, state: e.CaseState) -> None:
        latest = self.cases.get(state.case_id)
        if latest is None or state.version > latest.version:
            self.cases[state.case_id] = state
        if isinstance(state, e.CaseWithRequest):  # opened by the request, or joined by it
            joined = self.requests_of_case[state.case_id]
            joined.extend({state.request_id}.difference(joined))
