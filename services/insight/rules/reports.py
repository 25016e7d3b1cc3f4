"""The reports: figures of requests or cases, each beside its number of them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any, Literal, NamedTuple, TypeAlias

from services.insight.rules.cases import ClosedTime
from services.insight.rules.reporting import Incident, ReportingRatio, coarse, reporting_ratios
from services.insight.rules.suppression import SMALLEST_SHOWN
from services.insight.rules.survival import Duration, reached_after
from services.insight.rules.tables import (
    Cell,
    Figures,
    Row,
    cell_of,
    hidden_cells,
    small_cells,
    table,
)
from shared.vocabulary import DeskOutcome, InsightReport

Promise: TypeAlias = Literal["kept", "missed", "open_past_due"]

_NOTHING = timedelta()
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_LEAST_EXPOSURE = _DAY / 10  # of what ends sooner, its first reporter told the end as well
_MOST_URGENT = "P1"
_DECIMALS = 4
_RATIO_COUNTS = ("observed", "expected")
_RATIO = ("ratio", "low", "high", "dispersion", "wide_low", "wide_high")


@dataclass(frozen=True, slots=True)
class RequestFact:
    """A request with what became of it.

    Attributes:
        at: When it was submitted, in the city's time.
        joined_after: Time since the first request of its case; None for that one and without case.
        corrected: Whether an operator moved it, or changed priority, kind or place of its case.
        desk_outcome: How the desk ended the contact; None if not reported.
        handle_seconds: From the first key to that outcome; None if not measured.
    """

    kind: str
    group: str
    bureau: str | None
    district: str | None
    channel: str
    language: str | None
    priority: str
    at: datetime
    outcome: str
    unsure: bool
    joined_after: timedelta | None
    corrected: bool
    asked: bool
    fixed: bool | None
    desk_outcome: DeskOutcome | None
    handle_seconds: int | None


@dataclass(frozen=True, slots=True)
class CaseFact:
    """A case with its clocks; merged cases are none.

    Attributes:
        city: Id of the city, whose rates of reporting are its own.
        at: When its first request was submitted, in the city's time.
        exposure: Time in which later reports count; None for a case that does not count.
        further: Later reports of other people in it.
    """

    city: str
    kind: str
    group: str
    bureau: str | None
    district: str | None
    channel: str
    language: str | None
    priority: str
    at: datetime
    acknowledge: Duration
    complete: Duration
    promise: Promise | None
    was_completed: bool
    reopened: bool
    exposure: timedelta | None
    further: int


class TimedReport(NamedTuple):
    """One report about a case; ``reporter`` is None for an anonymous one."""

    at: datetime
    reporter: int | None


def exposure_of(
    reports: Sequence[TimedReport],
    window: timedelta,
    ended_at: datetime | None,
    now: datetime,
    closed: Sequence[ClosedTime] = (),
) -> tuple[timedelta | None, int]:
    """Return the time under observation after the first report, and the later reporters in it.

    It lasts to the end of the case or of the window, and not into the future; a time of at most a
    tenth of a day does not count. A person counts once, and not where they made the first report;
    each anonymous report counts as one person.

    Args:
        closed: When the case was closed before it was reopened: no report could join it.
    """
    if not reports:
        return None, 0
    first = min(reports, key=lambda one: one.at)
    end = min(first.at + window, ended_at or now, now)
    cuts = (min(end, one.until) - max(first.at, one.since) for one in closed)
    observed = end - first.at - sum((max(cut, _NOTHING) for cut in cuts), _NOTHING)
    if observed <= _LEAST_EXPOSURE:
        return None, 0
    later = [
        one.reporter
        for one in reports
        if first.at < one.at <= end and not any(gap.since < one.at < gap.until for gap in closed)
    ]
    people = {reporter for reporter in later if reporter is not None} - {first.reporter}
    return observed, len(people) + later.count(None)


def promise_of(
    complete_by: datetime | None, status: str, ended_at: datetime | None, now: datetime
) -> Promise | None:
    """Return what became of a deadline.

    None while it is ahead, also of work that is done: what is done early would count before what
    is late. None for a case that was declined or referred, too.
    """
    if complete_by is None or now <= complete_by:
        return None
    if status == "completed" and ended_at is not None:
        return "kept" if ended_at <= complete_by else "missed"
    return "open_past_due" if ended_at is None else None


def request_rows(
    report: InsightReport, facts: Sequence[RequestFact], by: Sequence[str]
) -> list[Row]:
    """Return the rows of a report about requests, other than the desk's."""
    figures, *partitions = _OF_REQUESTS[report]
    untold = small_cells(facts, by, *partitions)
    if report == "triage":
        untold |= _hidden_alarms(facts, by)
    return table(facts, by, lambda _, found: figures(found), untold)


