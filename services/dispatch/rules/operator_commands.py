"""What an operator orders, what follows, and how an operator is told that nothing does."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, TypeAlias

from services.dispatch.rules.case import Case, CaseRequest, WorkOrder
from services.dispatch.rules.case_changes import (
    CaseTransition,
    Closed,
    Lowered,
    Raised,
    Reopened,
    StatusChanged,
)
from services.dispatch.rules.case_requests import raised
from services.dispatch.rules.deadlines import DeadlinePolicy, Due
from services.dispatch.rules.priority import KnownPriority
from services.dispatch.rules.work_order_updates import (
    CASE_STATUS,
    Reassignment,
    closing_time,
    reassign,
)
from shared.vocabulary import CaseStatus, ClosingStatus, CommandName, PriorityLevel


@dataclass(frozen=True, slots=True)
class Command:
    """What an operator orders.

    Attributes:
        at: When it was ordered.
        level: What the priority shall become.
        request_id: Which request shall have a case of its own.
        into_case: The case that shall have the requests of this one.
        bureau: The bureau that shall lead.
        status: As what the case ends.
    """

    command: CommandName
    case_id: str
    actor: str
    reason: str
    at: datetime
    level: PriorityLevel | None = None
    request_id: str | None = None
    into_case: str | None = None
    bureau: str | None = None
    status: ClosingStatus | None = None


@dataclass(frozen=True, slots=True)
class CommandRefusal:
    """Why a command changes nothing, in a stable word and in a sentence that helps."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class CommandResult:
    """What follows from a command.

    Attributes:
        steps: In order; of each case the last one is how it stands.
        moved: Requests that are in another case now.
    """

    steps: Sequence[CaseTransition]
    moved: Sequence[CaseRequest] = ()


CommandOutcome: TypeAlias = CommandResult | CommandRefusal

UNKNOWN_CASE = CommandRefusal("unknown_case", "There is no case of this id.")


def missing(field: str, what: str) -> CommandRefusal:
    """Return the refusal of a command that lacks what its kind needs."""
    return CommandRefusal(f"missing_{field}", f"Say in {field} {what}.")


def ended(status: CaseStatus) -> CommandRefusal:
    """Return the refusal of what only an open case can have."""
    return CommandRefusal("case_closed", f"The case is {status}: reopen it first.")


def lower_priority(case: Case, command: Command, terms: DeadlinePolicy) -> CommandOutcome:
    """Lower a case; it keeps in mind what was known, which must be outdone to raise it again.

    Deadlines become those of the new priority where these are later.

    Args:
        case: As it is.
        command: Says to which level, and why.
        terms: Count from when it was reported.
    """
    level = _wanted(case, command, "lower")
    if isinstance(level, CommandRefusal):
        return level
    due = terms.due(level)
    orders = tuple(
        order if order.is_final else replace(order, due=order.due.loosened(due))
        for order in case.orders
    )
    lowered = replace(
        case,
        version=case.version + 1,
        priority=case.priority.set_to(level, "lowered_by_operator", command.reason),
        orders=orders,
        operator_knew=KnownPriority.of(case.priority, case.operator_knew),
    )
    return CommandResult([CaseTransition(lowered, Lowered(case.priority.level, command.reason))])


def raise_priority(case: Case, command: Command, terms: DeadlinePolicy) -> CommandOutcome:
    """Raise a case and tighten its deadlines.

    Args:
        case: As it is.
        command: Says to which level, and why.
        terms: Count from now.
    """
    level = _wanted(case, command, "raise")
    if isinstance(level, CommandRefusal):
        return level
    priority = case.priority.set_to(level, "raised_by_operator", command.reason)
    after = raised(case, priority, terms.due(level))
    return CommandResult([CaseTransition(after, Raised(case.priority.level, request_id=None))])


