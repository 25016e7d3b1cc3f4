"""Whether a report's point may be believed, given what else was reported there."""

from collections.abc import Iterable
from datetime import datetime
from typing import TypeAlias

from services.triage.hearing import Hearing
from services.triage.rules.dedup.stand_ins import PointUses, Use
from shared.values import GeoPoint

PointSpan: TypeAlias = tuple[GeoPoint, datetime, datetime]
"""A point, and the times since when and until when its uses count."""


def placed(hearing: Hearing, uses: PointUses) -> Hearing:
    """Return the hearing without its place where its point stands for many places."""
    limits, report = hearing.city.stand_ins, hearing.report
    if limits is None or report.point is None or not report.is_placed:
        return hearing
    use = Use(report.point, hearing.opens.key, report.observed_at)
    if not uses.is_stand_in(use, limits):
        return hearing
    report = report._replace(is_placed=False)
    search = hearing.search
    return hearing._replace(
        report=report,
        opens=hearing.opens._replace(opening=report),
        search=search._replace(boxes=()) if search else None,
    )


def point_spans(hearings: Iterable[Hearing]) -> list[PointSpan]:
    """Return what must be known of the points before the reports can be placed."""
    wanted: dict[GeoPoint, PointSpan] = {}
    for hearing in hearings:
        limits, report = hearing.city.stand_ins, hearing.report
        if limits is None or report.point is None or hearing.search is None:
            continue
        since, until = report.observed_at - limits.within, report.observed_at + limits.within
        _, first, last = wanted.get(report.point, (report.point, since, until))
        wanted[report.point] = report.point, min(first, since), max(last, until)
    return list(wanted.values())
