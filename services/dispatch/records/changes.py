"""State that a batch reads and the rows that it writes."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from services.dispatch.rules.case import Case, CaseRequest, CaseWorkOrder
from services.dispatch.rules.case_changes import CaseChange
from services.dispatch.rules.operator_commands import CaseCommand
from services.dispatch.rules.work_order_updates import BureauUpdate, UpdateRefusal
from shared import vocabulary
from shared.contract.events import Event

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
