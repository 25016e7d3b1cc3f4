"""Which part of the past is counted."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self
from zoneinfo import ZoneInfo

from evaluation.rows import RequestHistory


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of time; None where it has no bound.

    Attributes:
        since: Included.
        until: Not included.
    """

    since: datetime | None
    until: datetime | None

    @classmethod
    def of(
        cls,
        past: RequestHistory,
        since: datetime | None = None,
        until: datetime | None = None,
        after: timedelta | None = None,
    ) -> Self:
        """Return the period between two moments; those without a zone are the city's own.

        Args:
            past: In the order of times.
            since: Included.
            until: Not included.
            after: As long after the first request it begins, if that is later than ``since``.
        """
        zone = ZoneInfo(past.city.timezone)
        starts = [since if since.tzinfo else since.replace(tzinfo=zone)] if since else []
        if after is not None and past.rows:
            starts.append(past.rows[0].reported_at + after)
        ends = until.replace(tzinfo=zone) if until and not until.tzinfo else until
        return cls(max(starts, default=None), ends)

    def __contains__(self, time: datetime) -> bool:
        """Say whether a moment lies in the period."""
        return (self.since is None or time >= self.since) and (
            self.until is None or time < self.until
        )
