"""Operators' commands about one case: priority, lead bureau, closing and reopening."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from services.dispatch.rules.case import Case, CaseRequest, CaseWorkOrder, KnownPriority
from services.dispatch.rules.case_changes import (
    CaseTransition,
    Closed,
    PriorityLowered,
    PriorityRaised,
    Reopened,
    StatusChanged,
)
from services.dispatch.rules.case_requests import with_raised_priority
from services.dispatch.rules.deadlines import DeadlinePolicy, Deadlines
from services.dispatch.rules.work_order_updates import (
    CASE_STATUS,
    Reassignment,
    reassign,
    time_of_change,
)
from shared.vocabulary import CaseStatus, ClosingStatus, CommandName, PriorityLevel

TRANSFERRED_BY_OPERATOR = "transferred-by-operator"


@dataclass(frozen=True, slots=True)
class CaseCommand:
    """A validated command of an operator."""

    command: CommandName
    case_id: str
    actor: str
    reason: str
    at: datetime  # UTC, by the operator's clock
    level: PriorityLevel | None = None
    request_id: str | None = None
    into_case: str | None = None
    bureau: str | None = None
    status: ClosingStatus | None = None  # status of the closed case; `declined` when None
    note: str | None = None
    expected_version: int | None = None  # version of the case that the operator saw
    assignee: str | None = None
    text: str | None = None
    service_code: str | None = None
    location: object | None = None  # `SubmittedLocation` of the wire contract
    until: datetime | None = None
    key: str | None = None  # name of the key by which it came, unless it is the console's
    approved_by: str | None = None  # name of the second person, where it needed one


@dataclass(frozen=True, slots=True)
class CommandRefusal:
    """Refusal of a command: a stable code, and a sentence for the operator."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class CommandResult:
    """Effects of a command; the last transition of each case has its final state."""

    transitions: Sequence[CaseTransition]
    changed_requests: Sequence[CaseRequest] = ()


CommandOutcome: TypeAlias = CommandResult | CommandRefusal

UNKNOWN_CASE = CommandRefusal("unknown_case", "There is no case of this id.")


def missing(field: str, description: str, code: str | None = None) -> CommandRefusal:
    """Return the refusal of a command without a field; its code is ``missing_FIELD`` by default."""
    return CommandRefusal(code or f"missing_{field}", f"Set {field}: {description}.")


def version_conflict(case: Case, command: CaseCommand) -> CommandRefusal | None:
    """Return the refusal of a command that is based on another version of its case."""
    if command.expected_version in (None, case.version):
        return None
    return CommandRefusal(
        "version_conflict", f"The case is at version {case.version} now: look at it again."
    )


def already_closed(status: CaseStatus) -> CommandRefusal:
    """Return the refusal of a command that only an open case can take."""
    return CommandRefusal("case_closed", f"The case is {status}: reopen it first.")


def lower_priority(
    case: Case, command: CaseCommand, deadline_policy: DeadlinePolicy
) -> CommandOutcome:
    """Lower the priority, and loosen the deadlines, counted from the first report.

    Only a request that exceeds the level and reasons known so far raises the priority again.
    """
    level = _new_level(case, command, "lower")
    if isinstance(level, CommandRefusal):
        return level
    due = deadline_policy.due(level)
    lowered = replace(
        case.map_unfinished(lambda order: replace(order, due=order.due.loosened(due))),
        version=case.version + 1,
        priority=case.priority.set_to(level, "lowered_by_operator", command.reason),
        lowered_from=KnownPriority.of(case.priority, case.lowered_from),
    )
    change = PriorityLowered(case.priority.level, command.reason)
    return CommandResult([CaseTransition(lowered, change)])


def raise_priority(
    case: Case, command: CaseCommand, deadline_policy: DeadlinePolicy
) -> CommandOutcome:
    """Raise the priority and tighten the deadlines, counted from now."""
    level = _new_level(case, command, "raise")
    if isinstance(level, CommandRefusal):
        return level
    priority = case.priority.set_to(level, "raised_by_operator", command.reason)
    raised = with_raised_priority(case, priority, deadline_policy)
    change = PriorityRaised(case.priority.level, request_id=None)
    return CommandResult([CaseTransition(raised, change)])


def _new_level(
    case: Case, command: CaseCommand, direction: Literal["lower", "raise"]
) -> PriorityLevel | CommandRefusal:
    level, present = command.level, case.priority.level
    if level is None:
        return missing("level", "the new priority level")
    if case.is_closed:
        return already_closed(case.status)
    if level == present:
        return CommandRefusal(f"cannot_{direction}", f"The case is {present} already.")
    wanted = "raise" if level < present else "lower"
    if wanted != direction:
        advice = f"The case is {present}: use {wanted}_priority for {level}."
        return CommandRefusal(f"cannot_{direction}", advice)
    return level


