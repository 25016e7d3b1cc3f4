"""Bodies of the HTTP responses: cases, surges, approvals, kinds and bureaus."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import AwareDatetime, Field

from shared import vocabulary
from shared.contract.events import (
    CaseState,
    Data,
    Due,
    Duplicate,
    Location,
    Media,
    Priority,
)


class CaseName(Data):
    """A case as people know it: its kind, level and words."""

    case_id: str
    """Id of the case."""
    level: vocabulary.PriorityLevel
    """Its priority."""
    service_name: str
    """English name of the kind."""
    summary: str
    """Description by the most urgent request, or the kind's name."""
    language: str | None
    """Primary subtag of the language of the summary; null where it is unknown."""
    address: str | None
    """Address or district of the problem; null for none."""


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
    command: vocabulary.CommandName | Literal["close_surge"]
    """Name of the command."""
    case_ids: list[str]
    """Ids of its cases; empty for a surge."""
    cases: tuple[CaseName, ...] = ()
    """The first ten of its cases as they are now."""
    surge_id: str | None = None
    """Id of the surge whose cases it closes, with ``close_surge``."""
    requested_at: AwareDatetime
    """Moment of the command, UTC."""
    decided_by: str | None
    """Name of the second person; null while it waits."""
    decided_at: AwareDatetime | None
    """Moment of the decision, UTC; null while it waits."""


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
    open_p1_count: int
    """Those of level P1."""
    closing_count: int
    """Cases that an operator ordered to close and that are not closed yet."""


class ListedCase(CaseState):
    """A case in a list."""

    service_name: str
    """English name of the kind."""
    summary: str
    """Description by the most urgent request, or the kind's name."""
    language: str | None = None
    """Primary subtag of the language of the summary; null where it is unknown."""
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
    duplicate: Duplicate | None = None
    """The earlier case that triage matched it with, and the reasons; null for none."""


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
