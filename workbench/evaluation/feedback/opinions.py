"""Opinions of operators and lead bureaus on the danger and the kind of the reports of a case."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from shared.contract.events import (
    CaseClosed,
    CaseOpened,
    CasePriorityLowered,
    CasePriorityRaised,
    CaseReopened,
    CaseRequestAttached,
    CaseRequestSplit,
    Event,
    OperatorCommanded,
)
from shared.vocabulary import URGENT_LEVELS, CaseStatus
from workbench.evaluation.feedback.reasons import read_reason

_Given = TypeVar("_Given", "Opinion", "KindOpinion")
_BEFORE_WORK: frozenset[CaseStatus] = frozenset({"open", "acknowledged", "scheduled"})


@dataclass(frozen=True, slots=True)
class Opinion:
    """An opinion on the danger in the reports of a case.

    Attributes:
        at: When it was given.
        is_danger: Whether the reports are about a danger.
        author: The operator who gave it; None for a bureau, or when unknown.
        requests: Ids of the requests that the case had.
    """

    at: datetime
    is_danger: bool
    author: str | None
    requests: frozenset[str]


@dataclass(frozen=True, slots=True)
class KindOpinion:
    """A correction of the kind of a case.

    Attributes:
        at: When it was given.
        service_code: Code of the new kind.
        author: The operator who gave it; None when unknown.
        requests: Ids of the requests that the case had.
    """

    at: datetime
    service_code: str
    author: str | None
    requests: frozenset[str]


@dataclass(slots=True)
class _Case:
    version: int = 0
    service_code: str | None = None
    requests: set[str] = field(default_factory=set)
    opinions: list[Opinion] = field(default_factory=list)
    closing: Opinion | None = None
    kinds: list[KindOpinion] = field(default_factory=list)


class OpinionCollector:
    """Collects opinions from operators' commands and the events of cases.

    A priority that an operator moves across the line of P2 is an opinion, unless its reason
    contradicts it, says that the danger is over, or work has begun: then it may be about the
    present and not about the report. A closing is an opinion where its reason says so, until the
    case is reopened. The kind of a case changes by an operator's command alone.
    """

    def __init__(self) -> None:
        self._actors: dict[tuple[str, str], str] = {}
        self._cases: defaultdict[str, _Case] = defaultdict(_Case)

    def add_command(self, event: OperatorCommanded) -> None:
        """Add a command. All commands come before the events that they led to."""
        if isinstance(event.data, dict):  # what dispatch refused leads to no event
            key = str(event.data.get("case_id")), event.id
            self._actors.setdefault(key, str(event.data.get("actor")).strip())

    def add_case_event(self, event: Event) -> None:
        """Add an event of a case. Those of one case come in order; repeats have no effect."""
        case = self._cases[event.data.case_id]
        if event.data.version <= case.version:
            return
        case.version = event.data.version
        if case.service_code not in (None, event.data.service_code):
            case.kinds.append(self._of_kind(event, case))
        case.service_code = event.data.service_code
        match event:
            case CaseOpened() | CaseRequestAttached():
                case.requests.add(event.data.request_id)
            case CaseRequestSplit():
                case.requests.discard(event.data.request_id)
            case CasePriorityLowered() | CasePriorityRaised():
                case.opinions += self._of_priority(event, case)
            case CaseClosed():
                case.closing = self._of_closing(event, case)
            case CaseReopened():
                case.closing = None
            case _:
                pass  # a change of status

    def by_request(self) -> Mapping[str, Sequence[Opinion]]:
        """Return the opinions on each request, the earliest first."""
        return _by_request(
            opinion
            for case in self._cases.values()
            for opinion in (*case.opinions, *([case.closing] if case.closing else []))
        )

    def kinds_by_request(self) -> Mapping[str, Sequence[KindOpinion]]:
        """Return the corrections of the kind of each request, the earliest first."""
        return _by_request(kind for case in self._cases.values() for kind in case.kinds)

    def _of_priority(
        self, event: CasePriorityLowered | CasePriorityRaised, case: _Case
    ) -> list[Opinion]:
        change = event.data
        if isinstance(event, CasePriorityRaised) and event.data.request_id is not None:
            return []
        is_danger = change.priority.level in URGENT_LEVELS
        if is_danger == (change.previous_level in URGENT_LEVELS):
            return []
        *_, reason = change.priority.reasons  # the operator's
        finding = read_reason(reason.evidence or "")
        agrees = finding == ("danger" if is_danger else "no_danger")
        if not agrees and (finding is not None or change.status not in _BEFORE_WORK):
            return []
        return [Opinion(event.time, is_danger, self._actor(event), frozenset(case.requests))]

    def _of_kind(self, event: Event, case: _Case) -> KindOpinion:
        code = event.data.service_code
        return KindOpinion(event.time, code, self._actor(event), frozenset(case.requests))

    def _of_closing(self, event: CaseClosed, case: _Case) -> Opinion | None:
        finding = read_reason(event.data.reason or "")
        if finding not in ("danger", "no_danger"):
            return None
        is_danger = finding == "danger"
        return Opinion(event.time, is_danger, self._actor(event), frozenset(case.requests))

    def _actor(self, event: Event) -> str | None:
        """Return who gave the command that led to an event, or None when that is unknown."""
        return self._actors.get((event.data.case_id, event.causationid or ""))


def _by_request(opinions: Iterable[_Given]) -> Mapping[str, Sequence[_Given]]:
    found: defaultdict[str, list[_Given]] = defaultdict(list)
    for opinion in sorted(opinions, key=lambda opinion: opinion.at):
        for request_id in opinion.requests:
            found[request_id].append(opinion)
    return found
