"""Records of dispatch: state of batches, and values that ports take and return."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, NamedTuple, TypeAlias
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from services.dispatch.rules.case import Case, CaseRequest, CaseWorkOrder
from services.dispatch.rules.case_changes import CaseChange
from services.dispatch.rules.operator_commands import CaseCommand, CommandRefusal
from services.dispatch.rules.work_order_updates import BureauUpdate, UpdateRefusal
from shared import vocabulary
from shared.contract.events import (
    CaseState,
    Data,
    Due,
    Event,
    Location,
    Media,
    PlausibleMoment,
    Priority,
)

# Name of the console's key: its actors are members of staff, and it states their roles.
CONSOLE_KEY = "console"
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
CONTROL_CHARS = {code: None for code in (*range(32), 127) if chr(code) not in "\n\t"}


def strip_control_chars(data: object) -> Any:  # noqa: ANN401 - the data are of any JSON type
    """Return the data without control characters in their text fields."""
    if not isinstance(data, Mapping):
        return data
    return {
        name: value.translate(CONTROL_CHARS) if isinstance(value, str) else value
        for name, value in data.items()
    }


def uuids(ids: Iterable[str]) -> list[str]:
    """Return those of the ids that are UUIDs; no others are in the database."""
    return [text for text in ids if _UUID.fullmatch(text)]


class MessageKey(NamedTuple):
    """Idempotency key: source, CloudEvents id, and the bureau of an update; empty for a command."""

    source: str
    id: str
    bureau: str = ""


@dataclass(frozen=True, slots=True)
class UpdateResult:
    """Result of an update; case and version are None unless the work order is the sender's own."""

    refusal: UpdateRefusal | None = None
    case: Case | None = None
    version: int | None = None
    changed: bool = False
    case_change: CaseChange | None = None


@dataclass(frozen=True, slots=True)
class ProcessedMessage:
    """An update or command and its result; ``parsed`` is None where it was malformed."""

    key: MessageKey
    parsed: BureauUpdate | CaseCommand | None
    refused_as: str | None
    changed: bool = False


@dataclass(frozen=True, slots=True)
class WaitingCommand:
    """A redacted command that waits for the approval of a second person."""

    approval_id: str  # shared by all commands of one call
    rule: vocabulary.FourEyesRule
    requested_at: datetime
    source: str  # CloudEvents source of the command
    actor: str
    data: Mapping[str, Any]  # as in the event of the command


@dataclass(frozen=True, slots=True)
class CaseHistoryEntry:
    """Entry of a case's history."""

    case_id: str
    at: datetime
    # `resident`, `other` for no reporter of the case, `bureau:CODE`, `operator:NAME` or `system`.
    by: str
    what: str
    text: str
    note: str | None = None  # words of the bureau or operator, besides the text
    case_event: str | None = None  # id of its event on `dispatch-cases`
    event_id: str | None = None  # id of the event that led to it, where that is its idempotency key
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class StoredSurge:
    """A surge that triage announced, with the usual number of reports in the same time."""

    surge_id: str
    jurisdiction: str
    dedup_group: str
    district: str
    started_at: datetime
    ended_at: datetime | None
    report_count: int
    expected: float


@dataclass(frozen=True, slots=True)
class LoadedState:
    """Stored state that a batch depends on."""

    cases: Iterable[Case]
    # Cases of the requests that belong to one already.
    case_ids: Mapping[str, str] = field(default_factory=dict)
    processed: Iterable[MessageKey] = ()
    # All requests of the cases that commands split or merge, that get a place or are reassessed.
    case_requests: Iterable[CaseRequest] = ()
    history_ids: Iterable[str] = ()


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """Rows to write for a batch."""

    opened_cases: Sequence[Case] = ()
    changed_cases: Sequence[Case] = ()  # with a new version or new notes
    new_orders: Sequence[tuple[str, CaseWorkOrder]] = ()
    changed_orders: Sequence[CaseWorkOrder] = ()
    joined_requests: Sequence[CaseRequest] = ()
    processed: Sequence[ProcessedMessage] = ()
    # Changed cases with another representing request, summary or location.
    restated_cases: Sequence[Case] = ()
    changed_requests: Sequence[CaseRequest] = ()  # with another case, location or priority
    history: Sequence[CaseHistoryEntry] = ()
    waiting: Sequence[WaitingCommand] = ()


@dataclass(frozen=True, slots=True)
class WorkOrderNotice:
    """Work orders of a case whose bureaus need an event, and the event that led to it, if any."""

    case: Case
    orders: Sequence[CaseWorkOrder]
    cause: Event | None


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


class ListedApproval(Data):
    """Commands of one call that wait, or waited, for a second person."""

    approval_id: str
    """Id of the approval, a UUIDv7."""
    status: Literal["waiting", "approved", "refused"]
    """What became of it."""
    rule: vocabulary.FourEyesRule
    """Rule of the city by which it waits."""
    actor: str
    """Name of the operator who gave the command."""
    reason: str
    """Reason of the command."""
    command: vocabulary.CommandName
    """Name of the command."""
    case_ids: list[str]
    """Ids of its cases."""
    requested_at: AwareDatetime
    """Moment of the command, UTC."""
    decided_by: str | None
    """Name of the second person; null while it waits."""
    decided_at: AwareDatetime | None
    """Moment of the decision, UTC; null while it waits."""


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


