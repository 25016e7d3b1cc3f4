"""Months that the public sees figures of, in the city's time."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple, TypeAlias

from typing_extensions import override

from services.insight.rules.tables import Cell, Row, hidden_cells

SHOWN_MONTHS = 12
MonthCounts: TypeAlias = Mapping[date, Mapping[str | None, int]]  # by first day, and by value
_REPORTED_AFTER = timedelta(hours=8)  # the last events of a month are folded by then


class PublicMonth(NamedTuple):
    """A month with its last day; a running one counts until now."""

    first_day: date
    is_complete: bool

    @property
    def last_day(self) -> date:
        """Its last day."""
        return _next(self.first_day) - timedelta(days=1)

    @override
    def __str__(self) -> str:
        """Return it as ``2026-11``."""
        return f"{self.first_day:%Y-%m}"


def public_months(known: Collection[date], today: date) -> Sequence[PublicMonth]:
    """Return the months to choose from on a day of the city's time, the latest first, at most 12.

    The running month is shown as long as no complete one has requests: what is added to it from day
    to day would tell single requests.

    Args:
        known: First days of the months that have requests.
    """
    running = today.replace(day=1)
    complete = [month for month in sorted(known, reverse=True) if month < running]
    found = [PublicMonth(month, is_complete=True) for month in complete[:SHOWN_MONTHS]]
    return found or [PublicMonth(running, is_complete=False)]


def volumes_of(months: Sequence[PublicMonth], counts: MonthCounts) -> list[Row]:
    """Return the requests of each month."""
    totals: dict[Cell, int] = {
        (str(one),): sum(counts.get(one.first_day, {}).values()) for one in months
    }
    return _rows(totals)


def trend_of(months: Sequence[PublicMonth], counts: MonthCounts) -> list[Row]:
    """Return the requests of each month by a dimension, the earliest month first.

    A month hides what its own table hides, and no sum of months is published: this adds nothing.
    """
    return [
        Row((str(month), *row.cell), row.n, row.figures)
        for month in reversed(months)
        for row in _rows({(value,): n for value, n in counts.get(month.first_day, {}).items()})
    ]


def reported_month(now: datetime) -> date:
    """Return the first day of the month of the report that is due, in the city's time.

    A month's report is due at 8 on the first day of the next one.
    """
    running = (now.replace(tzinfo=None) - _REPORTED_AFTER).date().replace(day=1)
    return (running - timedelta(days=1)).replace(day=1)


def earliest(today: date) -> date:
    """Return the first day of the earliest month that is shown."""
    months = today.year * 12 + today.month - 1 - SHOWN_MONTHS
    return date(months // 12, months % 12 + 1, 1)


def _next(first_day: date) -> date:
    return (first_day.replace(day=28) + timedelta(days=4)).replace(day=1)


def _rows(counts: Mapping[Cell, int]) -> list[Row]:
    hidden = hidden_cells(counts, 1)
    return [Row(cell, None if cell in hidden else n, {}) for cell, n in counts.items()]
