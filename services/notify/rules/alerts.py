"""Rule: when an alert is due, and which problems it tells of."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import NamedTuple

_MORNING = time(8)
# By then a report is on the public list, if it will be.
_LISTED_AFTER = timedelta(minutes=10)


class NewProblem(NamedTuple):
    """A problem as the public list shows it."""

    service_code: str
    address: str | None
    district: str | None  # its code
    reported_at: datetime


def next_morning(now: datetime, zone: tzinfo) -> datetime:
    """Return the next eight o'clock of a city, UTC."""
    local = now.astimezone(zone)
    return _morning(local.date() + timedelta(days=local.time() >= _MORNING), zone)


def morning_after(now: datetime, zone: tzinfo) -> datetime:
    """Return eight o'clock of the day after a moment in a city, UTC."""
    return _morning(now.astimezone(zone).date() + timedelta(days=1), zone)


def _morning(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, _MORNING, zone).astimezone(UTC)


def news(
    problems: Sequence[NewProblem], told_until: datetime, now: datetime
) -> tuple[Sequence[NewProblem], datetime]:
    """Return the problems reported since ``told_until``, and until when they are all listed."""
    until = max(told_until, now - _LISTED_AFTER)
    return [one for one in problems if told_until <= one.reported_at < until], until