def transfer_lead(
    case: Case, command: CaseCommand, bureaus: Collection[str], new_order: Reassignment
) -> CommandOutcome:
    """Give the lead of the case to another bureau."""
    if command.bureau is None:
        return missing("bureau", "the new lead bureau")
    if command.bureau not in bureaus:
        return CommandRefusal("unknown_bureau", "No bureau of this city has the code in bureau.")
    if case.is_closed:
        return already_closed(case.status)
    lead = case.lead
    if command.bureau == lead.bureau:
        return CommandRefusal("same_bureau", "This bureau leads the case already.")
    ended = replace(lead, status="transferred")
    after = reassign(case, ended, command.bureau, TRANSFERRED_BY_OPERATOR, new_order)
    change = StatusChanged(case.status, None, None, None, previous_lead=case.lead_bureau)
    return CommandResult([CaseTransition(after, change)])


def close(case: Case, command: CaseCommand, now: datetime) -> CommandOutcome:
    """Close the case, by default as ``declined``, and withdraw its unfinished work orders."""
    if case.is_closed:
        return already_closed(case.status)
    at = time_of_change(command.at, case.first_reported_at, now)
    status = command.status or "declined"
    closed = replace(
        withdraw(case), version=case.version + 1, status=status, closed_at=at, asked_from=None
    )
    change = Closed(case.status, None, command.note, command.reason, at)
    return CommandResult([CaseTransition(closed, change)])


def withdraw(case: Case) -> Case:
    """Return the case with its work orders that are not final withdrawn."""
    return case.map_unfinished(lambda order: replace(order, status="withdrawn"))


def reopen(
    case: Case, command: CaseCommand, due: Deadlines, new_id: Callable[[], str]
) -> CommandOutcome:
    """Reopen a closed case; see ``reopen_case``."""
    if case.merged_into is not None:
        return CommandRefusal(
            "case_merged", f"Its requests are in the case {case.merged_into}: reopen that one."
        )
    if not case.is_closed:
        return CommandRefusal("case_open", f"The case is {case.status}, not closed.")
    rule, reason = REOPENED_BY_OPERATOR, command.reason
    return CommandResult([reopen_case(case, due, new_id, route_rule=rule, reason=reason)])


REOPENED_BY_OPERATOR = "reopened-by-operator"
REOPENED_BY_RESIDENT = "reopened-by-resident"
SAYS_NOT_FIXED = "resident_says_not_fixed"
# Time after the closing in which a resident's answer reopens a case.
NOT_FIXED_WITHIN = timedelta(days=30)


def is_reopened_by_resident(case: Case, at: datetime) -> bool:
    """Return True when a resident's "not fixed" reopens a case.

    That is within 30 days of its completion. The case is open afterwards, so the first resident
    after each closing reopens it.
    """
    if case.status != "completed" or case.merged_into or case.closed_at is None:
        return False
    return case.closed_at <= at <= case.closed_at + NOT_FIXED_WITHIN


def reopen_case(
    case: Case, due: Deadlines, new_id: Callable[[], str], *, route_rule: str, reason: str
) -> CaseTransition:
    """Reopen a closed case with a new work order for its lead and for each withdrawn one.

    Other work orders stay as they are. A lead bureau with an unfinished work order of the case
    leads with that one.
    """

    def reissued(of: Case, order: CaseWorkOrder) -> Case:
        return of.with_order(
            CaseWorkOrder(
                work_order_id=new_id(),
                number=len(of.orders) + 1,
                bureau=order.bureau,
                role=order.role,
                due=due,
                route_rule=route_rule,
            )
        )

    latest = case.latest_of(case.lead_bureau)
    if latest is not None and not latest.is_final:
        opened = case.with_order(replace(latest, role="lead"))
    else:
        opened = reissued(case, case.lead)
    status = CASE_STATUS[opened.lead.status]
    opened = replace(
        opened,
        version=case.version + 1,
        status=status,
        closed_at=None,
        acknowledged_at=None if status == "open" else case.acknowledged_at,
        held_until=None,
    )
    for order in _latest_withdrawn(opened):
        opened = reissued(opened, order)
    return CaseTransition(opened, Reopened(case.status, reason))


def _latest_withdrawn(case: Case) -> list[CaseWorkOrder]:
    latest = {order.bureau: order for order in case.orders}
    return [order for order in latest.values() if order.status == "withdrawn"]
