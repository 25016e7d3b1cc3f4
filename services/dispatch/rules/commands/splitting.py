"""An operator finds that a request is a problem of its own."""

from collections.abc import Sequence
from dataclasses import replace

from services.dispatch.rules.case import Case, CaseRequest
from services.dispatch.rules.changes import Split, Step
from services.dispatch.rules.commands.command import CommandRefusal, Obeyed
from services.dispatch.rules.joining import Arrival, open_case

ONLY_REQUEST = CommandRefusal("only_request", "It is the only request of its case.")
NOT_IN_CASE = CommandRefusal("request_not_in_case", "The request is not in this case.")


def split_request(case: Case, others: Sequence[CaseRequest], arrival: Arrival) -> Obeyed:
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
    return Obeyed([Step(left, split), open_case(arrival)], [arrival.request])
