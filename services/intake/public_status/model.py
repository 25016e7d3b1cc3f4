"""What anybody with its tracking number may know of a request; never who made it."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class PublicRequest:
    """What anybody with the tracking number may know of a request when it begins."""

    request_id: str
    tracking_number: str
    jurisdiction: str
    service_code: str
    submitted_at: datetime
    address: str | None
    latitude: float | None
    longitude: float | None


@dataclass(frozen=True, slots=True)
class PublicDecision:
    """What was decided about a request, as far as the resident is told.

    Attributes:
        referral_reason: Code of why somebody outside the city must act.
        answer: Code of what answers it, where it was a question that needs no work.
    """

    request_id: str
    decided_at: datetime
    outcome: str
    referral_name: str | None = None
    referral_phone: str | None = None
    referral_url: str | None = None
    referral_reason: str | None = None
    answer: str | None = None


@dataclass(frozen=True, slots=True)
class CaseLink:
    """The case that a request belongs to since ``joined_at``.

    Attributes:
        moves: How often operators had moved the request by then; the most often moved counts.
    """

    request_id: str
    case_id: str
    joined_at: datetime
    moves: int = 0


@dataclass(frozen=True, slots=True)
class StatusChange:
    """A change of a case's status; ``version`` orders the steps of one case."""

    case_id: str
    version: int
    status: str
    taken_at: datetime
    bureau: str
    note: str | None = None
    scheduled_for: datetime | None = None


@dataclass(frozen=True, slots=True)
class PublicStatus:
    """A request and what became of it; the newest step comes last.

    Attributes:
        was_moved: Whether an operator put it into another case than was decided.
    """

    request: PublicRequest
    decision: PublicDecision | None
    changes: tuple[StatusChange, ...]
    was_moved: bool = False
