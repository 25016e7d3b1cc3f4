"""Surge detection on event time: hopping windows compared with the usual rate.

A slot is ten minutes. A window is one hour, six slots, and one begins with each slot.
"""

from bisect import insort
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from hashlib import blake2b
from itertools import chain
from math import ceil, exp, lgamma, log
from typing import TypeAlias

from shared.catalogue.surges import SurgeLimits

# Reporters counted exactly; more are estimated to within some 4 %.
SKETCH_SIZE = 512
_HASH_BYTES = 6
_HASH_RANGE = 1 << 8 * _HASH_BYTES


def reporter_hash(name: str) -> int:
    """Return the stable, evenly distributed hash of a reporter."""
    return int.from_bytes(blake2b(name.encode(), digest_size=_HASH_BYTES).digest())


def add_reporter(hashes: Sequence[int], new: int) -> list[int] | None:
    """Return the sketch with one more reporter, or None when nothing changes.

    A sketch keeps the smallest hashes in order, so order and repeats make no difference.
    """
    if new in hashes or (len(hashes) >= SKETCH_SIZE and new > hashes[-1]):
        return None
    more = list(hashes)
    insort(more, new)
    return more[:SKETCH_SIZE]


def distinct_count(sketches: Iterable[Sequence[int]]) -> int:
    """Return the number of distinct reporters in several sketches together.

    Source:
        Z. Bar-Yossef et al., "Counting Distinct Elements in a Data Stream", RANDOM 2002: of
        ``n`` even numbers below 1 the k-th smallest lies at about k / n.
    """
    smallest = sorted(set(chain.from_iterable(sketches)))[:SKETCH_SIZE]
    if len(smallest) < SKETCH_SIZE:
        return len(smallest)
    return round((SKETCH_SIZE - 1) * _HASH_RANGE / smallest[-1])


def pack(hashes: Sequence[int]) -> bytes:
    """Encode a sketch for a state table."""
    return b"".join(number.to_bytes(_HASH_BYTES) for number in hashes)


def unpack(packed: bytes) -> list[int]:
    """Decode a sketch from a state table."""
    starts = range(0, len(packed), _HASH_BYTES)
    return [int.from_bytes(packed[start : start + _HASH_BYTES]) for start in starts]


SLOT_S = 600
SLOTS_PER_HOUR = 6  # and in a window
MAX_SURGE_SLOTS = 24 * SLOTS_PER_HOUR  # then a surge ends; if it continues, a new one begins
ALLOWED_LATENESS_HOURS = 48  # maximum delay behind other reports, by event time
HISTORY_WEEKS = 8  # for the usual rate
NEW_HOURS = 4 * 7 * 24  # age until which a key counts as new
_PRIOR_WEEKS = 4.0  # weeks of one hour that weigh as much as the mean of all hours
_PRIOR_HOURS = 168.0  # hours of history that weigh as much as the limits' assumption
_NEGLIGIBLE = 1e-12

SlotReporters: TypeAlias = Callable[[int], Sequence[int]]
"""Returns the sketch of a slot's reporters."""

ExpectedReports: TypeAlias = Callable[[int, int], float]
"""Returns the usual number of reports from one slot (inclusive) to another (exclusive)."""


@dataclass(frozen=True, slots=True)
class Window:
    """Reports of consecutive slots: ``first`` inclusive, ``until`` exclusive."""

    first: int
    until: int
    count: int
    expected: float

    def overlaps(self, first: int, until: int) -> bool:
        """Return True when it shares a slot with the slots from ``first`` to before ``until``."""
        return self.first < until and first < self.until


@dataclass(frozen=True, slots=True)
class History:
    """Hourly counts since an hour; hours are counted from 1970."""

    since: int
    hours: Mapping[int, int]


