"""Changes of a case, the one real-world problem behind one or more requests."""

from typing import ClassVar, Literal

from pydantic import AwareDatetime, Field

from shared.contract.events.base import Data, Event
from shared.contract.events.requests import LikelyKind, Location
from shared.contract.events.submissions import Media
from shared.contract.events.triage import Priority
from shared.contract.events.work_orders import Due
from shared.vocabulary import (
    CaseStatus,
    CommandName,
    FourEyesRule,
    MissedDeadline,
    PriorityLevel,
    SubmissionChannel,
)


class CaseState(Data):
    """State of a case after a change."""

    case_id: str
    """Id of the case, a UUIDv7."""
    version: int
    """Version of the case after this change; counts from 1 without gaps."""
    jurisdiction: str
    """Id of the city."""
    status: CaseStatus
    """Status of the case after this change."""
    priority: Priority
    """Priority of the case: the highest of its requests, or as an operator set it."""
    service_code: str
    """Code of the kind of the request that opened the case."""
    dedup_group: str
    """Group of kinds that can describe the same problem."""
    lead_bureau: str
    """Code of the bureau that leads the work."""
    lead_work_order_id: str | None = Field(
        default=None, examples=["0197a1b2-c3d4-7000-8000-000000000003"]
    )
    """Id of the lead bureau's work order, a UUIDv7; null in events of older versions."""
    request_count: int
    """Number of requests in the case."""
    due: Due | None = None
    """Deadlines of the lead bureau's work order; null in events of older versions."""
    kinds: tuple[LikelyKind, ...] = Field(default=(), max_length=5)
    """Likely kinds of an unsure request, the likeliest first; empty otherwise."""
    unsure: bool = False
    """True while nobody has corrected a kind that nothing made likely enough."""


class CaseWithRequest(CaseState):
    """State of a case after a request joined it."""

    request_id: str
    """Id of the request that joined, a UUIDv7."""
    tracking_number: str
    """The request's tracking number."""
    linked_case: str | None = Field(default=None, examples=["0197a1b2-c3d4-7000-8000-000000000009"])
    """Id of an earlier, related case (recurrence or possible duplicate); null for none."""
    moved_from: str | None = None
    """Id of the case that the request was in before an operator moved it; or null."""
    moves: int = 0
    """Number of times that operators have moved the request."""
    first_reported_at: AwareDatetime | None = Field(default=None, examples=["2026-11-23T20:00:00Z"])
    """When the first of the case's requests was submitted; null in events of older versions."""


class CaseStatusChange(CaseState):
    """State of a case after a change of status."""

    previous_status: CaseStatus
    """Status before this change."""
    at: AwareDatetime | None = Field(default=None, examples=["2026-11-24T16:10:00Z"])
    """When it happened, UTC, by the clock of the bureau or operator; null in older events."""
    bureau: str | None = Field(default=None, examples=["PBOT-MOD"])
    """Code of the bureau that reported the change; null for an operator."""
    public_note: str | None = Field(default=None, examples=["Mattress removed"])
    """Bureau's note for residents, at most 4,000 characters; null for none."""
    scheduled_for: AwareDatetime | None = Field(default=None, examples=["2026-11-25T17:00:00Z"])
    """Moment for which the work is scheduled, UTC; null when not scheduled."""
    media: tuple[Media, ...] = ()
    """Bureau's pictures of the work, as far as their addresses hold no contact data."""
    previous_lead: str | None = Field(default=None, examples=["PBOT-MAINT"])
    """Code of the bureau that led before a change of status; null in events of older versions."""
    answered_by: str | None = Field(default=None, examples=["0197a1b2-c3d4-7000-8000-000000000001"])
    """Id of the request whose reporter answered the bureau's question; null for another change."""
    answered_through: SubmissionChannel | None = None
    """Channel of that answer, or null."""


class CasePriorityRaise(CaseState):
    """State of a case after its priority rose."""

    previous_level: PriorityLevel
    """Level before this change."""
    request_id: str | None = None
    """Id of the request that raised the priority; null when an operator did."""


