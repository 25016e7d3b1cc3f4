"""Records that triage stores beside the cases: state changes, splits, decisions."""

from dataclasses import dataclass
from datetime import datetime

from services.triage.rules.dedup.model import Report, ReportPlace


@dataclass(frozen=True, slots=True)
class CaseStateChange:
    """A case that was closed, merged or reopened; the highest version wins.

    Attributes:
        closed_at: When the work ended; None when the case was reopened.
        merged_into: The case that has its requests now.
    """

    case_id: str
    version: int
    closed_at: datetime | None
    merged_into: str | None = None


@dataclass(frozen=True, slots=True)
class CorrectedCase:
    """A case whose kind or place an operator corrected; the highest version wins.

    Attributes:
        opened_by: The request that the case represents.
    """

    case_id: str
    version: int
    opened_by: str
    key: str
    service_code: str
    place: ReportPlace


@dataclass(frozen=True, slots=True)
class SplitRecord:
    """A request that an operator moved out of a case, because it is another problem.

    Attributes:
        version: Version of the case that the request left.
        moves: Number of moves of the request so far; the last move wins.
        opened_by: The request that the old case represents from now on, when it changes.
    """

    request_id: str
    from_case: str
    to_case: str
    version: int
    moves: int = 1
    opened_by: str | None = None


@dataclass(frozen=True, slots=True)
class DecisionRecord:
    """A decided request. The first decision is final.

    Attributes:
        key: Dedup key of the request.
        case_id: None for a referral or an answered question.
        stated: JSON of the parts of the request that notes extend.
    """

    key: str
    report: Report
    outcome: str
    case_id: str | None
    stated: str
    score: int
    emergency: str | None


@dataclass(frozen=True, slots=True)
class PlacedRequest:
    """A decided request whose reporter stated its location afterwards."""

    request_id: str
    place: ReportPlace
