"""Residents' answers to the question whether completed work solved their problem."""

from datetime import datetime

from services.dispatch.handlers.notes import case_of_request
from services.dispatch.policy import DispatchPolicy
from services.dispatch.records import CaseHistoryEntry
from services.dispatch.rules.case import CaseNote
from services.dispatch.rules.case_changes import CaseTransition
from services.dispatch.rules.history import RESIDENT
from services.dispatch.rules.notes import add_notes
from services.dispatch.rules.operator_commands import (
    REOPENED_BY_RESIDENT,
    SAYS_NOT_FIXED,
    is_reopened_by_resident,
    reopen_case,
)
from services.dispatch.unit_of_work import UnitOfWork
from shared.contract.events import FeedbackGiven, new_id

SAID_FIXED = "said_fixed"
SAID_NOT_FIXED = "said_not_fixed"
"""Kinds of the entries in the history, by which answers are counted."""


def put_feedback(
    event: FeedbackGiven, uow: UnitOfWork, policy: DispatchPolicy, now: datetime
) -> list[CaseTransition]:
    """Put an answer into the history of its request's case. Idempotent.

    The first NO after a closing reopens the case; every NO is a note for its bureaus. Raises
    ``UnknownRequestError`` and, for a kind that the catalogue lost, ``NotInCatalogueError``.
    """
    if uow.has_entry(event.id):
        return []
    given, case = event.data, case_of_request(event.data.request_id, uow)
    text = f"A resident says that it is {'' if given.fixed else 'not '}fixed"
    text = f"{text}: {given.comment}" if given.comment else f"{text}."
    uow.record_entry(
        CaseHistoryEntry(
            case_id=case.case_id,
            at=now,
            by=RESIDENT.name,
            what=SAID_FIXED if given.fixed else SAID_NOT_FIXED,
            text=text,
            event_id=event.id,
            request_id=given.request_id,
        )
    )
    if given.fixed:
        return []
    noted = add_notes(case, [CaseNote(given.request_id, text)])
    if not is_reopened_by_resident(case, given.at):
        uow.change(noted, event)
        return []
    transition = reopen_case(
        noted,
        policy.case_deadlines(case, now).due(case.priority.level),
        new_id,
        route_rule=REOPENED_BY_RESIDENT,
        reason=SAYS_NOT_FIXED,
    )
    uow.change(transition.case, event)
    return [transition]
