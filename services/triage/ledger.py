"""What triage keeps about cases and decisions, beside the cases themselves."""

from dataclasses import dataclass
from datetime import datetime

from services.triage.rules.dedup.comparison import Report


@dataclass(frozen=True, slots=True)
class Turn:
    """A case that ended or was taken up again.

    Attributes:
        version: Of the case; of two turns the one with the higher version holds.
        closed_at: When the work ended; None when it was taken up again.
    """

    case_id: str
    version: int
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Decided:
    """A request that has its decision; the first one counts for ever."""

    key: str
    report: Report
    outcome: str
    case_id: str | None
