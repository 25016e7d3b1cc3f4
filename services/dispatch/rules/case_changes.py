"""Changes of a case: each is one version of it and one event on ``dispatch-cases``."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from services.dispatch.rules.case import Case
from shared.vocabulary import (
    CaseStatus,
    CommandName,
    FourEyesRule,
    MissedDeadline,
    PriorityLevel,
    SubmissionChannel,
)


@dataclass(frozen=True, slots=True)
class RequestAdded:
    """A request joined the case."""

    request_id: str
    tracking_number: str
    moved_from: str | None = None
    moves: int = 0


@dataclass(frozen=True, slots=True)
class Opened(RequestAdded):
    """A request opened the case."""


@dataclass(frozen=True, slots=True)
class RequestAttached(RequestAdded):
    """One more request joined the case."""


@dataclass(frozen=True, slots=True)
class PriorityRaised:
    """A request raised the priority; with ``request_id`` None an operator did."""

    previous_level: PriorityLevel
    request_id: str | None


@dataclass(frozen=True, slots=True)
class PriorityLowered:
    """An operator lowered the priority."""

    previous_level: PriorityLevel
    reason: str


@dataclass(frozen=True, slots=True)
class RequestMovedOut:
    """An operator split a request off; ``opened_by`` is the new representing request, if any."""

    request_id: str
    to_case: str
    opened_by: str | None
    moves: int


@dataclass(frozen=True, slots=True)
class StatusChanged:
    """The lead bureau changed the status; with ``bureau`` None an operator did."""

    previous_status: CaseStatus
    bureau: str | None
    public_note: str | None
    scheduled_for: datetime | None
    media: tuple[Mapping[str, str | None], ...] = ()
    previous_lead: str | None = None  # code of the bureau that led before
    at: datetime | None = None  # by the bureau's clock; None for now
    # Request and channel of the reporter whose answer ended the wait, if it did.
    answered_by: str | None = None
    answered_through: SubmissionChannel | None = None


@dataclass(frozen=True, slots=True)
class Closed:
    """The lead bureau closed the case; with ``bureau`` None an operator did."""

    previous_status: CaseStatus
    bureau: str | None
    public_note: str | None
    reason: str | None  # words of the bureau or operator; `merged` for a merge
    closed_at: datetime
    merged_into: str | None = None
    media: tuple[Mapping[str, str | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Reopened:
    """An operator reopened the case for a reason, or a resident: ``resident_says_not_fixed``."""

    previous_status: CaseStatus
    reason: str


@dataclass(frozen=True, slots=True)
class Overdue:
    """The lead bureau missed a deadline."""

    what: MissedDeadline
    due_at: datetime
    bureau: str
    escalated_to: str | None


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """A person saw the case, whose status was past ``open``."""


@dataclass(frozen=True, slots=True)
class Assigned:
    """Staff assigned the case."""

    assignee: str | None


@dataclass(frozen=True, slots=True)
class Noted:
    """Staff wrote a note; its words are in the history alone."""


@dataclass(frozen=True, slots=True)
class Held:
    """Staff took the case out of the queue; with None back into it."""

    held_until: datetime | None


@dataclass(frozen=True, slots=True)
class KindChanged:
    """An operator corrected the kind."""

    previous_service_code: str
    previous_dedup_group: str
    location: object  # `Location` of the wire contract
    opened_by: str


@dataclass(frozen=True, slots=True)
class PlaceChanged:
    """An operator corrected the location; both are ``Location`` of the wire contract."""

    location: object
    previous_location: object
    opened_by: str


@dataclass(frozen=True, slots=True)
class StaffAnswered:
    """Staff wrote to the followers."""

    public_note: str


@dataclass(frozen=True, slots=True)
class ErasureOrdered:
    """Staff ordered to erase the contact of a request."""

    request_id: str


@dataclass(frozen=True, slots=True)
class ApprovalRequested:
    """A command waits for the approval of a second person."""

    approval_id: str
    command: CommandName
    rule: FourEyesRule


@dataclass(frozen=True, slots=True)
class ApprovalRefused(ApprovalRequested):
    """A second person refused the command."""


CaseChange: TypeAlias = (
    Opened
    | RequestAttached
    | PriorityRaised
    | PriorityLowered
    | RequestMovedOut
    | StatusChanged
    | Closed
    | Reopened
    | Overdue
    | Acknowledged
    | Assigned
    | Noted
    | Held
    | KindChanged
    | PlaceChanged
    | StaffAnswered
    | ErasureOrdered
    | ApprovalRequested
    | ApprovalRefused
)


@dataclass(frozen=True, slots=True)
class CaseTransition:
    """One change of a case, and the case after it."""

    case: Case
    change: CaseChange