class CaseLowering(CaseState):
    """State of a case after an operator lowered its priority."""

    previous_level: PriorityLevel
    """Level before this change."""
    reason: str
    """Operator's reason, 1 to 4,000 characters."""


class CaseClosing(CaseStatusChange):
    """State of a case after its work ended."""

    closed_at: AwareDatetime
    """Moment at which the work ended, UTC, by the clock of the bureau or operator."""
    reason: str | None = Field(default=None, examples=["No debris found"])
    """Why it was declined or closed; ``merged`` for a merge, null for none."""
    merged_into: str | None = Field(default=None, examples=["0197a1b2-c3d4-7000-8000-000000000009"])
    """Id of the case that took over the requests; null unless merged."""


class CaseReopening(CaseStatusChange):
    """State of a case after its work began again."""

    reason: str | None = Field(default=None, examples=["resident_says_not_fixed"])
    """``resident_says_not_fixed``, or the operator's reason; null in older events."""


class CaseSplit(CaseState):
    """State of a case after an operator moved one of its requests to a case of its own."""

    request_id: str
    """Id of the request that left, a UUIDv7."""
    to_case: str
    """Id of the case that the request belongs to now, a UUIDv7."""
    opened_by: str | None = None
    """Id of the request that represents the remaining case, when it changed; or null."""
    moves: int = 1
    """Number of times that operators have moved the request."""


class CaseMissedDeadline(CaseState):
    """State of a case whose lead bureau missed a deadline."""

    what: MissedDeadline
    """The deadline: ``acknowledge`` or ``complete``."""
    due_at: AwareDatetime
    """Moment at which it was due, UTC."""
    bureau: str
    """Code of the bureau that missed it."""
    escalated_to: str | None = Field(default=None, examples=["311-TRIAGE"])
    """Code of the bureau that it is escalated to; null for none."""


class CaseAssignment(CaseState):
    """State of a case after staff assigned it."""

    assignee: str | None = Field(default=None, examples=["Kim"])
    """Name of the member of staff who works on it now; null for nobody."""


class CaseHold(CaseState):
    """State of a case after staff took it out of the queue, or back into it."""

    held_until: AwareDatetime | None = Field(default=None, examples=["2026-11-25T17:00:00Z"])
    """Moment until which it is out of the queue, UTC; null when it is back."""


class CaseCorrection(CaseState):
    """State of a case after an operator corrected its kind or its location."""

    location: Location
    """Location of the problem now."""
    opened_by: str
    """Id of the request that the case represents, whose location it is."""


class CaseKindChange(CaseCorrection):
    """State of a case after an operator corrected its kind."""

    previous_service_code: str
    """Code of the kind before this change."""
    previous_dedup_group: str
    """Group of kinds before this change."""


class CasePlaceChange(CaseCorrection):
    """State of a case after an operator corrected its location."""

    previous_location: Location
    """Location of the problem before this change."""


class CaseAnswer(CaseState):
    """State of a case after staff wrote to its followers."""

    public_note: str = Field(examples=["The crew comes on Tuesday"])
    """Words to residents, 1 to 4,000 characters, without contact data."""


class CaseErasureOrder(CaseState):
    """State of a case after staff ordered to erase the contact of one of its requests."""

    request_id: str
    """Id of the request whose contact and original texts intake erases, a UUIDv7."""


class CaseApproval(CaseState):
    """State of a case with a command that needs the approval of a second person."""

    approval_id: str = Field(examples=["0197a1b2-c3d4-7000-8000-000000000009"])
    """Id of the approval, a UUIDv7; the same for all cases of one call."""
    command: CommandName
    """Name of the command."""
    rule: FourEyesRule
    """Rule of the city by which it waits."""


class _CaseEvent(Event):
    subject_field: ClassVar[str] = "case_id"
    source: str = "/dispatch"


class CaseOpened(_CaseEvent):
    """A request opened a new case."""

    type: Literal["route311.case.opened.v1"] = "route311.case.opened.v1"
    data: CaseWithRequest


