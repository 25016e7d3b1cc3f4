"""Cases and reports as rows of triage's tables, and back."""

import asyncpg

from services.triage.rules.dedup.model import Report, TriageCase
from shared.vocabulary import GeoPoint


def case_of(row: asyncpg.Record) -> TriageCase:
    """Return the case in a row of ``cases``, as it is by itself."""
    return TriageCase(str(row["case_id"]), row["dedup_key"], report_of(row), row["closed_at"])


def report_of(row: asyncpg.Record) -> Report:
    """Return the report in a row, whose moment is ``opened_at``."""
    latitude, longitude = row["latitude"], row["longitude"]
    return Report(
        str(row["request_id"]),
        row["service_code"],
        row["opened_at"],
        None if latitude is None else GeoPoint(latitude, longitude),
        row["address_key"],
        row["reporter_ref"],
        row["off_m"],
        frozenset(row["words"].split()),
        row["asset"],
        row["is_placed"],
    )


def case_row(case: TriageCase) -> tuple[object, ...]:
    """Return a case as the statement that adds it takes it."""
    return (case.case_id, case.key, *opening_row(case.opening), case.closed_at, case.split_from)


def opening_row(opening: Report) -> tuple[object, ...]:
    """Return what a case has of the report that it stands for."""
    kind, *others = report_row(opening)
    return (kind, opening.request_id, *others)


def report_row(report: Report) -> tuple[object, ...]:
    """Return what tells whether a report repeats another."""
    at = report.point
    return (
        report.kind,
        report.observed_at,
        at and at.latitude,
        at and at.longitude,
        report.address,
        report.reporter,
        report.position_error_m,
        " ".join(sorted(report.words)),
        report.asset,
        report.is_placed,
    )
