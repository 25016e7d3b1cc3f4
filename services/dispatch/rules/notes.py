"""Notes that people add to the requests of a case, and the priority that they raise."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

from services.dispatch.rules.case import Case, CaseNote
from services.dispatch.rules.case_changes import CaseTransition, PriorityRaised
from services.dispatch.rules.case_requests import stays_lowered, with_raised_priority
from services.dispatch.rules.deadlines import DeadlinePolicy
from services.dispatch.rules.priority import CasePriority

MAX_NOTES = 50
"""Notes that a work order shows; the history of the case has all."""


def add_notes(case: Case, notes: Sequence[CaseNote] = (), others: Sequence[CaseNote] = ()) -> Case:
    """Return the case with more notes; each bureau gets an event, and the version stays.

    Beyond ``MAX_NOTES`` the oldest notes of others are left out first, then the oldest of the
    request with the most notes, and those of bureaus last.
    """
    kept = [*case.notes, *notes]
    while len(kept) > MAX_NOTES:
        kept.remove(_least_missed(kept))
    room = MAX_NOTES - len(kept)
    of_others = (*case.others_notes, *others)
    return replace(case, notes=tuple(kept), others_notes=of_others[max(0, len(of_others) - room) :])


def with_notes_of(case: Case, source: Case, is_kept: Callable[[CaseNote], bool]) -> Case:
    """Return the case with the notes of another case that are kept, and no others."""
    return replace(
        case,
        notes=tuple(filter(is_kept, source.notes)),
        others_notes=tuple(filter(is_kept, source.others_notes)),
    )


def _least_missed(notes: Sequence[CaseNote]) -> CaseNote:
    """Return the oldest note of the request that has most; of bureaus' alone the oldest one."""
    counts = Counter(note.request_id for note in notes if note.request_id)
    busiest = max(counts, key=counts.__getitem__, default=None)
    return next(note for note in notes if note.request_id == busiest)


def raise_priority(
    case: Case, request_id: str, priority: CasePriority, deadline_policy: DeadlinePolicy
) -> CaseTransition | None:
    """Return the transition of a case whose request became more urgent, or None.

    What an operator lowered may stay (``stays_lowered``).

    Args:
        deadline_policy: Counts from the raise.
    """
    if priority.level >= case.priority.level or stays_lowered(case, priority):
        return None
    raised = with_raised_priority(case, priority, deadline_policy)
    return CaseTransition(raised, PriorityRaised(case.priority.level, request_id))