class CaseRequestAttached(_CaseEvent):
    """A request joined the case; its reporter follows it from now on."""

    type: Literal["route311.case.request_attached.v1"] = "route311.case.request_attached.v1"
    data: CaseWithRequest


class CaseStatusChanged(_CaseEvent):
    """The lead bureau changed the status, or an operator assigned another lead."""

    type: Literal["route311.case.status_changed.v1"] = "route311.case.status_changed.v1"
    data: CaseStatusChange


class CasePriorityRaised(_CaseEvent):
    """A later request or an operator raised the priority of the case."""

    type: Literal["route311.case.priority_raised.v1"] = "route311.case.priority_raised.v1"
    data: CasePriorityRaise


class CasePriorityLowered(_CaseEvent):
    """An operator lowered the priority of the case."""

    type: Literal["route311.case.priority_lowered.v1"] = "route311.case.priority_lowered.v1"
    data: CaseLowering


class CaseRequestSplit(_CaseEvent):
    """An operator moved a request to a case of its own."""

    type: Literal["route311.case.request_split.v1"] = "route311.case.request_split.v1"
    data: CaseSplit


class CaseClosed(_CaseEvent):
    """The work on the case ended: completed, declined or referred."""

    type: Literal["route311.case.closed.v1"] = "route311.case.closed.v1"
    data: CaseClosing


class CaseReopened(_CaseEvent):
    """An operator, or a reporter whose problem is not fixed, reopened the case."""

    type: Literal["route311.case.reopened.v1"] = "route311.case.reopened.v1"
    data: CaseReopening


class CaseOverdue(_CaseEvent):
    """The lead bureau missed a deadline; one event for each."""

    type: Literal["route311.case.overdue.v1"] = "route311.case.overdue.v1"
    data: CaseMissedDeadline


class CaseAcknowledged(_CaseEvent):
    """A person saw a case whose status was past ``open``; else its status changed."""

    type: Literal["route311.case.acknowledged.v1"] = "route311.case.acknowledged.v1"
    data: CaseState


class CaseAssigned(_CaseEvent):
    """Staff assigned or unassigned the case."""

    type: Literal["route311.case.assigned.v1"] = "route311.case.assigned.v1"
    data: CaseAssignment


class CaseNoted(_CaseEvent):
    """Staff wrote a note, whose words stay in the history."""

    type: Literal["route311.case.noted.v1"] = "route311.case.noted.v1"
    data: CaseState


class CaseHeld(_CaseEvent):
    """Staff took the case out of the queue for a time, or back into it."""

    type: Literal["route311.case.held.v1"] = "route311.case.held.v1"
    data: CaseHold


class CaseKindChanged(_CaseEvent):
    """An operator corrected the kind of the case."""

    type: Literal["route311.case.kind_changed.v1"] = "route311.case.kind_changed.v1"
    data: CaseKindChange


class CasePlaceChanged(_CaseEvent):
    """An operator corrected the location of the case."""

    type: Literal["route311.case.place_changed.v1"] = "route311.case.place_changed.v1"
    data: CasePlaceChange


class CaseAnswered(_CaseEvent):
    """Staff wrote to the followers of the case."""

    type: Literal["route311.case.answered.v1"] = "route311.case.answered.v1"
    data: CaseAnswer


class CaseErasureOrdered(_CaseEvent):
    """Staff ordered to erase the contact of a request, with a second person where needed."""

    type: Literal["route311.case.erasure_ordered.v1"] = "route311.case.erasure_ordered.v1"
    data: CaseErasureOrder


class CaseApprovalRequested(_CaseEvent):
    """A command waits for the approval of a second person."""

    type: Literal["route311.case.approval_requested.v1"] = "route311.case.approval_requested.v1"
    data: CaseApproval


class CaseApprovalRefused(_CaseEvent):
    """A second person refused a command, which had no effect."""

    type: Literal["route311.case.approval_refused.v1"] = "route311.case.approval_refused.v1"
    data: CaseApproval