def case_rows(report: InsightReport, facts: Sequence[CaseFact], by: Sequence[str]) -> list[Row]:
    """Return the rows of a report about cases."""
    if report == "reporting":
        return table(facts, by, _ratios(facts, by))
    figures, *partitions = _OF_CASES[report]
    untold = small_cells(facts, by, *partitions)
    return table(facts, by, lambda _, found: figures(found), untold)


def is_about_cases(report: InsightReport) -> bool:
    """Return True for a report about cases, False for one about requests."""
    return report in _OF_CASES or report == "reporting"


def _hidden_alarms(facts: Sequence[RequestFact], by: Sequence[str]) -> frozenset[Cell]:
    """Return the cells with alarms that are hidden in the volumes by priority."""
    alarms = [one for one in facts if one.priority == _MOST_URGENT]
    found: set[Cell] = set()
    others = [[name] for name in by if name != "priority"] or [[]]
    for names in (["priority", *other] for other in others):
        hidden = {row.cell for row in table(facts, names, lambda *_: {}) if row.n is None}
        found |= {cell_of(one, by) for one in alarms if cell_of(one, names) in hidden}
    return frozenset(found)


def _volumes(_: Sequence[RequestFact]) -> Figures:
    return {}


def _duplicates(facts: Sequence[RequestFact]) -> Figures:
    hours = [one.joined_after / _HOUR for one in facts if one.joined_after is not None]
    return {"joined": len(hours), "median_hours": _rounded(median(hours)) if hours else None}


def _feedback(facts: Sequence[RequestFact]) -> Figures:
    asked = [one for one in facts if one.asked]
    answers = [one.fixed for one in facts if one.fixed is not None]
    return {"asked": len(asked), "answered": len(answers), "not_fixed": answers.count(False)}


def _triage(facts: Sequence[RequestFact]) -> Figures:
    return {
        "corrected": sum(one.corrected for one in facts),
        "alarms": sum(one.priority == _MOST_URGENT for one in facts),
        "unsure": sum(one.unsure for one in facts),
    }


def _times(facts: Sequence[CaseFact]) -> Figures:
    return {
        "acknowledge": _points([one.acknowledge for one in facts]),
        "complete": _points([one.complete for one in facts]),
    }


def _points(durations: Sequence[Duration]) -> Mapping[str, float | None]:
    middle, most = reached_after(durations, (0.5, 0.9))
    return {"median_hours": _rounded(middle), "p90_hours": _rounded(most)}


def _promises(facts: Sequence[CaseFact]) -> Figures:
    names: tuple[Promise, ...] = ("kept", "missed", "open_past_due")
    return {name: sum(one.promise == name for one in facts) for name in names}


def _reopened(facts: Sequence[CaseFact]) -> Figures:
    return {
        "completed": sum(one.was_completed for one in facts),
        "reopened": sum(one.was_completed and one.reopened for one in facts),
    }


def _ratios(
    facts: Sequence[CaseFact], by: Sequence[str]
) -> Callable[[Cell, Sequence[CaseFact]], Figures]:
    """Return the ratios by cell; the rates of the kinds are those of all facts of their city.

    Where the number of later reports is hidden, the ratio is that of its class of five numbers; of
    few cases under observation none is published.
    """
    incidents = [
        Incident(cell_of(one, by), f"{one.city} {one.kind}", one.exposure / _DAY, one.further)
        for one in facts
        if one.exposure is not None
    ]
    ratios = {ratio.group: ratio for ratio in reporting_ratios(incidents)}
    counts = {cell: ratio.observed for cell, ratio in ratios.items() if ratio.observed}
    hidden = hidden_cells(counts, len(by))

    def measure(cell: Cell, _: Sequence[CaseFact]) -> Figures:
        found = ratios.get(cell)
        if found is None or found.incidents < SMALLEST_SHOWN:
            return dict.fromkeys((*_RATIO_COUNTS, *_RATIO))
        if cell in hidden:
            return dict.fromkeys(_RATIO_COUNTS) | _told(coarse(found), _RATIO)
        return _told(found, (*_RATIO_COUNTS, *_RATIO))

    return measure


def _told(ratio: ReportingRatio[Cell], names: Iterable[str]) -> dict[str, float | None]:
    return {name: _rounded(getattr(ratio, name)) for name in names}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _DECIMALS)


# Figures of each report, and the partitions whose classes these count.
_OF_REQUESTS: Mapping[str, Sequence[Callable[[Any], Any]]] = {
    "volumes": (_volumes,),
    "duplicates": (_duplicates, lambda one: one.joined_after is None),
    "feedback": (_feedback, lambda one: (one.asked, one.fixed)),
    "triage": (
        _triage,
        lambda one: one.corrected,
        lambda one: one.priority == _MOST_URGENT,
        lambda one: one.unsure,
    ),
}
_OF_CASES: Mapping[str, Sequence[Callable[[Any], Any]]] = {
    "times": (_times,),
    "promises": (_promises, lambda one: one.promise),
    "reopened": (_reopened, lambda one: (one.was_completed, one.was_completed and one.reopened)),
}
