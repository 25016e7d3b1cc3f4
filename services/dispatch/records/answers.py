"""Values that the ports take and return."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple, TypeAlias
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict

from services.dispatch.records.changes import CaseHistoryEntry
from services.dispatch.rules.case import Case, CaseRequest
from services.dispatch.rules.operator_commands import CommandRefusal
from shared import vocabulary
from shared.contract.events import PlausibleMoment


@dataclass(frozen=True, slots=True)
class CommandAnswer:
    """Answer to a command: events as on their topic, or refusal; no body digest over Kafka."""

    events: Sequence[bytes] = ()
    refusal: CommandRefusal | None = None
    body_digest: bytes | None = None
    approval_id: str | None = None  # set while it waits for a second person


Decision: TypeAlias = Literal["approved", "refused"]
ApprovalProblem: TypeAlias = Literal["unknown_approval", "already_decided", "same_person"]


@dataclass(frozen=True, slots=True)
class ApprovalAnswer:
    """Answer to a decision: what became of each command, by its case, or why it is refused."""

    outcomes: Sequence[tuple[str, CommandAnswer]] = ()
    problem: ApprovalProblem | None = None


class FeedRead(BaseModel):
    """Position of a bureau in its feed."""

    model_config = ConfigDict(frozen=True)

    bureau: str
    """Code of the bureau."""
    read_at: AwareDatetime
    """Time of its last call, to half a minute."""
    waiting: int
    """Number of events that it has not asked for, 10,000 at most."""
    oldest_waiting_at: AwareDatetime | None
    """Time of the oldest of them."""


@dataclass(frozen=True, slots=True)
class FeedPage:
    """Page of a bureau's events as on their topic, oldest first, with the number of the last."""

    events: Sequence[bytes]
    last: int
    more: bool


@dataclass(frozen=True, slots=True)
class KeptEvent:
    """Event of a case as on its topic, with its position in the stream."""

    number: int
    event_id: str
    value: bytes


@dataclass(frozen=True, slots=True)
class SurgeClosing:
    """Order to close the open cases of a surge, with the CloudEvents source of the commands."""

    source: str
    actor: str
    reason: str
    note: str
    status: vocabulary.ClosingStatus
    given_at: datetime
    approved_by: str | None = None  # name of the second person, where it needed one


@dataclass(frozen=True, slots=True)
class OrderedClosing:
    """Answer to an order to close a surge.

    Attributes:
        count: Cases that it closes, without those of earlier orders.
        approval_id: The approval that it waits for; None once it is in effect.
    """

    count: int
    approval_id: str | None = None


class FilterBox(NamedTuple):
    """Box in WGS 84 degrees, bounds included; it does not cross the antimeridian."""

    west: float
    south: float
    east: float
    north: float


class CaseFilter(BaseModel):
    """Conditions of a list of cases, all of which hold; None for no condition."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    status: Sequence[vocabulary.CaseStatus] | None = None
    priority: Sequence[vocabulary.PriorityLevel] | None = None
    bureau: Sequence[str] | None = None
    kind: Sequence[str] | None = None
    district: Sequence[str] | None = None
    assignee: Sequence[str] | None = None
    language: Sequence[str] | None = None
    channel: Sequence[vocabulary.SubmissionChannel] | None = None
    surge: Sequence[UUID] | None = None
    q: str | None = None
    bbox: FilterBox | None = None
    since: PlausibleMoment | None = None
    until: PlausibleMoment | None = None
    overdue: bool | None = None
    unsure: bool | None = None
    held: bool | None = None


CaseOrder: TypeAlias = Literal["urgent", "due", "newest", "oldest"]


class CasePosition(BaseModel):
    """Position of a case in a list; the values by which each order sorts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    order: CaseOrder
    level: vocabulary.PriorityLevel
    is_acknowledged: bool
    due_at: AwareDatetime | None  # of the lead's next deadline; None for none
    case_id: UUID

    @classmethod
    def start(cls, order: CaseOrder) -> "CasePosition":
        """Return the position before the first case."""
        first = 2**128 - 1 if order == "newest" else 0
        return cls(
            order=order,
            level="P1",
            is_acknowledged=False,
            due_at=vocabulary.START_OF_TIME,
            case_id=UUID(int=first),
        )

    @classmethod
    def of(cls, order: CaseOrder, case: Case, due_at: datetime | None) -> "CasePosition":
        """Return the position of a case."""
        return cls(
            order=order,
            level=case.priority.level,
            is_acknowledged=case.status != "open" or case.acknowledged_at is not None,
            due_at=due_at,
            case_id=UUID(case.case_id),
        )


class CaseCounts(BaseModel):
    """Numbers of the cases of a list, over all its pages."""

    priority: Mapping[vocabulary.PriorityLevel, int]
    """By level; only those with a case."""
    status: Mapping[vocabulary.CaseStatus, int]
    """By status; only those with a case."""


@dataclass(frozen=True, slots=True)
class CasePage:
    """A page of a list of cases: each with its lead's next deadline, if any."""

    cases: Sequence[tuple[Case, datetime | None]]
    last: CasePosition  # of its last case; that before the page where it is empty
    more: bool
    counts: CaseCounts | None  # None unless asked for


@dataclass(frozen=True, slots=True)
class WholeCase:
    """Case with its requests and its history, oldest first."""

    case: Case
    requests: Sequence[CaseRequest]
    history: Sequence[CaseHistoryEntry]
