"""An operator finds that a request is a problem of its own."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from services.dispatch.rules.case import Case, CaseRequest
from services.dispatch.rules.case_changes import CaseTransition, Closed, Split
from services.dispatch.rules.case_requests import IncomingRequest, attach, open_case
from services.dispatch.rules.operator_commands import (
    Command,
    CommandRefusal,
    CommandResult,
    ended,
    withdrawn,
)
from services.dispatch.rules.priority import KnownPriority
from services.dispatch.rules.work_order_updates import closing_time

ONLY_REQUEST = CommandRefusal("only_request", "It is the only request of its case.")
NOT_IN_CASE = CommandRefusal("request_not_in_case", "The request is not in this case.")


def split_request(
    case: Case, others: Sequence[CaseRequest], arrival: IncomingRequest
) -> CommandResult:
    """Take a request out of its case and open one of its own for it.

    The priority stays: that the case is less urgent now is for an operator to say. When the
    request is the one that opened the case, the case stands for its oldest other one from now on.

    Args:
        case: As it is.
        others: The requests that stay, one at least.
        arrival: The request, on its way to the new case.
    """
    left = replace(
        case,
        version=case.version + 1,
        request_count=len(others),
        first_reported_at=min(other.reported_at for other in others),
        last_reported_at=max(other.reported_at for other in others),
    )
    stands_for = None
    if arrival.request_id == case.opened_by:
        oldest = min(others, key=lambda other: (other.reported_at, other.request_id))
        left = replace(left, opened_by=oldest.request_id, problem=oldest.problem)
        stands_for = oldest.request_id
    split = Split(arrival.request_id, arrival.case_id, stands_for, arrival.moves)
    return CommandResult([CaseTransition(left, split), open_case(arrival)], [arrival.request])


MERGED = "merged"


def refuse_merging(case: Case, into: Case) -> CommandRefusal | None:
    """Return why the requests of a case cannot go to another one, or None."""
    if case.case_id == into.case_id:
        return CommandRefusal("same_case", "A case cannot be merged into itself.")
    if (case.jurisdiction, case.dedup_group) != (into.jurisdiction, into.dedup_group):
        return CommandRefusal(
            "other_group", "Only cases of one city and one group of kinds can be one problem."
        )
    closed = next((one for one in (case, into) if one.is_closed), None)
    return ended(closed.status) if closed else None


def merge_case(
    case: Case, into: Case, arrivals: Sequence[IncomingRequest], command: Command, now: datetime
) -> CommandResult:
    """Let all requests of a case join another one, and end it; nobody works on it any more.

    The other case gets the greater priority of the two, and what operators knew of both.

    Args:
        case: The one that ends.
        into: The one that goes on.
        arrivals: Every request of the first, on its way.
        command: Says when.
        now: When it is carried out.
    """
    steps: list[CaseTransition] = []
    after = replace(into, operator_knew=None)
    for arrival in arrivals:
        steps += attach(after, replace(arrival, priority=case.priority))
        after = steps[-1].case
    after = replace(after, operator_knew=_known_of_both(case, into))
    steps[-1] = replace(steps[-1], case=after)
    at = closing_time(command.at, case.first_reported_at, now)
    ended_case = replace(
        withdrawn(case),
        version=case.version + 1,
        status="referred",
        request_count=0,
        closed_at=at,
        merged_into=into.case_id,
    )
    closed = Closed(case.status, None, None, MERGED, at, into.case_id)
    return CommandResult(
        [*steps, CaseTransition(ended_case, closed)], [arrival.request for arrival in arrivals]
    )


def _known_of_both(case: Case, into: Case) -> KnownPriority | None:
    if case.operator_knew is None or into.operator_knew is None:
        return case.operator_knew or into.operator_knew
    return case.operator_knew.and_also(into.operator_knew)
