"""What happens to a case: one real-world problem that requests point to."""

from typing import ClassVar, Literal

from pydantic import AwareDatetime

from shared.contract.events.base import Data, Event
from shared.contract.events.triage import Priority
from shared.vocabulary import CaseStatus, PriorityLevel


class CaseState(Data):
    """A case as it is after a change; ``version`` counts its changes from 1 without gaps."""

    case_id: str
    version: int
    jurisdiction: str
    status: CaseStatus
    priority: Priority
    service_code: str
    dedup_group: str
    lead_bureau: str
    request_count: int


class CaseWithRequest(CaseState):
    """A change that one request made.

    Attributes:
        moved_from: The case that the request was in before an operator moved it.
        moves: How often operators have moved the request by now.
    """

    request_id: str
    tracking_number: str
    linked_case: str | None = None
    moved_from: str | None = None
    moves: int = 0


class CaseMove(CaseState):
    """A change of status, with what the bureau says to the public."""

    previous_status: CaseStatus
    bureau: str | None = None
    public_note: str | None = None
    scheduled_for: AwareDatetime | None = None


class CaseRaise(CaseState):
    """A priority that rose, and the request that raised it."""

    previous_level: PriorityLevel
    request_id: str | None = None


class CaseLowering(CaseState):
    """A priority that an operator lowered, and why."""

    previous_level: PriorityLevel
    reason: str


class CaseClosing(CaseMove):
    """The end of the work on a case, at ``closed_at`` by the clock of who ended it.

    Attributes:
        merged_into: The case that has its requests now; its ``reason`` is ``merged``.
    """

    closed_at: AwareDatetime
    reason: str | None = None
    merged_into: str | None = None


class CaseSplit(CaseState):
    """A request that an operator took out of the case, and where it went.

    Attributes:
        opened_by: The request whose report the case stands for from now on, when it is another.
        moves: How often operators have moved the request by now.
    """

    request_id: str
    to_case: str
    opened_by: str | None = None
    moves: int = 1


class CaseOpened(Event):
    """A problem that nobody had reported before became a case."""

    subject_field: ClassVar[str] = "case_id"

    type: Literal["route311.case.opened.v1"] = "route311.case.opened.v1"
    source: str = "/dispatch"
    data: CaseWithRequest


class CaseRequestAttached(Event):
    """One more request joined the case; its reporter is a follower now."""

    subject_field: ClassVar[str] = "case_id"

    type: Literal["route311.case.request_attached.v1"] = "route311.case.request_attached.v1"
    source: str = "/dispatch"
    data: CaseWithRequest


class CaseStatusChanged(Event):
    """The lead bureau moved the case, or an operator gave it another lead."""

    subject_field: ClassVar[str] = "case_id"

    type: Literal["route311.case.status_changed.v1"] = "route311.case.status_changed.v1"
    source: str = "/dispatch"
    data: CaseMove


class CasePriorityRaised(Event):
    """A later report or an operator says that the case is more urgent than was known."""

    subject_field: ClassVar[str] = "case_id"

    type: Literal["route311.case.priority_raised.v1"] = "route311.case.priority_raised.v1"
    source: str = "/dispatch"
    data: CaseRaise


class CasePriorityLowered(Event):
    """An operator found that the case is less urgent than was thought."""

    subject_field: ClassVar[str] = "case_id"

    type: Literal["route311.case.priority_lowered.v1"] = "route311.case.priority_lowered.v1"
    source: str = "/dispatch"
    data: CaseLowering


class CaseRequestSplit(Event):
    """An operator found that a request is another problem."""

    subject_field: ClassVar[str] = "case_id"

    type: Literal["route311.case.request_split.v1"] = "route311.case.request_split.v1"
    source: str = "/dispatch"
    data: CaseSplit


class CaseClosed(Event):
    """The work on the case ended: completed, declined or referred."""

    subject_field: ClassVar[str] = "case_id"

    type: Literal["route311.case.closed.v1"] = "route311.case.closed.v1"
    source: str = "/dispatch"
    data: CaseClosing


class CaseReopened(Event):
    """An operator found that the work was not done."""

    subject_field: ClassVar[str] = "case_id"

    type: Literal["route311.case.reopened.v1"] = "route311.case.reopened.v1"
    source: str = "/dispatch"
    data: CaseMove
