"""Records that dispatch loads and writes for a batch."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from services.dispatch.rules.case import Case, CaseRequest, CaseWorkOrder
from services.dispatch.rules.case_changes import CaseChange
from services.dispatch.rules.operator_commands import CaseCommand
from services.dispatch.rules.work_order_updates import BureauUpdate, UpdateRefusal
from shared.contract.events import Event


class MessageKey(NamedTuple):
    """Idempotency key of a bureau's update or an operator's command.

    Attributes:
        id: CloudEvents id, unique within the source.
        bureau: The bureau whose topic or key it came by; empty for a command.
    """

    source: str
    id: str
    bureau: str = ""


@dataclass(frozen=True, slots=True)
class UpdateResult:
    """Result of an update.

    Attributes:
        refusal: Why it is refused; None when it is accepted.
        case: The case after it; None unless the work order is the sender's own.
        version: Version of the work order after the batch; None likewise.
        changed: True when the work order changed.
        case_change: Change of the case itself; None when the case did not change.
    """

    refusal: UpdateRefusal | None = None
    case: Case | None = None
    version: int | None = None
    changed: bool = False
    case_change: CaseChange | None = None


@dataclass(frozen=True, slots=True)
class ProcessedMessage:
    """An update or command and its result.

    Attributes:
        parsed: The update or command; None where it was malformed.
        refused_as: Code of the refusal; None when it was accepted.
        changed: True for an update that changed its work order.
    """

    key: MessageKey
    parsed: BureauUpdate | CaseCommand | None
    refused_as: str | None
    changed: bool = False


@dataclass(frozen=True, slots=True)
class CaseHistoryEntry:
    """An entry of a case's history.

    Attributes:
        at: When dispatch recorded it.
        by: ``resident``, ``other`` for no reporter of the case, ``bureau:CODE``, ``operator:NAME``
            or ``system``.
        note: Words of the bureau or operator named in ``by``, besides the text.
        case_event: Id of its event on ``dispatch-cases``; None for an entry without one.
        event_id: The event that led to it, where the entry is what tells a repeat.
        request_id: The request of the case that it is about.
    """

    case_id: str
    at: datetime
    by: str
    what: str
    text: str
    note: str | None = None
    case_event: str | None = None
    event_id: str | None = None
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class StoredSurge:
    """A surge that triage announced.

    Attributes:
        dedup_group: Group of the kinds that surge.
        district: District of the reports, or ``unknown``.
        started_at: Its beginning, UTC, inclusive.
        ended_at: Its end, exclusive; None while it goes on.
        report_count: Independent reports, as last announced.
        expected: Usual number of reports in the same time.
    """

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
    """Stored state that a batch depends on.

    Attributes:
        cases: Every case that the messages are about.
        case_ids: The cases of those requests of the messages that belong to one already.
        update_keys: Those updates of the messages that were processed before.
        command_keys: Those commands of the messages that were processed before.
        case_requests: All requests of the cases that commands split or merge, or that get a place.
        history_ids: Those events of the messages that are in the history of a case already.
    """

    cases: Iterable[Case]
    case_ids: Mapping[str, str] = field(default_factory=dict)
    update_keys: Iterable[MessageKey] = ()
    command_keys: Iterable[MessageKey] = ()
    case_requests: Iterable[CaseRequest] = ()
    history_ids: Iterable[str] = ()


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """Rows to write for a batch.

    Attributes:
        changed_cases: Stored cases with a new version or new notes.
        new_orders: New work orders, each with the id of its case.
        changed_orders: Stored work orders that changed.
        joined_requests: Requests that joined their first case.
        restated_cases: Those of the changed cases whose problem another request describes now, or
            whose location became known.
        changed_requests: Stored requests that are in another case or have a location now.
        history: New entries of the history.
    """

    opened_cases: Sequence[Case] = ()
    changed_cases: Sequence[Case] = ()
    new_orders: Sequence[tuple[str, CaseWorkOrder]] = ()
    changed_orders: Sequence[CaseWorkOrder] = ()
    joined_requests: Sequence[CaseRequest] = ()
    updates: Sequence[ProcessedMessage] = ()
    restated_cases: Sequence[Case] = ()
    changed_requests: Sequence[CaseRequest] = ()
    commands: Sequence[ProcessedMessage] = ()
    history: Sequence[CaseHistoryEntry] = ()


@dataclass(frozen=True, slots=True)
class WorkOrderNotice:
    """Work orders of a case whose bureaus need an event, and the event that led to it, if any."""

    case: Case
    orders: Sequence[CaseWorkOrder]
    cause: Event | None
