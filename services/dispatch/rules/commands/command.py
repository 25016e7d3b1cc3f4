"""What an operator orders, what follows, and how an operator is told that nothing does."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from services.dispatch.rules.case import CaseRequest, CaseStatus
from services.dispatch.rules.changes import Step
from services.dispatch.rules.priority import Level

CommandName: TypeAlias = Literal[
    "lower_priority",
    "raise_priority",
    "split_request",
    "merge_case",
    "transfer",
    "close",
    "reopen",
]
Ending: TypeAlias = Literal["completed", "declined", "referred"]


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
    level: Level | None = None
    request_id: str | None = None
    into_case: str | None = None
    bureau: str | None = None
    status: Ending | None = None


@dataclass(frozen=True, slots=True)
class CommandRefusal:
    """Why a command changes nothing, in a stable word and in a sentence that helps."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Obeyed:
    """What follows from a command.

    Attributes:
        steps: In order; of each case the last one is how it stands.
        moved: Requests that are in another case now.
    """

    steps: Sequence[Step]
    moved: Sequence[CaseRequest] = ()


Verdict: TypeAlias = Obeyed | CommandRefusal

UNKNOWN_CASE = CommandRefusal("unknown_case", "There is no case of this id.")


def missing(field: str, what: str) -> CommandRefusal:
    """Return the refusal of a command that lacks what its kind needs."""
    return CommandRefusal(f"missing_{field}", f"Say in {field} {what}.")


def ended(status: CaseStatus) -> CommandRefusal:
    """Return the refusal of what only an open case can have."""
    return CommandRefusal("case_closed", f"The case is {status}: reopen it first.")
