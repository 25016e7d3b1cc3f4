"""The fold of a case: its state and moments from the versions that are known."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal, NamedTuple, TypeAlias

from shared.vocabulary import CLOSED_STATUSES, CaseStatus, PriorityLevel

ChangeName: TypeAlias = Literal["joined", "moved", "closed", "reopened", "other"]


class CaseVersion(NamedTuple):
    """One version of a case.

    Attributes:
        at: When it happened, by the clock of the bureau or operator where that is known.
        complete_by: Deadline of the lead; None where the event states none.
        first_reported_at: First report of the case; None where the event states none.
        merged: Whether another case took over its requests.
        corrected: Whether an operator changed its priority, kind or place.
    """

    case_id: str
    version: int
    at: datetime
    what: ChangeName
    jurisdiction: str
    kind: str
    dedup_group: str
    bureau: str
    level: PriorityLevel
    status: CaseStatus
    complete_by: datetime | None
    first_reported_at: datetime | None
    merged: bool
    corrected: bool


class FoldedCase(NamedTuple):
    """A case after its latest version.

    Attributes:
        acknowledged_at: First change to another status than open.
        ended_at: When its work ended; None while it is open, also again.
        was_completed: Whether a bureau ever completed it.
    """

    case_id: str
    jurisdiction: str
    kind: str
    dedup_group: str
    bureau: str
    level: PriorityLevel
    status: CaseStatus
    opened_at: datetime
    acknowledged_at: datetime | None
    ended_at: datetime | None
    complete_by: datetime | None
    merged: bool
    was_completed: bool
    reopened: bool
    corrected: bool


class ClosedTime(NamedTuple):
    """Time from ``since`` to ``until``, both exclusive."""

    since: datetime
    until: datetime


def closed_periods(turns: Iterable[tuple[str, datetime]]) -> list[ClosedTime]:
    """Return the times from a closing to the reopening after it.

    Args:
        turns: Closings and reopenings in order of their versions.
    """
    found: list[ClosedTime] = []
    closed_at: datetime | None = None
    for what, at in turns:
        if what == "closed":
            closed_at = at
        elif closed_at is not None:
            found.append(ClosedTime(closed_at, at))
            closed_at = None
    return found


def fold(changes: Sequence[CaseVersion]) -> FoldedCase:
    """Return the case after these versions, one or more, in any order."""
    ordered = sorted(changes, key=lambda change: change.version)
    latest = ordered[-1]
    reported = [at for change in ordered if (at := change.first_reported_at)]
    moved_on = (change.at for change in ordered if change.status != "open")
    deadlines = [by for change in ordered if (by := change.complete_by)]
    closings = [change for change in ordered if change.what == "closed"]
    is_closed = latest.status in CLOSED_STATUSES
    return FoldedCase(
        latest.case_id,
        latest.jurisdiction,
        latest.kind,
        latest.dedup_group,
        latest.bureau,
        latest.level,
        latest.status,
        opened_at=min(reported, default=ordered[0].at),
        acknowledged_at=next(moved_on, None),
        ended_at=closings[-1].at if is_closed and closings else None,
        complete_by=deadlines[-1] if deadlines else None,
        merged=any(change.merged for change in ordered),
        was_completed=any(change.status == "completed" for change in closings),
        reopened=any(change.what == "reopened" for change in ordered),
        corrected=any(change.corrected for change in ordered),
    )
