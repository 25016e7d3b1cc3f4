"""Rule: text messages wait for the end of the quiet hours, except about a P1."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Hours of a city's day in which it sends no text messages.

    Attributes:
        start: Their first minute, local time.
        end: The minute after the last one; before ``start`` for hours around midnight.
    """

    start: time
    end: time

    def includes(self, clock: time) -> bool:
        """Return True for a local time of day within them."""
        if self.start <= self.end:
            return self.start <= clock < self.end
        return clock >= self.start or clock < self.end


def quiet_until(moment: datetime, zone: tzinfo, hours: QuietHours) -> datetime | None:
    """Return the end of the quiet hours around a moment, UTC; None for a moment outside.

    Args:
        moment: The moment.
        zone: The city's time zone.
        hours: Its quiet hours.
    """
    local = moment.astimezone(zone)
    clock = local.time()
    if not hours.includes(clock):
        return None
    day = local.date() if clock < hours.end else local.date() + timedelta(days=1)
    return datetime.combine(day, hours.end, zone).astimezone(UTC)
