"""Rule: when an alert is due, and which problems it tells of."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Protocol, TypeVar

_MORNING = time(8)
# By then a report is on the public list, if it will be.
_LISTED_AFTER = timedelta(minutes=10)


class Reported(Protocol):
    """A report with its moment, UTC."""

    @property
    def reported_at(self) -> datetime:
        """The moment."""


P = TypeVar("P", bound=Reported)


def next_morning(now: datetime, zone: tzinfo) -> datetime:
    """Return the next eight o'clock of a city, UTC."""
    local = now.astimezone(zone)
    day = local.date() + timedelta(days=local.time() >= _MORNING)
    return datetime.combine(day, _MORNING, zone).astimezone(UTC)


def news(
    problems: Sequence[P], told_until: datetime, now: datetime
) -> tuple[Sequence[P], datetime]:
    """Return the problems reported since ``told_until``, and until when they are all listed."""
    until = max(told_until, now - _LISTED_AFTER)
    return [one for one in problems if told_until <= one.reported_at < until], until
