"""Convert cases and reports to rows of triage's tables, and back."""

from collections.abc import Collection, Mapping
from uuid import UUID

import asyncpg

from services.triage.rules.dedup.model import Report, TriageCase
from shared.vocabulary import GeoPoint


def report_from_row(row: asyncpg.Record) -> Report:
    """Return the report in a row; its event time is the column ``opened_at``."""
    latitude, longitude = row["latitude"], row["longitude"]
    return Report(
        str(row["request_id"]),
        row["service_code"],
        row["opened_at"],
        None if latitude is None else GeoPoint(latitude, longitude),
        row["address_key"],
        row["reporter_ref"],
        row["position_error_m"],
        frozenset(row["words"].split()),
        frozenset((row["asset"] or "").split()),
        row["is_placed"],
        frozenset(row["kind_words"].split()),
        frozenset(row["likely_kinds"].split()),
        frozenset(row["dangers"].split()),
    )


def opening_row(opening: Report) -> tuple[object, ...]:
    """Return the columns of ``cases`` that come from its opening report."""
    kind, *others = report_row(opening)
    return (kind, opening.request_id, *others)


def report_row(report: Report) -> tuple[object, ...]:
    """Return the columns of a report, from kind and event time on."""
    point = report.point
    return (
        report.kind,
        report.observed_at,
        point and point.latitude,
        point and point.longitude,
        report.address,
        report.reporter,
        report.position_error_m,
        _text(report.words),
        _text(report.particulars) or None,
        report.is_placed,
        _text(report.kind_words),
        _text(report.likely_kinds),
        _text(report.dangers),
    )


def _text(names: Collection[str]) -> str:
    return " ".join(sorted(names))


def current_case_from_row(
    row: asyncpg.Record, targets: Mapping[UUID, asyncpg.Record]
) -> TriageCase:
    """Return a case under the id that it was merged into.

    Args:
        targets: Rows of the cases that it may have been split from or merged into, by id.
    """
    report, case_id = report_from_row(row), str(row["case_id"])
    case = TriageCase(case_id, row["dedup_key"], report, row["closed_at"])
    if row["split_from"]:
        case = case._replace(split_from=str(targets[row["split_from"]]["case_id"]))
    if row["merged_into"]:
        target = targets[row["merged_into"]]
        case = case._replace(case_id=str(target["case_id"]), closed_at=target["closed_at"])
    return case
