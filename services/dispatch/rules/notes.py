"""Notes that people add to the requests of a case, and the priority that they raise."""

from dataclasses import replace

from services.dispatch.rules.case import Case, CaseNote
from services.dispatch.rules.case_changes import CaseTransition, PriorityRaised
from services.dispatch.rules.case_requests import stays_lowered, with_raised_priority
from services.dispatch.rules.deadlines import DeadlinePolicy
from services.dispatch.rules.priority import CasePriority

MAX_NOTES = 50
"""Notes that a work order shows, the newest; the history of the case has all."""


def add_notes(case: Case, *notes: CaseNote) -> Case:
    """Return the case with more notes; each bureau gets an event, and the version stays."""
    return replace(case, notes=(*case.notes, *notes)[-MAX_NOTES:])


def raise_priority(
    case: Case, request_id: str, priority: CasePriority, deadline_policy: DeadlinePolicy
) -> CaseTransition | None:
    """Return the transition of a case whose request became more urgent, or None.

    What an operator lowered may stay (``stays_lowered``).

    Args:
        case: The case before.
        request_id: The request.
        priority: Its new priority.
        deadline_policy: Counts from the raise.
    """
    if priority.level >= case.priority.level or stays_lowered(case, priority):
        return None
    raised = with_raised_priority(case, priority, deadline_policy)
    return CaseTransition(raised, PriorityRaised(case.priority.level, request_id))
