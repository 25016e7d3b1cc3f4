"""An operator finds that two cases are one problem."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from services.dispatch.rules.case import Case
from services.dispatch.rules.changes import Closed, Step
from services.dispatch.rules.commands.command import Command, CommandRefusal, Obeyed, ended
from services.dispatch.rules.commands.ending import withdrawn
from services.dispatch.rules.joining import Arrival, attach
from services.dispatch.rules.priority import Known
from services.dispatch.rules.progress import closing_time

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
    case: Case, into: Case, arrivals: Sequence[Arrival], command: Command, now: datetime
) -> Obeyed:
    """Let all requests of a case join another one, and end it; nobody works on it any more.

    The other case gets the greater priority of the two, and what operators knew of both.

    Args:
        case: The one that ends.
        into: The one that goes on.
        arrivals: Every request of the first, on its way.
        command: Says when.
        now: When it is carried out.
    """
    steps: list[Step] = []
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
    return Obeyed([*steps, Step(ended_case, closed)], [arrival.request for arrival in arrivals])


def _known_of_both(case: Case, into: Case) -> Known | None:
    if case.operator_knew is None or into.operator_knew is None:
        return case.operator_knew or into.operator_knew
    return case.operator_knew.and_also(into.operator_knew)
