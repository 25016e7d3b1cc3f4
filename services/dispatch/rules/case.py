"""A case: one problem, and the bureaus that work on it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from services.dispatch.rules.deadlines import Due
from services.dispatch.rules.priority import KnownPriority, Priority
from shared.vocabulary import (
    CLOSED_STATUSES,
    FINAL_STATUSES,
    CaseStatus,
    WorkOrderRole,
    WorkOrderStatus,
)


@dataclass(frozen=True, slots=True)
class Problem:
    """What a report says; that of a case is what the report says that opened it.

    Attributes:
        notes: What the kind's entry in the catalogue adds for the bureaus.
        location: Place, as the wire has it.
        media: Pictures and the like, as the wire has them.
    """

    service_name: str
    summary: str
    notes: tuple[str, ...]
    location: Mapping[str, object]
    attributes: Mapping[str, Any]
    media: Sequence[Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class CaseRequest:
    """A request of a case, with all that a case of its own would begin with.

    Attributes:
        conditions: Those that it meets under which its kind informs a bureau.
        moves: How often operators have moved it to another case.
    """

    request_id: str
    case_id: str
    tracking_number: str
    service_code: str
    priority: Priority
    reported_at: datetime
    problem: Problem
    conditions: frozenset[str] = frozenset()
    moves: int = 0


@dataclass(frozen=True, slots=True)
class WorkOrder:
    """The part of a case that one bureau works on.

    Attributes:
        number: Counts the work orders of the case from 1, in the order of issue.
        version: How often its bureau was told about it.
    """

    work_order_id: str
    number: int
    bureau: str
    role: WorkOrderRole
    due: Due
    route_rule: str
    status: WorkOrderStatus = "issued"
    version: int = 0
    scheduled_for: datetime | None = None
    external_id: str | None = None

    @property
    def is_final(self) -> bool:
        """Whether its bureau is done with it."""
        return self.status in FINAL_STATUSES


@dataclass(frozen=True, slots=True)
class Case:
    """One problem as it is after ``version`` changes.

    Attributes:
        opened_by: The request that opened it.
        linked_case: An earlier case of what may be the same problem.
        lead_bureau: Whoever leads it, or led it last.
        orders: Its work orders by their number.
        merged_into: The case that has its requests now.
        operator_knew: Set while the priority is one to which an operator lowered it.
    """

    case_id: str
    version: int
    jurisdiction: str
    dedup_group: str
    service_code: str
    status: CaseStatus
    priority: Priority
    request_count: int
    first_reported_at: datetime
    last_reported_at: datetime
    opened_by: str
    linked_case: str | None
    problem: Problem
    lead_bureau: str
    orders: tuple[WorkOrder, ...]
    closed_at: datetime | None = None
    merged_into: str | None = None
    operator_knew: KnownPriority | None = None

    @property
    def is_closed(self) -> bool:
        """Whether the work on it ended."""
        return self.status in CLOSED_STATUSES

    @property
    def lead(self) -> WorkOrder:
        """The work order whose status the case follows; of a case without one the last it had."""
        leads = (order for order in reversed(self.orders) if order.role == "lead")
        return next(order for order in leads if order.bureau == self.lead_bureau)

    @property
    def bureaus(self) -> frozenset[str]:
        """Every bureau that got work on it."""
        return frozenset(order.bureau for order in self.orders)

    def latest_of(self, bureau: str) -> WorkOrder | None:
        """Return the bureau's newest work order, which is the one it is told about."""
        return next((o for o in reversed(self.orders) if o.bureau == bureau), None)

    def with_order(self, order: WorkOrder) -> "Case":
        """Return the case with this work order in the place of its older self, or added."""
        if order.number > len(self.orders):
            return replace(self, orders=(*self.orders, order))
        others = (order if o.number == order.number else o for o in self.orders)
        return replace(self, orders=tuple(others))
