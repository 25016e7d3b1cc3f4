"""What can become of a case; each change is one version of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from services.dispatch.rules.case import Case
from shared.vocabulary import CaseStatus, PriorityLevel


@dataclass(frozen=True, slots=True)
class Opened:
    """A problem became a case; with ``moved_from`` an operator took its request from there."""

    request_id: str
    tracking_number: str
    moved_from: str | None = None
    moves: int = 0


@dataclass(frozen=True, slots=True)
class Attached:
    """One more request joined; with ``moved_from`` an operator moved it from there."""

    request_id: str
    tracking_number: str
    moved_from: str | None = None
    moves: int = 0


@dataclass(frozen=True, slots=True)
class Raised:
    """It turned out to be more urgent; without ``request_id`` an operator says so."""

    previous_level: PriorityLevel
    request_id: str | None


@dataclass(frozen=True, slots=True)
class Lowered:
    """An operator found it less urgent."""

    previous_level: PriorityLevel
    reason: str


@dataclass(frozen=True, slots=True)
class Split:
    """An operator took a request out.

    Attributes:
        opened_by: The request that it stands for from now on, when it is another.
    """

    request_id: str
    to_case: str
    opened_by: str | None
    moves: int


@dataclass(frozen=True, slots=True)
class StatusChanged:
    """The lead bureau moved it; without ``bureau`` an operator did."""

    previous_status: CaseStatus
    bureau: str | None
    public_note: str | None
    scheduled_for: datetime | None


@dataclass(frozen=True, slots=True)
class Closed:
    """The lead bureau ended it; without ``bureau`` an operator did."""

    previous_status: CaseStatus
    bureau: str | None
    public_note: str | None
    reason: str | None
    closed_at: datetime
    merged_into: str | None = None


@dataclass(frozen=True, slots=True)
class Reopened:
    """An operator found that there is more to do."""

    previous_status: CaseStatus


Change: TypeAlias = Opened | Attached | Raised | Lowered | Split | StatusChanged | Closed | Reopened


@dataclass(frozen=True, slots=True)
class CaseTransition:
    """One change of a case, and the case after it."""

    case: Case
    change: Change