def _wanted(
    case: Case, command: Command, direction: Literal["lower", "raise"]
) -> PriorityLevel | CommandRefusal:
    wanted, present = command.level, case.priority.level
    if wanted is None:
        return missing("level", "what the priority shall become")
    if case.is_closed:
        return ended(case.status)
    if wanted == present or (wanted < present) != (direction == "raise"):
        return CommandRefusal(f"cannot_{direction}", f"The case is {present} already.")
    return wanted


TRANSFERRED = "transferred-by-operator"


def transfer(
    case: Case, command: Command, bureaus: Collection[str], handover: Reassignment
) -> CommandOutcome:
    """Let another bureau lead.

    Args:
        case: As it is.
        command: Says which bureau, and why.
        bureaus: Codes of the bureaus to which work can go.
        handover: What the new lead begins with.
    """
    if command.bureau is None:
        return missing("bureau", "which bureau shall lead")
    if command.bureau not in bureaus:
        return CommandRefusal("unknown_bureau", "No bureau of this city has the code in bureau.")
    if case.is_closed:
        return ended(case.status)
    lead = case.lead
    if command.bureau == lead.bureau:
        return CommandRefusal("same_bureau", "This bureau leads the case already.")
    after = reassign(case, lead, command.bureau, TRANSFERRED, handover)
    return CommandResult([CaseTransition(after, StatusChanged(case.status, None, None, None))])


REOPENED = "reopened-by-operator"


def close(case: Case, command: Command, now: datetime) -> CommandOutcome:
    """End a case; whoever still has work on it need not go on."""
    if case.is_closed:
        return ended(case.status)
    at = closing_time(command.at, case.first_reported_at, now)
    closed = replace(
        withdrawn(case),
        version=case.version + 1,
        status=command.status or "declined",
        closed_at=at,
    )
    return CommandResult(
        [CaseTransition(closed, Closed(case.status, None, None, command.reason, at))]
    )


def withdrawn(case: Case) -> Case:
    """Return the case with nobody at work."""
    orders = tuple(
        order if order.is_final else replace(order, status="withdrawn") for order in case.orders
    )
    return replace(case, orders=orders)


def reopen(case: Case, due: Due, new_id: Callable[[], str]) -> CommandOutcome:
    """Take a closed case up again: its lead gets a new work order.

    So does each bureau whose own was withdrawn; what another has done or still does stays. A lead
    that works on something else of the case goes on with that as the lead.

    Args:
        case: As it is.
        due: For all new work orders.
        new_id: Makes the id of a work order.
    """
    if case.merged_into is not None:
        return CommandRefusal(
            "case_merged", f"Its requests are in the case {case.merged_into}: reopen that one."
        )
    if not case.is_closed:
        return CommandRefusal("case_open", f"The case is {case.status}, not closed.")
    taken_up = _with_lead(case, due, new_id)
    status = CASE_STATUS[taken_up.lead.status]
    opened = replace(taken_up, version=case.version + 1, status=status, closed_at=None)
    for order in _withdrawn_last(opened):
        opened = opened.with_order(_anew(opened, order, due, new_id))
    return CommandResult([CaseTransition(opened, Reopened(case.status))])


def _with_lead(case: Case, due: Due, new_id: Callable[[], str]) -> Case:
    """Return the case with its lead at work: with what it works on already, or with a new order."""
    latest = case.latest_of(case.lead_bureau)
    if latest is not None and not latest.is_final:
        return case.with_order(replace(latest, role="lead"))
    return case.with_order(_anew(case, case.lead, due, new_id))


def _withdrawn_last(case: Case) -> list[WorkOrder]:
    latest = {order.bureau: order for order in case.orders}
    return [order for order in latest.values() if order.status == "withdrawn"]


def _anew(case: Case, order: WorkOrder, due: Due, new_id: Callable[[], str]) -> WorkOrder:
    return WorkOrder(
        work_order_id=new_id(),
        number=len(case.orders) + 1,
        bureau=order.bureau,
        role=order.role,
        due=due,
        route_rule=REOPENED,
    )
