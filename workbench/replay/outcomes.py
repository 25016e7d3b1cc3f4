"""Outcomes of submissions, counted from the router's own events."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field, fields
from http import HTTPStatus
from typing import Any, NamedTuple

from shared.contract.events import (
    Event,
    RequestTriaged,
    SubmissionAccepted,
    SubmissionReceived,
    SubmissionRejected,
    WorkOrderIssued,
)


class _Decided(NamedTuple):
    outcome: str
    case_id: str | None
    level: str
    is_emergency: bool


@dataclass(frozen=True, slots=True)
class OutcomeCounts:
    """Outcomes of the submissions of one source.

    Attributes:
        accepted: Number of submissions that became requests.
        rejected: Number of rejections by their first reason.
        outcomes: Number of decisions by outcome.
        levels: Number of decisions by priority.
        emergencies: Number of decisions that name an emergency.
        new_cases: Number of cases that the decisions opened.
        with_work: Number of the new cases for which a bureau got a work order.
        bureaus: Number of the new cases by bureau with a work order.
    """

    accepted: int
    rejected: Counter[str]
    outcomes: Counter[str]
    levels: Counter[str]
    emergencies: int
    new_cases: int
    with_work: int
    bureaus: Counter[str]

    def as_json(self) -> dict[str, Any]:
        """Return all counts as a JSON object."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @property
    def answered(self) -> int:
        """Number of submissions with a receipt."""
        return self.accepted + self.rejected.total()

    @property
    def decided(self) -> int:
        """Number of the accepted submissions that were decided since counting began."""
        return self.outcomes.total()


@dataclass(slots=True)
class OutcomeCounter:
    """Counts events of the router; a repeat of an event changes nothing.

    Attributes:
        source: CloudEvents source of the submissions to count.
    """

    source: str
    _accepted: dict[str, str] = field(default_factory=dict)
    _rejected: dict[str, str] = field(default_factory=dict)
    _decided: dict[str, _Decided] = field(default_factory=dict)
    _bureaus: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def accept(self, submission_id: str, request_id: str) -> None:
        """Count a submission as accepted."""
        self._accepted[submission_id] = request_id

    def reject(self, submission_id: str, code: str) -> None:
        """Count a submission as rejected for a reason."""
        self._rejected[submission_id] = code

    def add_response(
        self, submission: SubmissionReceived, status: int, body: dict[str, Any]
    ) -> None:
        """Count a submission by intake's response.

        Args:
            status: HTTP status of the response.
            body: JSON body of the response.
        """
        if status == HTTPStatus.CREATED:
            self.accept(submission.id, body["request_id"])
        else:
            errors = body.get("errors") or [{"code": f"http_{status}"}]
            self.reject(submission.id, errors[0]["code"])

    def add(self, event: Event) -> None:
        """Count an event of any of the router's topics."""
        match event:
            case SubmissionAccepted(data=receipt) if receipt.submission_source == self.source:
                self.accept(receipt.submission_id, receipt.request_id)
            case SubmissionRejected(data=receipt) if receipt.submission_source == self.source:
                self.reject(receipt.submission_id, receipt.errors[0].code)
            case RequestTriaged(data=decision):
                self._decided[decision.request_id] = _Decided(
                    decision.outcome,
                    decision.case_id,
                    decision.priority.level,
                    decision.emergency is not None,
                )
            case WorkOrderIssued(data=order):
                self._bureaus[order.case_id].add(order.bureau)
            case _:
                pass

    def counts(self) -> OutcomeCounts:
        """Return the counts so far."""
        requests = set(self._accepted.values())
        decided = [self._decided[request] for request in requests if request in self._decided]
        new_cases = {d.case_id for d in decided if d.case_id and d.outcome != "duplicate"}
        with_work = new_cases & self._bureaus.keys()
        return OutcomeCounts(
            accepted=len(self._accepted),
            rejected=Counter(self._rejected.values()),
            outcomes=Counter(d.outcome for d in decided),
            levels=Counter(d.level for d in decided),
            emergencies=sum(d.is_emergency for d in decided),
            new_cases=len(new_cases),
            with_work=len(with_work),
            bureaus=Counter(bureau for case in with_work for bureau in self._bureaus[case]),
        )
