"""What dispatch and a bureau tell each other about a work order, and what operators command."""

from typing import Annotated, ClassVar, Literal

from pydantic import AwareDatetime, Field, StringConstraints

from shared.contract.events.base import Data, Event, ForeignEvent
from shared.contract.events.requests import Location
from shared.contract.events.submissions import AttributeValue, Media
from shared.contract.events.triage import Priority
from shared.vocabulary import (
    CommandName,
    PriorityLevel,
    UpdateRefusalCode,
    UpdateStatus,
    WorkOrderRole,
    WorkOrderStatus,
)

Note = Annotated[str, StringConstraints(max_length=4_000)]


class Due(Data):
    """Until when the bureau shall have seen the work, and done it."""

    acknowledge_by: AwareDatetime
    complete_by: AwareDatetime


class WorkOrder(Data):
    """The part of a case that one bureau works on, whole; never any reporter data.

    Attributes:
        version: Counts what this bureau was told about this work order, from 1 without gaps.
        case_version: The state of the case that this is.
    """

    work_order_id: str
    case_id: str
    version: int
    case_version: int
    bureau: str
    role: WorkOrderRole
    service_code: str
    service_name: str
    status: WorkOrderStatus
    priority: Priority
    summary: str
    location: Location
    attributes: dict[str, AttributeValue] = Field(default_factory=dict)
    media: tuple[Media, ...] = ()
    notes: tuple[str, ...] = ()
    request_count: int
    first_reported_at: AwareDatetime
    last_reported_at: AwareDatetime
    due: Due
    route_rule: str


class WorkOrderIssued(Event):
    """A bureau got work."""

    subject_field: ClassVar[str] = "case_id"

    type: Literal["route311.work_order.issued.v1"] = "route311.work_order.issued.v1"
    source: str = "/dispatch"
    data: WorkOrder


class WorkOrderChanged(Event):
    """A bureau's work, or what is known of its case, changed; the whole new state."""

    subject_field: ClassVar[str] = "case_id"

    type: Literal["route311.work_order.changed.v1"] = "route311.work_order.changed.v1"
    source: str = "/dispatch"
    data: WorkOrder


class WorkOrderWithdrawn(Event):
    """A bureau need not work on it any more."""

    subject_field: ClassVar[str] = "case_id"

    type: Literal["route311.work_order.withdrawn.v1"] = "route311.work_order.withdrawn.v1"
    source: str = "/dispatch"
    data: WorkOrder


class WorkOrderUpdate(Data):
    """What a bureau says about its work order.

    ``declined`` needs ``reason``, ``transferred`` needs ``transfer_to``; dispatch checks both.
    """

    work_order_id: str
    bureau: str
    status: UpdateStatus
    at: AwareDatetime
    public_note: Note | None = None
    internal_note: Note | None = None
    scheduled_for: AwareDatetime | None = None
    reason: Note | None = None
    transfer_to: str | None = None
    external_id: str | None = None
    expected_version: int | None = None


class WorkOrderUpdated(ForeignEvent):
    """A bureau says what became of its work order."""

    subject_field: ClassVar[str] = "work_order_id"
    data_model: ClassVar[type[Data]] = WorkOrderUpdate

    type: Literal["route311.work_order.update.v1"] = "route311.work_order.update.v1"


class UpdateReceipt(Data):
    """Dispatch's answer to an update; ``version`` is the work order's, after it."""

    update_id: str
    update_source: str
    work_order_id: str | None = None
    case_id: str | None = None
    bureau: str
    status: str | None = None
    version: int | None = None
    changed: bool
    code: UpdateRefusalCode | None = None
    message: str | None = None


class UpdateAccepted(Event):
    """A bureau's update holds."""

    subject_field: ClassVar[str] = "work_order_id"

    type: Literal["route311.work_order.update_accepted.v1"] = (
        "route311.work_order.update_accepted.v1"
    )
    source: str = "/dispatch"
    data: UpdateReceipt


class UpdateRefused(Event):
    """A bureau's update changed nothing, for the reason given."""

    subject_field: ClassVar[str] = "work_order_id"

    type: Literal["route311.work_order.update_refused.v1"] = "route311.work_order.update_refused.v1"
    source: str = "/dispatch"
    data: UpdateReceipt


class OperatorCommand(Data):
    """What an operator orders; without ``actor`` and ``reason`` it is refused.

    Attributes:
        level: What the priority shall become.
        request_id: Which request shall have a case of its own.
        into_case: The case that shall have the requests of this one.
        bureau: The code of the bureau that shall lead.
        status: As what the case ends; ``declined`` when left out.
    """

    command: CommandName
    case_id: str
    actor: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4_000)]
    level: PriorityLevel | None = None
    request_id: str | None = None
    into_case: str | None = None
    bureau: str | None = None
    status: Literal["completed", "declined", "referred"] | None = None


class OperatorCommanded(ForeignEvent):
    """An operator gave an order."""

    subject_field: ClassVar[str] = "case_id"
    data_model: ClassVar[type[Data]] = OperatorCommand

    type: Literal["route311.operator.command.v1"] = "route311.operator.command.v1"
