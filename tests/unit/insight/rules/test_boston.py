"""The live ratios are those of the command on the same reports: a quarter of Boston."""

import csv
import gzip
from datetime import UTC, datetime, timedelta

import pytest

from services.insight.rules.reports import CaseFact, TimedReport, case_rows, exposure_of
from services.insight.rules.survival import Duration
from tests.unit.cli.insight.test_rates import BOSTON, COLUMNS, needs_boston, rates

WINDOW = timedelta(days=7)
LONG_AFTER = datetime(2020, 1, 1, tzinfo=UTC)
LIMITS = ("--days", "7", "--min-days", "0.1")
NOT_MEASURED = Duration(0, has_ended=False)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def fact(rows: list[dict[str, str]]) -> CaseFact:
    """A case whose anonymous reports are these rows."""
    first = min(rows, key=lambda row: (row["open_dt"], row["case_enquiry_id"]))
    reports = [TimedReport(moment(row["open_dt"]), None) for row in rows]
    ended_at = moment(first["closed_dt"]) if first["closed_dt"] else None
    exposure, further = exposure_of(reports, WINDOW, ended_at, LONG_AFTER)
    return CaseFact(
        city="boston.gov",
        kind=first["type"],
        group="all",
        bureau=None,
        district=first["neighborhood"].strip() or "unknown",
        channel="web",
        language=None,
        priority="P4",
        at=moment(first["open_dt"]),
        acknowledge=NOT_MEASURED,
        complete=NOT_MEASURED,
        promise=None,
        was_completed=False,
        reopened=False,
        exposure=exposure,
        further=further,
    )


@needs_boston
def test_live_ratios_are_those_of_the_command() -> None:
    cases: dict[str, list[dict[str, str]]] = {}
    with gzip.open(BOSTON, "rt", encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            incident = row["parent_case_id"].strip() or row["case_enquiry_id"]
            cases.setdefault(incident, []).append(row)

    live = case_rows("reporting", [fact(rows) for rows in cases.values()], ("district",))

    expected = {row.pop("district"): row for row in rates(BOSTON, COLUMNS, *LIMITS)["ratios"]}
    assert len(live) == len(expected) == 23
    for found in live:
        figures = expected[found.cell[0]]
        if figures["observed"] < 11:
            assert found.figures["observed"] is found.figures["expected"] is None
            at_most = 2 / (8 + figures["expected"])  # 3 reports stand for 1 to 5, 8 for 6 to 10
            assert found.figures["ratio"] == pytest.approx(figures["ratio"], abs=at_most + 1e-4)
        else:
            assert found.figures == pytest.approx(figures, abs=1e-4)
