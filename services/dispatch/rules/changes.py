"""What can become of a case; each change is one version of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from services.dispatch.rules.case import Case, CaseStatus
from services.dispatch.rules.priority import Level


@dataclass(frozen=True, slots=True)
class Opened:
    """A problem became a case."""

    request_id: str
    tracking_number: str


@dataclass(frozen=True, slots=True)
class Attached:
    """One more request joined."""

    request_id: str
    tracking_number: str


@dataclass(frozen=True, slots=True)
class Raised:
    """It turned out to be more urgent."""

    previous_level: Level
    request_id: str


@dataclass(frozen=True, slots=True)
class Moved:
    """The lead bureau moved it."""

    previous_status: CaseStatus
    bureau: str
    public_note: str | None
    scheduled_for: datetime | None


@dataclass(frozen=True, slots=True)
class Closed:
    """The lead bureau ended it."""

    previous_status: CaseStatus
    bureau: str
    public_note: str | None
    reason: str | None
    closed_at: datetime


Change: TypeAlias = Opened | Attached | Raised | Moved | Closed


@dataclass(frozen=True, slots=True)
class Step:
    """One change of a case, and the case after it."""

    case: Case
    change: Change
