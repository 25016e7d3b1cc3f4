"""Until when a bureau shall have seen its work, and until when it shall be done.

An urgent clock, of ``P1`` and ``P2``, never stops. Any other counts the city's business time, in
which 24 hours of a target are one business day and what is left over counts hour by hour.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from services.dispatch.rules.business_time import BUSINESS_DAY, BusinessCalendar
from shared.vocabulary import URGENT_LEVELS, PriorityLevel

_HOURS_OF_A_DAY = 24.0
_ACKNOWLEDGE_URGENT: dict[PriorityLevel, timedelta] = {
    "P1": timedelta(minutes=5),
    "P2": timedelta(hours=1),
}
_ACKNOWLEDGE_DAYS: dict[PriorityLevel, int] = {"P3": 1, "P4": 2, "P5": 5}
_HOURS_OF_LEVEL: dict[PriorityLevel, float] = {"P1": 2, "P2": 24, "P3": 72, "P4": 240, "P5": 720}


@dataclass(frozen=True, slots=True)
class Due:
    """Both deadlines of a work order, in UTC."""

    acknowledge_by: datetime
    complete_by: datetime

    def tightened(self, other: "Due") -> "Due":
        """Return the earlier of each deadline."""
        return Due(
            min(self.acknowledge_by, other.acknowledge_by),
            min(self.complete_by, other.complete_by),
        )

    def loosened(self, other: "Due") -> "Due":
        """Return the later of each deadline."""
        return Due(
            max(self.acknowledge_by, other.acknowledge_by),
            max(self.complete_by, other.complete_by),
        )


@dataclass(frozen=True, slots=True)
class DeadlinePolicy:
    """What the deadlines of one request are counted by.

    Attributes:
        base: What a report of its kind gets when nothing more is known.
        target_hours: Hours until the problem of its kind is solved.
        since: When it was reported.
    """

    calendar: BusinessCalendar
    base: PriorityLevel
    target_hours: float
    since: datetime

    def due(self, level: PriorityLevel) -> Due:
        """Return the deadlines at a priority; nobody has longer to see it than to do it.

        A report that is more urgent than its kind has the target of its priority where that is
        the shorter one.
        """
        hours = self.target_hours
        if level < self.base:
            hours = min(hours, _HOURS_OF_LEVEL[level])
        complete_by = self._complete_by(level, hours)
        return Due(min(acknowledge_by(level, self.since, self.calendar), complete_by), complete_by)

    def _complete_by(self, level: PriorityLevel, hours: float) -> datetime:
        if level in URGENT_LEVELS:
            return self.since.astimezone(UTC) + timedelta(hours=hours)
        days, rest = divmod(hours, _HOURS_OF_A_DAY)
        return self.calendar.after(self.since, int(days), min(timedelta(hours=rest), BUSINESS_DAY))


def acknowledge_by(level: PriorityLevel, since: datetime, calendar: BusinessCalendar) -> datetime:
    """Return until when a bureau shall have seen work of this priority that it got at ``since``."""
    if level in URGENT_LEVELS:
        return since.astimezone(UTC) + _ACKNOWLEDGE_URGENT[level]
    return calendar.after(since, _ACKNOWLEDGE_DAYS[level])