class ListedSurge(Data):
    """A surge with the counts of its cases."""

    surge_id: str
    """Id of the surge, as in ``triage-surges``."""
    jurisdiction: str
    """Id of the city."""
    dedup_group: str
    """Group of kinds that surges."""
    district: str
    """Code of the district, or ``unknown``."""
    status: Literal["open", "ended"]
    """Whether it is still open."""
    started_at: AwareDatetime
    """Its beginning, UTC."""
    ended_at: AwareDatetime | None
    """Its end, UTC; null while it is open."""
    report_count: int
    """Independent reports, as triage announced them at its beginning or end."""
    expected: float
    """Usual number of reports in the same time."""
    case_count: int
    """Its cases."""
    open_case_count: int
    """Its open cases."""
    closing_count: int
    """Cases that an operator ordered to close and that are not closed yet."""


@dataclass(frozen=True, slots=True)
class SurgeClosing:
    """Order to close the open cases of a surge, with the CloudEvents source of the commands."""

    source: str
    actor: str
    reason: str
    note: str
    status: vocabulary.ClosingStatus
    given_at: datetime


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


class ListedCase(CaseState):
    """A case in a list."""

    service_name: str
    """English name of the kind."""
    summary: str
    """Description by the most urgent request, or the kind's name."""
    location: Location
    """Location of the problem."""
    first_reported_at: AwareDatetime
    """Moment of the case's first request, UTC."""
    last_reported_at: AwareDatetime
    """Moment of the case's latest request, UTC."""
    closed_at: AwareDatetime | None
    """Moment at which the work ended, UTC; null while the case is open."""
    merged_into: str | None
    """Id of the case that took over the requests; null unless merged."""
    overdue: bool
    """Whether the lead bureau's next deadline has passed."""
    acknowledged_at: AwareDatetime | None = None
    """When a person or the lead bureau first acknowledged it since it is open, UTC; or null."""
    assignee: str | None = None
    """Name of the member of staff who works on it; null for none."""
    held_until: AwareDatetime | None = None
    """Moment until which it is out of the queue, UTC; null for none."""


class ListedKind(Data):
    """A kind of the catalogue."""

    jurisdiction: str
    """Id of the city."""
    service_code: str
    """Code of the kind."""
    code: str
    """The same as ``service_code``."""
    name: str
    """English name."""
    group: str
    """English heading under which lists show it."""
    dedup_group: str
    """Group of kinds that can describe the same problem."""
    lead_bureau: str | None
    """Code of the bureau that leads it unless a routing rule names another; null for none."""


class BureauContact(Data):
    """Contact of a bureau for the city's staff."""

    phone: str | None
    """Telephone number as it is printed; null for none."""


class ListedBureau(Data):
    """A bureau of the catalogue."""

    jurisdiction: str
    """Id of the city."""
    code: str
    """Code of the bureau."""
    name: str
    """Name of the bureau."""
    hours: Mapping[str, str]
    """Opening hours in local time, such as ``08:00-17:00``, by ``mon`` to ``sun``; none on other
    days, ``00:00-24:00`` around the clock."""
    contact: BureauContact
    """Contact of the bureau."""


class RequestOfCase(Data):
    """A request of a case, without its reporter."""

    request_id: str
    """Id of the request, a UUIDv7."""
    tracking_number: str
    """Number that the reporter has."""
    service_code: str
    """Code of the kind."""
    priority: Priority
    """Its own priority; that of the case may be higher."""
    reported_at: AwareDatetime
    """Moment of the submission, UTC."""
    summary: str
    """The description, or the kind's name."""
    location: Location
    """Location of the problem."""
    attributes: Mapping[str, Any]
    """Answers to the kind's questions by question code."""
    media: tuple[Media, ...]
    """Pictures and other files by address."""
    language: str | None = None
    """Primary subtag of the language of the text; null where it is unknown."""
    channel: vocabulary.SubmissionChannel | None = None
    """Channel by which it came; null in one from before."""


class WorkOrderOfCase(Data):
    """A work order of a case; its bureau's notes are in the history."""

    work_order_id: str
    """Id of the work order, a UUIDv7."""
    version: int
    """Version that the bureau was sent."""
    bureau: str
    """Code of the bureau."""
    role: vocabulary.WorkOrderRole
    """``lead`` does the work, ``informed`` needs to know of it."""
    status: vocabulary.WorkOrderStatus
    """Its status."""
    due: Due
    """Its deadlines."""
    route_rule: str
    """Name of the rule that chose the bureau."""
    scheduled_for: AwareDatetime | None
    """Moment for which the work is scheduled, UTC; null when not scheduled."""
    external_id: str | None
    """Id of the work in the bureau's own system; null for none."""


class CaseEntry(Data):
    """An entry of a case's history."""

    at: AwareDatetime
    """Time of the record, UTC."""
    by: str = Field(examples=["bureau:PBOT-MOD"])
    """``resident``, ``other`` for no reporter of the case, ``bureau:CODE``, ``operator:NAME`` or
    ``system``."""
    what: str = Field(examples=["status_changed"])
    """Kind of the entry; that of an event on ``dispatch-cases`` is the event's."""
    text: str
    """Text for readers, with the author's notes; a bureau's notes are hidden from other bureaus."""
    event_id: str | None
    """Id of the event on ``dispatch-cases``; null for an entry without one."""


class CaseDetails(ListedCase):
    """A case with all that belongs to it."""

    linked_case: str | None
    """Id of an earlier, related case; null for none."""
    requests: list[RequestOfCase]
    """Its requests, oldest first."""
    work_orders: list[WorkOrderOfCase]
    """Its work orders in the order of issue."""
    history: list[CaseEntry]
    """Its history, oldest first."""
