"""What became of what was sent, counted from the router's own events."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field, fields
from typing import Any

from shared.contract.events import (
    Event,
    RequestTriaged,
    SubmissionAccepted,
    SubmissionRejected,
    WorkOrderIssued,
)


@dataclass(frozen=True, slots=True)
class Ruling:
    """What triage said of one request, as far as the summary needs it."""

    outcome: str
    case_id: str | None
    level: str
    emergency: bool


@dataclass(frozen=True, slots=True)
class Result:
    """What became of the submissions of one source.

    Attributes:
        new_cases: Cases that their decisions opened.
        with_work: Those of the new cases for which a bureau got a work order.
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
        """Return all of it for a program."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @property
    def answered(self) -> int:
        """How many submissions got a receipt."""
        return self.accepted + self.rejected.total()

    @property
    def decided(self) -> int:
        """How many of the accepted were decided since the replay began."""
        return self.outcomes.total()


@dataclass(slots=True)
class Tally:
    """Takes every event since the replay began; a repeat of an event changes nothing."""

    source: str
    _accepted: dict[str, str] = field(default_factory=dict)
    _rejected: dict[str, str] = field(default_factory=dict)
    _rulings: dict[str, Ruling] = field(default_factory=dict)
    _work: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def accept(self, submission_id: str, request_id: str) -> None:
        """Note that a submission became a request."""
        self._accepted[submission_id] = request_id

    def reject(self, submission_id: str, code: str) -> None:
        """Note that a submission was refused, and the first reason."""
        self._rejected[submission_id] = code

    def take(self, event: Event) -> None:
        """Note an event of any of the router's topics."""
        match event:
            case SubmissionAccepted(data=said) if said.submission_source == self.source:
                self.accept(said.submission_id, said.request_id)
            case SubmissionRejected(data=said) if said.submission_source == self.source:
                self.reject(said.submission_id, said.errors[0].code)
            case RequestTriaged(data=said):
                self._rulings[said.request_id] = Ruling(
                    said.outcome, said.case_id, said.priority.level, said.emergency is not None
                )
            case WorkOrderIssued(data=said):
                self._work[said.case_id].add(said.bureau)
            case _:
                pass

    def result(self) -> Result:
        """Return what is known by now."""
        rulings = [
            self._rulings[request]
            for request in set(self._accepted.values())
            if request in self._rulings
        ]
        new_cases = {
            ruling.case_id for ruling in rulings if ruling.case_id and ruling.outcome != "duplicate"
        }
        with_work = new_cases & self._work.keys()
        return Result(
            accepted=len(self._accepted),
            rejected=Counter(self._rejected.values()),
            outcomes=Counter(ruling.outcome for ruling in rulings),
            levels=Counter(ruling.level for ruling in rulings),
            emergencies=sum(ruling.emergency for ruling in rulings),
            new_cases=len(new_cases),
            with_work=len(with_work),
            bureaus=Counter(bureau for case in with_work for bureau in self._work[case]),
        )
