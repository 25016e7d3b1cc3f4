import gzip
from datetime import timedelta
from pathlib import Path

import pytest

from cli.insight.incidents import (
    Columns,
    CoveredIncident,
    UnreadableReportsError,
    read_incidents,
)

HEADER = "report,incident,kind,district,opened,ended"
FIRST = "r1,i1,pothole,N,2026-03-01 08:00:00,2026-03-04 08:00:00"
WEEK = timedelta(days=7)


def read(
    tmp_path: Path,
    *lines: str,
    window: timedelta = WEEK,
    longer_than: timedelta = timedelta(),
    header: str = HEADER,
    covariates: tuple[str, ...] = (),
) -> list[CoveredIncident]:
    file = tmp_path / "reports.csv"
    file.write_text("\n".join([header, *lines]), encoding="utf-8")
    columns = Columns("kind", "district", "incident", "report", "opened", "ended", covariates)
    return read_incidents(file, columns, window=window, longer_than=longer_than)


@pytest.mark.parametrize(
    ("later", "further"),
    [
        pytest.param("2026-03-01 08:00:00", 0, id="at the same time"),
        pytest.param("2026-03-01 08:00:01", 1, id="just after the first"),
        pytest.param("2026-03-04 08:00:00", 1, id="at the end"),
        pytest.param("2026-03-04 08:00:01", 0, id="after the end"),
    ],
)
def test_later_reports_count_until_the_end(tmp_path: Path, later: str, further: int) -> None:
    (one,) = read(tmp_path, FIRST, f"r2,i1,pothole,N,{later},")

    assert one.incident == ("N", "pothole", 3.0, further)


def test_the_earliest_report_says_kind_district_and_end_whatever_the_order(tmp_path: Path) -> None:
    later = "r0,i1,tree,S,2026-03-02 08:00:00,2026-03-02 09:00:00"

    (one,) = read(tmp_path, later, FIRST)

    assert one.incident == ("N", "pothole", 3.0, 1)


def test_a_report_counts_once_however_often_its_row_comes(tmp_path: Path) -> None:
    again = "r2,i1,pothole,N,2026-03-02 08:00:00,"

    (one,) = read(tmp_path, FIRST, again, again)

    assert one.incident.further == 1


@pytest.mark.parametrize("ended", ["", "2026-04-30 08:00:00"])
def test_without_an_end_or_with_a_late_one_the_window_ends_it(tmp_path: Path, ended: str) -> None:
    (one,) = read(tmp_path, f"r1,i1,k,N,2026-03-01 08:00:00,{ended}")

    assert one.incident.days == 7.0


def test_a_report_without_an_incident_stands_alone_and_may_be_the_parent(tmp_path: Path) -> None:
    parent = "r1,,k,N,2026-03-01 08:00:00,"
    child = "r2,r1,k,N,2026-03-02 08:00:00,"
    other = "r3,,k,,2026-03-02 08:00:00,"

    incidents = [one.incident for one in read(tmp_path, parent, child, other)]

    assert incidents == [("N", "k", 7.0, 1), ("unknown", "k", 7.0, 0)]


@pytest.mark.parametrize(
    ("days", "left"),
    [pytest.param(0, 2, id="by default"), pytest.param(1, 1, id="an equal time is too short")],
)
def test_incidents_observed_too_shortly_are_left_out(tmp_path: Path, days: int, left: int) -> None:
    closed_at_once = "r2,i2,k,N,2026-03-01 08:00:00,2026-03-01 08:00:00"
    closed_before = "r3,i3,k,N,2026-03-01 08:00:00,2026-02-01 08:00:00"
    one_day = "r4,i4,k,N,2026-03-01 08:00:00,2026-03-02 08:00:00"

    found = read(
        tmp_path, FIRST, closed_at_once, closed_before, one_day, longer_than=timedelta(days=days)
    )

    assert len(found) == left


@pytest.mark.parametrize(
    "opened",
    ["2026-03-01T08:00:00Z", "2026-03-01", "03/01/2026 08:00:00 AM", "03/01/2026 08:00"],
)
def test_times_of_other_cities_exports_are_read(tmp_path: Path, opened: str) -> None:
    assert len(read(tmp_path, f"r1,i1,k,N,{opened},")) == 1


@pytest.mark.parametrize(
    ("line", "message"),
    [
        pytest.param("r1,i1,k,N,soon,", "line 2: opened is not a time", id="no time"),
        pytest.param("r1,i1,k,N,,", "line 2: opened is empty", id="never opened"),
        pytest.param(",i1,k,N,2026-03-01,", "line 2: report is empty", id="no id"),
    ],
)
def test_an_error_names_line_and_column_but_no_value(
    tmp_path: Path, line: str, message: str
) -> None:
    with pytest.raises(UnreadableReportsError) as caught:
        read(tmp_path, line)

    assert message in str(caught.value)
    assert "soon" not in str(caught.value)


def test_a_missing_column_is_named_beside_those_that_are_there(tmp_path: Path) -> None:
    with pytest.raises(UnreadableReportsError, match="no column incident; there are report, kind"):
        read(tmp_path, header="report,kind,district,opened,ended")


def test_covariates_are_those_of_the_first_report_and_must_be_numbers(tmp_path: Path) -> None:
    header, later = f"{HEADER},income", "r2,i1,k,N,2026-03-02 08:00:00,,3"

    (one,) = read(tmp_path, f"{FIRST},2.5", later, header=header, covariates=("income",))
    assert one.covariates == (2.5,)

    with pytest.raises(UnreadableReportsError, match="line 2: income is not a number"):
        read(tmp_path, f"{FIRST},rich", header=header, covariates=("income",))


def test_gzip_is_read_and_broken_gzip_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "reports.csv.gz"
    columns = Columns("kind", "district", "incident", "report", "opened", "ended")
    packed = gzip.compress(f"{HEADER}\n{FIRST}".encode())
    file.write_bytes(packed)
    assert len(read_incidents(file, columns, window=WEEK, longer_than=timedelta())) == 1

    file.write_bytes(packed[:-9])
    with pytest.raises(UnreadableReportsError, match="not CSV in UTF-8"):
        read_incidents(file, columns, window=WEEK, longer_than=timedelta())