def slot_of(moment: datetime) -> int:
    """Return the slot of a moment."""
    return int(moment.timestamp() // SLOT_S)


def slot_start(slot: int) -> datetime:
    """Return the beginning of a slot, UTC."""
    return datetime.fromtimestamp(slot * SLOT_S, UTC)


def expected_in_hour(hour: int, history: History, limits: SurgeLimits, timezone: tzinfo) -> float:
    """Return the usual number of reports in an hour, by weekday and local time.

    The mean of the same hour in earlier weeks is shrunk towards the mean of all hours, and that
    towards the limits' assumption: a Poisson rate with Gamma priors, the upper one learnt.

    Args:
        hour: Counted from 1970.

    Source:
        B. Efron, "Large-Scale Inference", Cambridge 2010, chapter 1 (empirical Bayes).
    """
    final = hour - ALLOWED_LATENESS_HOURS
    seen = sum(reports for at, reports in history.hours.items() if at < final)
    hours = max(0, final - history.since)
    overall = (limits.baseline_per_hour * _PRIOR_HOURS + seen) / (_PRIOR_HOURS + hours)
    local = slot_start(hour * SLOTS_PER_HOUR).astimezone(timezone)
    same_hours = [
        slot_of(local - timedelta(weeks=week)) // SLOTS_PER_HOUR
        for week in range(1, HISTORY_WEEKS + 1)
    ]
    counts = [history.hours.get(at, 0) for at in same_hours if at >= history.since]
    return (overall * _PRIOR_WEEKS + sum(counts)) / (_PRIOR_WEEKS + len(counts))


def busiest_recent_hour(first: int, reporters: SlotReporters, surges: Collection[Window]) -> int:
    """Return the reports of the busiest hour in the day before a slot, outside surges.

    For a new key it replaces the usual rate, so that the first morning of a router is no surge.
    """
    starts = range(first - 24 * SLOTS_PER_HOUR, first - SLOTS_PER_HOUR + 1, SLOTS_PER_HOUR)
    ordinary = [at for at in starts if not any(s.overlaps(at, at + SLOTS_PER_HOUR) for s in surges)]
    counts = (_count(reporters, at, at + SLOTS_PER_HOUR) for at in ordinary)
    return max(counts, default=0)


def poisson_tail(least: int, expected: float) -> float:
    """Return the probability of at least ``least`` reports at a Poisson rate of ``expected``."""
    term = exp(least * log(expected) - expected - lgamma(least + 1))
    total, k = 0.0, least
    while k <= expected or term > total * _NEGLIGIBLE:
        total += term
        k += 1
        term *= expected / k
    return total


def threshold(expected: float, limits: SurgeLimits) -> int:
    """Return the smallest number of independent reports in a window that is a surge."""
    least = max(limits.min_reports, ceil(limits.ratio * expected))
    while poisson_tail(least, expected) > limits.max_probability:
        least += 1
    return least


def find_start(
    slot: int,
    reporters: SlotReporters,
    expected: ExpectedReports,
    limits: SurgeLimits,
    covered: Collection[Window],
) -> Window | None:
    """Return the first window around a slot that begins a surge, or None.

    Args:
        slot: A slot with a new report; late reports may come before others.
        covered: Other surges; none begins in a window that overlaps one of them.
    """
    for until in range(slot + 1, slot + 1 + SLOTS_PER_HOUR):
        first = until - SLOTS_PER_HOUR
        if not reporters(until - 1) or any(other.overlaps(first, until) for other in covered):
            continue
        count = _count(reporters, first, until)
        if count >= limits.min_reports and count >= threshold(
            usual := expected(first, until), limits
        ):
            return Window(first, until, count, usual)
    return None


def find_end(
    began: Window,
    complete: int,
    reporters: SlotReporters,
    expected: ExpectedReports,
    limits: SurgeLimits,
) -> Window | None:
    """Return the whole surge once it is over, or None while it is open.

    It ends with the first later window whose count is below a share of the threshold.

    Args:
        complete: First slot for which reports are still expected.
    """
    for until in range(began.until + 1, complete + 1):
        first = until - SLOTS_PER_HOUR
        count = _count(reporters, first, until)
        is_quiet = count < limits.end_ratio * threshold(expected(first, until), limits)
        if is_quiet or until - began.first >= MAX_SURGE_SLOTS:
            whole = _count(reporters, began.first, until)
            return Window(began.first, until, whole, expected(began.first, until))
    return None


def _count(reporters: SlotReporters, first: int, until: int) -> int:
    return distinct_count(reporters(slot) for slot in range(first, until))
