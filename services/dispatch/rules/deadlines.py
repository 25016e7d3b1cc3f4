"""Deadlines of a work order: to acknowledge it, and to complete the work.

The clock of ``P1`` and ``P2`` never stops. At all other levels it runs while the bureau that leads
the case is open: each 24 hours of a target are one working day, and the remaining hours count as
hours of opening, one working day at most.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from operator import attrgetter

from services.dispatch.rules.business_time import OpenTime
from shared.catalogue import Hours
from shared.vocabulary import URGENT_LEVELS, PriorityLevel

_HOURS_OF_A_DAY = 24.0
_due_at = attrgetter("due_at")
# Share of the time after which a bureau is reminded of a deadline.
_WARNED_AT = 0.8
_ACKNOWLEDGE_URGENT: dict[PriorityLevel, timedelta] = {
    "P1": timedelta(minutes=15),
    "P2": timedelta(hours=1),
}
_ACKNOWLEDGE_WORKING_DAYS: dict[PriorityLevel, int] = {"P3": 1, "P4": 3, "P5": 3}
_TARGET_HOURS: dict[PriorityLevel, float] = {"P1": 2, "P2": 24, "P3": 72, "P4": 240, "P5": 720}


@dataclass(frozen=True, slots=True)
class WorkOrderDeadline:
    """A deadline and the moment of its warning, in UTC."""

    soon_at: datetime
    due_at: datetime

    @classmethod
    def from_start(cls, since: datetime, due_at: datetime, clock: OpenTime) -> "WorkOrderDeadline":
        """Return a deadline with a warning at 80 % of the time on the clock."""
        return cls(clock.after(since, _WARNED_AT * clock.between(since, due_at)), due_at)

    def moved(self, since: datetime, until: datetime, clock: OpenTime) -> "WorkOrderDeadline":
        """Return the deadline after its clock stood still; one that had passed before stays."""
        soon_at, due_at = (
            at if at <= since else clock.after(until, clock.between(since, at))
            for at in (self.soon_at, self.due_at)
        )
        return WorkOrderDeadline(soon_at, due_at)


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Both deadlines of a work order."""

    acknowledge: WorkOrderDeadline
    complete: WorkOrderDeadline

    @property
    def acknowledge_by(self) -> datetime:
        """Deadline to acknowledge the work order, in UTC."""
        return self.acknowledge.due_at

    @property
    def complete_by(self) -> datetime:
        """Deadline to complete the work, in UTC."""
        return self.complete.due_at

    def tightened(self, other: "Deadlines") -> "Deadlines":
        """Return the earlier of each deadline."""
        return Deadlines(
            min(self.acknowledge, other.acknowledge, key=_due_at),
            min(self.complete, other.complete, key=_due_at),
        )

    def loosened(self, other: "Deadlines") -> "Deadlines":
        """Return the later of each deadline."""
        return Deadlines(
            max(self.acknowledge, other.acknowledge, key=_due_at),
            max(self.complete, other.complete, key=_due_at),
        )

    def moved(self, since: datetime, until: datetime, clock: OpenTime) -> "Deadlines":
        """Return both deadlines after their clock stood still; those that had passed stay."""
        return Deadlines(
            self.acknowledge.moved(since, until, clock), self.complete.moved(since, until, clock)
        )


@dataclass(frozen=True, slots=True)
class DeadlinePolicy:
    """Deadlines of one request or case by target hours and base level of its kind."""

    open_time: OpenTime
    base_level: PriorityLevel
    target_hours: float
    since: datetime

    def due(self, level: PriorityLevel) -> Deadlines:
        """Return the deadlines at a level; acknowledgement is never due after completion.

        Above its base level a report gets the target of that level, unless the kind's target is
        shorter. So does a kind with the target 0, which an outside agency solves.
        """
        hours = self.target_hours or _TARGET_HOURS[level]
        if level < self.base_level:
            hours = min(hours, _TARGET_HOURS[level])
        clock = clock_of(level, self.open_time)
        complete = WorkOrderDeadline.from_start(
            self.since, _complete_by(self.since, hours, clock), clock
        )
        acknowledge = acknowledgement(level, self.since, self.open_time)
        return Deadlines(min(acknowledge, complete, key=_due_at), complete)


def clock_of(level: PriorityLevel, open_time: OpenTime) -> OpenTime:
    """Return the clock of a level: every hour for urgent ones, else the bureau's open time."""
    if level in URGENT_LEVELS:
        return OpenTime(open_time.calendar, Hours.around_the_clock())
    return open_time


def acknowledgement(
    level: PriorityLevel, since: datetime, open_time: OpenTime
) -> WorkOrderDeadline:
    """Return the deadline to acknowledge a work order that a bureau got at a moment."""
    if level in URGENT_LEVELS:
        due_at = since.astimezone(UTC) + _ACKNOWLEDGE_URGENT[level]
    else:
        due_at = open_time.after_days(since, _ACKNOWLEDGE_WORKING_DAYS[level])
    return WorkOrderDeadline.from_start(since, due_at, clock_of(level, open_time))


def _complete_by(since: datetime, hours: float, clock: OpenTime) -> datetime:
    if clock.hours.always:
        return clock.after(since, timedelta(hours=hours))
    days, rest = divmod(hours, _HOURS_OF_A_DAY)
    start = clock.after_days(since, int(days)) if days else since.astimezone(UTC)
    if not rest:
        return start
    return min(clock.after(start, timedelta(hours=rest)), clock.after_days(since, int(days) + 1))
