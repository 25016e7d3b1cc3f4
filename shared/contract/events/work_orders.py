"""Work orders, bureaus' updates with their receipts, and operators' commands."""

import re
from typing import Annotated, ClassVar, Literal

from pydantic import AwareDatetime, BeforeValidator, Field, StringConstraints

from shared.contract.events.base import Data, Event, ForeignEvent, PlausibleMoment
from shared.contract.events.requests import LikelyKind, Location
from shared.contract.events.submissions import MAX_MEDIA, AttributeValue, Media, SubmittedLocation
from shared.contract.events.triage import Priority
from shared.vocabulary import (
    CommandName,
    PriorityLevel,
    Reminder,
    UpdateRefusalCode,
    UpdateStatus,
    WorkOrderRole,
    WorkOrderStatus,
)

Note = Annotated[str, StringConstraints(max_length=4_000)]


class Due(Data):
    """Deadlines of a work order."""

    acknowledge_by: AwareDatetime
    """Deadline for the bureau to acknowledge the work order, UTC."""
    complete_by: AwareDatetime
    """Deadline for the bureau to complete the work, UTC."""


class WorkOrder(Data):
    """One bureau's part of a case: the whole state, without any reporter data."""

    work_order_id: str
    """Id of the work order, a UUIDv7."""
    case_id: str
    """Id of the case, a UUIDv7."""
    version: int
    """Version of the work order; counts its events to the bureau, from 1 without gaps."""
    case_version: int
    """Version of the case whose state this is."""
    bureau: str
    """Code of the bureau that gets the work order."""
    role: WorkOrderRole
    """``lead`` does the work, ``informed`` needs to know of it."""
    service_code: str
    """Code of the kind."""
    service_name: str
    """English name of the kind."""
    kinds: tuple[LikelyKind, ...] = Field(default=(), max_length=5)
    """Likely kinds of an unsure request, the likeliest first; empty otherwise."""
    unsure: bool = False
    """True while nobody has corrected a kind that nothing made likely enough."""
    status: WorkOrderStatus
    """Status of this bureau's work order."""
    priority: Priority
    """Priority of the case."""
    summary: str
    """Description by the case's most urgent request, or the kind's name."""
    location: Location
    """Location of the problem."""
    attributes: dict[str, AttributeValue] = Field(default_factory=dict)
    """Answers to the kind's questions by question code."""
    media: tuple[Media, ...] = ()
    """Pictures and other files by address."""
    notes: tuple[str, ...] = ()
    """Notes for the crew: the catalogue's in English, then the newest 50 of residents."""
    request_count: int
    """Number of requests in the case."""
    first_reported_at: AwareDatetime
    """Moment of the case's first request, UTC."""
    last_reported_at: AwareDatetime
    """Moment of the case's latest request, UTC."""
    due: Due
    """Deadlines of this bureau."""
    route_rule: str
    """Name of the routing rule that chose the bureau."""


class _WorkOrderEvent(Event):
    subject_field: ClassVar[str] = "case_id"
    source: str = "/dispatch"


class WorkOrderIssued(_WorkOrderEvent):
    """Dispatch gave a bureau a work order."""

    type: Literal["route311.work_order.issued.v1"] = "route311.work_order.issued.v1"
    data: WorkOrder


class WorkOrderChanged(_WorkOrderEvent):
    """A work order or its case changed; carries the whole new state."""

    type: Literal["route311.work_order.changed.v1"] = "route311.work_order.changed.v1"
    data: WorkOrder


class WorkOrderWithdrawn(_WorkOrderEvent):
    """Dispatch withdrew a work order; the bureau stops its work."""

    type: Literal["route311.work_order.withdrawn.v1"] = "route311.work_order.withdrawn.v1"
    data: WorkOrder


class WorkOrderReminder(WorkOrder):
    """A deadline of a work order that approaches or has passed, with the present state.

    A reminder has the version that the bureau knows; it does not count.
    """

    reminder: Reminder
    """The deadline, and whether it approaches (``…_soon``) or has passed (``…_overdue``)."""
    due_at: AwareDatetime
    """The deadline, UTC."""


class WorkOrderReminded(_WorkOrderEvent):
    """A deadline of a work order approaches or has passed; each reminder comes once."""

    type: Literal["route311.work_order.reminder.v1"] = "route311.work_order.reminder.v1"
    data: WorkOrderReminder


def _noon_of_day(given: object) -> object:
    is_day = isinstance(given, str) and _DAY.fullmatch(given)
    return f"{given}T12:00:00Z" if is_day else given


_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
PlannedMoment = Annotated[PlausibleMoment, BeforeValidator(_noon_of_day)]


