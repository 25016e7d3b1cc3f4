"""Reads an export of reports into incidents with their time under observation."""

import csv
import gzip
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple, TextIO, TypeAlias

from services.insight.rules.reporting import Incident
from shared.csv_text import open_text
from shared.errors import Route311Error

_OTHER_TIMES = ("%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M", "%m/%d/%Y")
_UNKNOWN = "unknown"
_DAY = timedelta(days=1)

Row: TypeAlias = Mapping[str, str]


class UnreadableReportsError(Route311Error):
    """A file is not an export of reports in the columns named."""

    code = "unreadable_reports"


class Columns(NamedTuple):
    """Names of an export's columns.

    Attributes:
        incident: Column of the incident's id; a report without one is an incident of its own.
    """

    kind: str
    district: str
    incident: str
    report: str
    opened: str
    ended: str
    covariates: Sequence[str] = ()

    @property
    def all(self) -> Sequence[str]:
        """Every column."""
        return *self[:6], *self.covariates


class CoveredIncident(NamedTuple):
    """An incident with its covariates."""

    incident: Incident[str]
    covariates: tuple[float, ...]


class _Report(NamedTuple):
    """A report; an incident takes all but its later reports from the earliest one."""

    opened: datetime
    report: str
    ended: datetime | None
    kind: str
    district: str
    covariates: tuple[float, ...]


def read_incidents(
    file: Path, columns: Columns, *, window: timedelta, longer_than: timedelta
) -> list[CoveredIncident]:
    """Return the incidents that were under observation for longer than a time.

    An incident is observed from its first report to its end there, or to the end of the window.
    Later reports in this time count, each id once.
    """
    reports: dict[str, dict[str, _Report]] = {}
    with open_text(file, errors="strict") as lines:
        for incident, report in _reports(lines, columns, file.name):
            reports.setdefault(incident, {}).setdefault(report.report, report)
    found = (_incident(list(of_one.values()), window) for of_one in reports.values())
    return [one for one in found if one.incident.days > longer_than / _DAY]


def _incident(reports: Sequence[_Report], window: timedelta) -> CoveredIncident:
    first = min(reports)
    end = first.opened + window
    if first.ended is not None:
        end = min(end, first.ended)
    later = sum(first.opened < one.opened <= end for one in reports)
    days = (end - first.opened) / _DAY
    return CoveredIncident(Incident(first.district, first.kind, days, later), first.covariates)


def _reports(lines: TextIO, columns: Columns, name: str) -> Iterator[tuple[str, _Report]]:
    """Yield each report with the id of its incident."""
    try:
        rows = csv.DictReader(lines, strict=True)
        _require(columns.all, rows.fieldnames or (), name)
        for row in rows:
            where = f"{name}, line {rows.line_num}"
            report = _text(row, columns.report)
            if not report:
                raise UnreadableReportsError(f"{where}: {columns.report} is empty")
            yield _text(row, columns.incident) or report, _report(row, columns, where)
    except (csv.Error, UnicodeDecodeError, EOFError, gzip.BadGzipFile) as error:
        raise UnreadableReportsError(f"{name}: not CSV in UTF-8 ({type(error).__name__})") from None


def _report(row: Row, columns: Columns, where: str) -> _Report:
    opened = _time(row, columns.opened, where)
    if opened is None:
        raise UnreadableReportsError(f"{where}: {columns.opened} is empty")
    return _Report(
        opened,
        _text(row, columns.report),
        _time(row, columns.ended, where),
        _text(row, columns.kind) or _UNKNOWN,
        _text(row, columns.district) or _UNKNOWN,
        tuple(_number(row, column, where) for column in columns.covariates),
    )


def _require(wanted: Iterable[str], present: Sequence[str], name: str) -> None:
    if missing := [column for column in wanted if column not in present]:
        raise UnreadableReportsError(
            f"{name}: no column {', '.join(missing)}; there are {', '.join(present) or 'none'}"
        )


def _text(row: Row, column: str) -> str:
    return (row[column] or "").strip()


def _number(row: Row, column: str, where: str) -> float:
    try:
        return float(_text(row, column))
    except ValueError:
        raise UnreadableReportsError(f"{where}: {column} is not a number") from None


def _time(row: Row, column: str, where: str) -> datetime | None:
    """Return a moment; one without an offset counts as UTC."""
    text = _text(row, column)
    if not text:
        return None
    with suppress(ValueError):
        return _aware(datetime.fromisoformat(text))
    for form in _OTHER_TIMES:
        with suppress(ValueError):
            return _aware(datetime.strptime(text, form))  # noqa: DTZ007 - aware in the same line
    raise UnreadableReportsError(
        f"{where}: {column} is not a time such as 2026-11-24 08:10:00 or 11/24/2026 08:10:00 AM"
    )


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
