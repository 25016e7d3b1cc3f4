"""Deadlines of a work order: when its bureau must have seen it, and when the work must be done.

The clock of ``P1`` and ``P2`` never stops. All other levels count the city's business time: each
24 hours of a target are one business day, and the remaining hours count as business hours.
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
_ACKNOWLEDGE_BUSINESS_DAYS: dict[PriorityLevel, int] = {"P3": 1, "P4": 2, "P5": 5}
_TARGET_HOURS: dict[PriorityLevel, float] = {"P1": 2, "P2": 24, "P3": 72, "P4": 240, "P5": 720}


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Both deadlines of a work order, in UTC."""

    acknowledge_by: datetime
    complete_by: datetime

    def tightened(self, other: "Deadlines") -> "Deadlines":
        """Return the earlier of each deadline."""
        return Deadlines(
            min(self.acknowledge_by, other.acknowledge_by),
            min(self.complete_by, other.complete_by),
        )

    def loosened(self, other: "Deadlines") -> "Deadlines":
        """Return the later of each deadline."""
        return Deadlines(
            max(self.acknowledge_by, other.acknowledge_by),
            max(self.complete_by, other.complete_by),
        )


@dataclass(frozen=True, slots=True)
class DeadlinePolicy:
    """Computes the deadlines of one request or case from the catalogue's target.

    Attributes:
        calendar: Business time of the city.
        base_level: Level of a report of this kind without further reasons.
        target_hours: Hours until a problem of this kind must be solved.
        since: Start of the clock.
    """

    calendar: BusinessCalendar
    base_level: PriorityLevel
    target_hours: float
    since: datetime

    def due(self, level: PriorityLevel) -> Deadlines:
        """Return the deadlines at a level; acknowledgement is never due after completion.

        Above its base level a report gets the target of that level, unless the kind's target is
        shorter.
        """
        hours = self.target_hours
        if level < self.base_level:
            hours = min(hours, _TARGET_HOURS[level])
        complete_by = self._complete_by(level, hours)
        seen_by = acknowledge_by(level, self.since, self.calendar)
        return Deadlines(min(seen_by, complete_by), complete_by)

    def _complete_by(self, level: PriorityLevel, hours: float) -> datetime:
        if level in URGENT_LEVELS:
            return self.since.astimezone(UTC) + timedelta(hours=hours)
        days, rest = divmod(hours, _HOURS_OF_A_DAY)
        return self.calendar.after(self.since, int(days), min(timedelta(hours=rest), BUSINESS_DAY))


def acknowledge_by(level: PriorityLevel, since: datetime, calendar: BusinessCalendar) -> datetime:
    """Return the deadline for a bureau to acknowledge a work order, in UTC.

    Args:
        level: Priority of the case.
        since: When the bureau got the work order.
        calendar: Business time of the city.
    """
    if level in URGENT_LEVELS:
        return since.astimezone(UTC) + _ACKNOWLEDGE_URGENT[level]
    return calendar.after(since, _ACKNOWLEDGE_BUSINESS_DAYS[level])