class WorkOrderUpdate(Data):
    """A bureau's update of its work order.

    ``declined`` needs ``reason`` and ``transferred`` needs ``transfer_to``; dispatch checks both.
    """

    work_order_id: str
    """Id of the work order, as in ``work_order.issued``."""
    bureau: str
    """Code of the sending bureau; must match the topic."""
    status: UpdateStatus
    """New status of the work order."""
    at: PlausibleMoment
    """Moment of the change, RFC 3339 with offset, by the bureau's clock; from 2000 to 2099."""
    public_note: Note | None = None
    """Note for residents, at most 4,000 characters."""
    internal_note: Note | None = None
    """Note for the city's staff, at most 4,000 characters; never shown to residents."""
    scheduled_for: PlannedMoment | None = Field(default=None, examples=["2026-11-25T17:00:00Z"])
    """Moment for which the work is scheduled, RFC 3339 with offset, or a day, ``2026-11-25``.

    A day is its noon in UTC, which is the same day everywhere but at UTC+12 and east of it. From
    2000 to 2099.
    """
    reason: Note | None = Field(default=None, examples=["No debris found"])
    """Reason; required for ``declined``, at most 4,000 characters."""
    transfer_to: str | None = Field(default=None, examples=["BPS-GARBAGE"])
    """Code of the bureau to transfer to; required for ``transferred``."""
    external_id: str | None = None
    """Id of the work in the bureau's own system."""
    media: tuple[Media, ...] = Field(default=(), max_length=MAX_MEDIA)
    """Pictures of the work, at most 20; the public sees those of ``POST /v1/media`` alone."""
    expected_version: int | None = None
    """Version of the work order that the update is based on; null skips the check."""


class WorkOrderUpdated(ForeignEvent):
    """A bureau updates its work order."""

    subject_field: ClassVar[str] = "work_order_id"
    data_model = WorkOrderUpdate

    type: Literal["route311.work_order.update.v1"] = "route311.work_order.update.v1"


class UpdateReceipt(Data):
    """Receipt for a bureau's update."""

    update_id: str
    """The update's CloudEvents ``id``."""
    update_source: str
    """The update's CloudEvents ``source``."""
    work_order_id: str | None = None
    """Id of the work order, as far as it could be read."""
    case_id: str | None = None
    """Id of the case; null when the work order is unknown."""
    bureau: str
    """Code of the bureau whose topic carried the update."""
    status: str | None = None
    """Status that the update asked for, as far as it could be read."""
    version: int | None = None
    """Version of the work order after the update; null when it is unknown."""
    changed: bool
    """True when the update changed the work order; false for a repeat or a refusal."""
    code: UpdateRefusalCode | None = None
    """Why the update was refused; null when it was accepted."""
    message: str | None = None
    """How to correct the update, in one sentence; null when it was accepted."""


class UpdateAccepted(Event):
    """Dispatch accepted a bureau's update."""

    subject_field: ClassVar[str] = "work_order_id"

    type: Literal["route311.work_order.update_accepted.v1"] = (
        "route311.work_order.update_accepted.v1"
    )
    source: str = "/dispatch"
    data: UpdateReceipt


class UpdateRefused(Event):
    """Dispatch refused a bureau's update; it changed nothing."""

    subject_field: ClassVar[str] = "work_order_id"

    type: Literal["route311.work_order.update_refused.v1"] = "route311.work_order.update_refused.v1"
    source: str = "/dispatch"
    data: UpdateReceipt


class OperatorCommand(Data):
    """An operator's command about a case; without actor and reason it is refused."""

    command: CommandName
    """Name of the command."""
    case_id: str
    """Id of the case that the command is about."""
    actor: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
    """Operator's name for the audit, 1 to 200 characters."""
    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4_000)]
    """Reason for the command, 1 to 4,000 characters."""
    level: PriorityLevel | None = None
    """New level; required by lower_priority and raise_priority."""
    request_id: str | None = Field(default=None, examples=["0197a1b2-c3d4-7000-8000-000000000009"])
    """Id of a request of the case: the one to move to a case of its own, or whose contact is to be
    erased; required by split_request and erase_contact."""
    into_case: str | None = Field(default=None, examples=["0197a1b2-c3d4-7000-8000-000000000009"])
    """Id of the case that takes over the requests; required by merge_case."""
    bureau: str | None = Field(default=None, examples=["BPS-GARBAGE"])
    """Code of the new lead bureau; required by transfer."""
    status: Literal["completed", "declined", "referred"] | None = Field(
        default=None, examples=["declined"]
    )
    """Final status for close; ``declined`` when left out."""
    note: (
        Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4_000)]
        | None
    ) = Field(default=None, examples=["The storm debris is cleared."])
    """Note to residents for close, 1 to 4,000 characters."""
    expected_version: int | None = None
    """Version of the case that the command is based on; null skips the check."""
    assignee: (
        Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
        | None
    ) = Field(default=None, examples=["Kim"])
    """Name of the member of staff for assign, 1 to 200 characters; null for nobody."""
    text: (
        Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4_000)]
        | None
    ) = Field(default=None, examples=["Which side of the street is it on?"])
    """Words of note, answer and ask, 1 to 4,000 characters; required by them."""
    service_code: str | None = Field(default=None, examples=["ROW-POTHOLE"])
    """Code of the new kind; required by change_kind."""
    location: SubmittedLocation | None = None
    """New location, a point or an address; required by change_place."""
    until: PlausibleMoment | None = Field(default=None, examples=["2026-11-25T17:00:00Z"])
    """Moment until which hold keeps the case out of the queue; required by it, a past one ends
    the hold."""


class OperatorCommanded(ForeignEvent):
    """An operator gave a command about a case."""

    subject_field: ClassVar[str] = "case_id"
    data_model = OperatorCommand

    type: Literal["route311.operator.command.v1"] = "route311.operator.command.v1"
