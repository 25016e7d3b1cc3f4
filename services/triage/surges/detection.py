"""When many independent reports are a surge: hopping windows against the usual, on event time.

Time is cut into slots of ten minutes; a window is six of them, and a new one begins with each.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from math import ceil, exp, lgamma, log
from typing import TypeAlias

from services.triage.surges.distinct_count import distinct_count
from shared.catalogue.surges import SurgeLimits

SLOT_S = 600
HOUR = 6
"""Slots in an hour, which is also how long a window is."""
LONGEST = 24 * HOUR
"""After so many slots a surge ends, whatever goes on; what goes on is a new one."""

KEPT_HOURS = 48
"""A report may come so much later than others, by their event times, and still count."""

WEEKS = 8
"""From so many weeks back the usual is learned."""

NEW_HOURS = 4 * 7 * 24
"""For so long a place counts as new."""

_FIRM_WEEKS = 4.0  # how many weeks of one hour weigh as much as all that is known of the others
_FIRM_HOURS = 168.0  # how many hours weigh as much as what is assumed before anything is known
_NEGLIGIBLE = 1e-12

CountReports: TypeAlias = Callable[[int], Sequence[int]]
"""Gives the voices of a slot."""
ExpectedReports: TypeAlias = Callable[[int, int], float]
"""Gives how many reports are usual from one slot to before another."""


@dataclass(frozen=True, slots=True)
class Window:
    """What was heard from one slot to before another, and what is usual."""

    first: int
    until: int
    count: int
    expected: float

    def overlaps(self, first: int, until: int) -> bool:
        """Tell whether some slot lies in both."""
        return self.first < until and first < self.until


@dataclass(frozen=True, slots=True)
class History:
    """What is known of earlier hours.

    Attributes:
        since: The first hour of all, counted from 1970.
        hours: Reports in each hour that had any.
    """

    since: int
    hours: Mapping[int, int]


def slot_of(moment: datetime) -> int:
    """Return the slot that a moment lies in."""
    return int(moment.timestamp() // SLOT_S)


def moment_of(slot: int) -> datetime:
    """Return when a slot begins, UTC."""
    return datetime.fromtimestamp(slot * SLOT_S, UTC)


def expected_in_hour(hour: int, past: History, limits: SurgeLimits, timezone: tzinfo) -> float:
    """Return how many reports are usual in an hour, by its weekday and the clock on the wall.

    The mean of the same hour in earlier weeks is drawn towards the mean of all hours, and that
    towards what the limits assume: a Poisson rate with Gamma priors, the upper one learned.

    Source:
        B. Efron, "Large-Scale Inference", Cambridge 2010, chapter 1 (empirical Bayes).
    """
    sure = hour - KEPT_HOURS
    seen = sum(reports for at, reports in past.hours.items() if at < sure)
    overall = (limits.baseline_per_hour * _FIRM_HOURS + seen) / (
        _FIRM_HOURS + max(0, sure - past.since)
    )
    on_wall = moment_of(hour * HOUR).astimezone(timezone)
    earlier = [slot_of(on_wall - timedelta(weeks=week)) // HOUR for week in range(1, WEEKS + 1)]
    known = [past.hours.get(at, 0) for at in earlier if at >= past.since]
    return (overall * _FIRM_WEEKS + sum(known)) / (_FIRM_WEEKS + len(known))


def busiest_lately(first: int, heard: CountReports, surges: Collection[Window]) -> int:
    """Return the reports of the busiest hour in the day before a slot, surges left out.

    For a place that is not known for long it stands for the usual, so that the first morning of a
    router is no surge.
    """
    windows = range(first - 24 * HOUR, first - HOUR + 1, HOUR)
    ordinary = [at for at in windows if not any(s.overlaps(at, at + HOUR) for s in surges)]
    hours = (distinct_count(heard(slot) for slot in range(at, at + HOUR)) for at in ordinary)
    return max(hours, default=0)


def poisson_tail(least: int, expected: float) -> float:
    """Return how likely at least so many reports are where ``expected`` are usual (Poisson)."""
    term = exp(least * log(expected) - expected - lgamma(least + 1))
    total, k = 0.0, least
    while k <= expected or term > total * _NEGLIGIBLE:
        total += term
        k += 1
        term *= expected / k
    return total


def threshold(expected: float, limits: SurgeLimits) -> int:
    """Return from how many independent reports in a window on it is a surge."""
    least = max(limits.min_reports, ceil(limits.ratio * expected))
    while poisson_tail(least, expected) > limits.max_probability:
        least += 1
    return least


def begin(
    slot: int,
    heard: CountReports,
    usual: ExpectedReports,
    limits: SurgeLimits,
    known: Collection[Window],
) -> Window | None:
    """Return the first window around a slot that begins a surge, or None.

    Args:
        slot: Where something was heard; late reports may lie before others.
        heard: Gives the voices of a slot.
        usual: Gives how many reports are usual.
        limits: What the dedup group asks for.
        known: Other surges here; none begins in a window that one of them shares.
    """
    for until in range(slot + 1, slot + 1 + HOUR):
        first = until - HOUR
        if not heard(until - 1) or any(other.overlaps(first, until) for other in known):
            continue
        found = distinct_count(heard(at) for at in range(first, until))
        if found >= limits.min_reports and found >= threshold(
            expected := usual(first, until), limits
        ):
            return Window(first, until, found, expected)
    return None


def end(
    began: Window, complete: int, heard: CountReports, usual: ExpectedReports, limits: SurgeLimits
) -> Window | None:
    """Return the whole surge once it is over, or None while it goes on.

    It is over with the first later window in which fewer were heard than a share of what would
    begin a surge.

    Args:
        began: The window in which it began.
        complete: The slot before which nothing more is expected.
        heard: Gives the voices of a slot.
        usual: Gives how many reports are usual.
        limits: What the dedup group asks for.
    """
    for until in range(began.until + 1, complete + 1):
        first = until - HOUR
        found = distinct_count(heard(at) for at in range(first, until))
        quiet = found < limits.end_ratio * threshold(usual(first, until), limits)
        if quiet or until - began.first >= LONGEST:
            whole = distinct_count(heard(at) for at in range(began.first, until))
            return Window(began.first, until, whole, usual(began.first, until))
    return None
