"""Four eyes: commands that take effect only once a second person approves them."""

from collections.abc import Collection
from dataclasses import dataclass

from services.dispatch.rules.case import Case
from services.dispatch.rules.operator_commands import CaseCommand
from shared.vocabulary import FourEyesRule

# Closings in one call that need no approval.
MAX_CLOSINGS = 20


@dataclass(frozen=True, slots=True)
class Oversight:
    """Context of commands: their number in one call, and the approval that they have or share."""

    at_once: int = 1
    approval_id: str | None = None  # of those of one call that wait together
    approved_by: str | None = None  # name of the second person


ALONE = Oversight()


def is_too_many(closings: int, rules: Collection[FourEyesRule]) -> bool:
    """Return True where the city wants a second person for so many closings at once."""
    return closings > MAX_CLOSINGS and "close_many" in rules


def rule_of(
    command: CaseCommand, case: Case, rules: Collection[FourEyesRule], oversight: Oversight
) -> FourEyesRule | None:
    """Return the rule of the city by which a command waits for an approval; None for none."""
    if oversight.approved_by is not None:
        return None
    if command.command == "lower_priority" and case.priority.level == "P1":
        rule: FourEyesRule = "lower_p1"
    elif command.command == "close" and oversight.at_once > MAX_CLOSINGS:
        rule = "close_many"
    elif command.command == "erase_contact":
        rule = "erasure"
    else:
        return None
    return rule if rule in rules else None
