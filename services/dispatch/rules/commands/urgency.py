"""An operator says how urgent a case is."""

from dataclasses import replace
from typing import Literal

from services.dispatch.rules.case import Case
from services.dispatch.rules.changes import Lowered, Raised, Step
from services.dispatch.rules.commands.command import (
    Command,
    CommandRefusal,
    Obeyed,
    Verdict,
    ended,
    missing,
)
from services.dispatch.rules.deadlines import Terms
from services.dispatch.rules.joining import raised
from services.dispatch.rules.priority import Known, Level


def lower_priority(case: Case, command: Command, terms: Terms) -> Verdict:
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
        operator_knew=Known.of(case.priority, case.operator_knew),
    )
    return Obeyed([Step(lowered, Lowered(case.priority.level, command.reason))])


def raise_priority(case: Case, command: Command, terms: Terms) -> Verdict:
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
    return Obeyed([Step(after, Raised(case.priority.level, request_id=None))])


def _wanted(
    case: Case, command: Command, direction: Literal["lower", "raise"]
) -> Level | CommandRefusal:
    wanted, present = command.level, case.priority.level
    if wanted is None:
        return missing("level", "what the priority shall become")
    if case.is_closed:
        return ended(case.status)
    if wanted == present or (wanted < present) != (direction == "raise"):
        return CommandRefusal(f"cannot_{direction}", f"The case is {present} already.")
    return wanted
