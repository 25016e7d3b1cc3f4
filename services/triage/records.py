"""What triage keeps about cases and decisions, beside the cases themselves."""

from dataclasses import dataclass
from datetime import datetime

from services.triage.rules.dedup.model import Report


@dataclass(frozen=True, slots=True)
class CaseStateChange:
    """A case that ended or was taken up again.

    Attributes:
        version: Of the case; of two turns the one with the higher version holds.
        closed_at: When the work ended; None when it was taken up again.
        merged_into: The case that has its requests now.
    """

    case_id: str
    version: int
    closed_at: datetime | None
    merged_into: str | None = None


@dataclass(frozen=True, slots=True)
class RequestSplit:
    """A request that an operator took out of a case, because it is another problem.

    Attributes:
        version: Of the case that it left.
        moves: How often operators had moved the request by then; the last move holds.
        opened_by: The request that the case stands for from then on, when it is another.
    """

    request_id: str
    from_case: str
    to_case: str
    version: int
    moves: int = 1
    opened_by: str | None = None


@dataclass(frozen=True, slots=True)
class DecisionRecord:
    """A request that has its decision; the first one counts for ever."""

    key: str
    report: Report
    outcome: str
    case_id: str | None
