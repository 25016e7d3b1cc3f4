"""An operator gives a case to another bureau."""

from collections.abc import Collection

from services.dispatch.rules.case import Case
from services.dispatch.rules.changes import Moved, Step
from services.dispatch.rules.commands.command import (
    Command,
    CommandRefusal,
    Obeyed,
    Verdict,
    ended,
    missing,
)
from services.dispatch.rules.progress import Handover, hand_over

TRANSFERRED = "transferred-by-operator"


def transfer(case: Case, command: Command, bureaus: Collection[str], handover: Handover) -> Verdict:
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
    after = hand_over(case, lead, command.bureau, TRANSFERRED, handover)
    return Obeyed([Step(after, Moved(case.status, None, None, None))])
