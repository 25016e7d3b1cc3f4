"""The reports: figures of requests or cases, each beside its number of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Literal, NamedTuple, TypeAlias

from services.insight.rules.reporting import Incident, reporting_ratios
from services.insight.rules.survival import Duration, reached_after
from services.insight.rules.tables import Cell, Figures, Row, cell_of, table
from shared.vocabulary import DeskOutcome, InsightReport

Promise: TypeAlias = Literal["kept", "missed", "open_past_due"]

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_LEAST_EXPOSURE = _DAY / 10  # of what ends sooner, its first reporter told the end as well
_MOST_URGENT = "P1"
_DECIMALS = 4


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
    reports: Sequence[TimedReport], window: timedelta, ended_at: datetime | None, now: datetime
) -> tuple[timedelta | None, int]:
    """Return the time under observation after the first report, and the later reporters in it.

    It lasts to the end of the case or of the window, and not into the future; a time of at most a
    tenth of a day does not count. A person counts once, and not where they made the first report;
    each anonymous report counts as one person.
    """
    if not reports:
        return None, 0
    first = min(reports, key=lambda one: one.at)
    end = min(first.at + window, ended_at or now, now)
    if end - first.at <= _LEAST_EXPOSURE:
        return None, 0
    later = [one.reporter for one in reports if first.at < one.at <= end]
    people = {reporter for reporter in later if reporter is not None} - {first.reporter}
    return end - first.at, len(people) + later.count(None)


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
    return table(facts, by, lambda _, found: _OF_REQUESTS[report](found))


def case_rows(report: InsightReport, facts: Sequence[CaseFact], by: Sequence[str]) -> list[Row]:
    """Return the rows of a report about cases."""
    if report == "reporting":
        observed = [one for one in facts if one.exposure is not None]
        return table(observed, by, _ratios(observed, by))
    return table(facts, by, lambda _, found: _OF_CASES[report](found))


def is_about_cases(report: InsightReport) -> bool:
    """Return True for a report about cases, False for one about requests."""
    return report in _OF_CASES or report == "reporting"


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
    """Return the ratios by cell; the rates of the kinds are those of all facts of their city."""
    incidents = [
        Incident(cell_of(one, by), f"{one.city} {one.kind}", one.exposure / _DAY, one.further)
        for one in facts
        if one.exposure is not None
    ]
    ratios = {ratio.group: ratio for ratio in reporting_ratios(incidents)}
    names = ("observed", "expected", "ratio", "low", "high")

    def measure(cell: Cell, _: Sequence[CaseFact]) -> Figures:
        if cell not in ratios:
            return dict.fromkeys(names)
        found = ratios[cell]._asdict()
        return {name: _rounded(found[name]) for name in names}

    return measure


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _DECIMALS)


_OF_REQUESTS: Mapping[str, Callable[[Sequence[RequestFact]], Figures]] = {
    "volumes": _volumes,
    "duplicates": _duplicates,
    "feedback": _feedback,
    "triage": _triage,
}
_OF_CASES: Mapping[str, Callable[[Sequence[CaseFact]], Figures]] = {
    "times": _times,
    "promises": _promises,
    "reopened": _reopened,
}
