"""What the console draws of a report's rows."""

import pytest

from console.pages.charts import drawn, lines
from console.pages.insight import REPORTS


@pytest.mark.parametrize("report", REPORTS)
def test_each_report_can_be_drawn_and_a_suppressed_row_has_nothing(report: str) -> None:
    assert drawn(report, [{}]) == [None]


def test_a_share_is_a_bar_of_its_whole_and_a_number_one_of_the_most() -> None:
    kept = {"n": 20, "kept": 3, "missed": 1, "open_past_due": 0}
    nothing_due = dict.fromkeys(kept, 0)

    assert drawn("promises", [kept, nothing_due]) == [(75.0, None), None]
    assert drawn("volumes", [{"n": 40}, {"n": 10}]) == [(100.0, None), (25.0, None)]


def test_a_ratio_is_a_dot_with_its_wide_interval() -> None:
    row = {"n": 20, "ratio": 1.0, "low": 0.9, "high": 1.1, "wide_low": 0.5, "wide_high": 3.0}

    [bar] = drawn("reporting", [row])

    assert bar is not None
    assert bar.dot == (25.0, 50.0, 100.0)


def test_a_dimension_of_time_makes_lines_the_highest_first_with_gaps() -> None:
    cells = [
        {"kind": "A", "month": "2026-01"},
        {"kind": "B", "month": "2026-01"},
        {"kind": "B", "month": "2026-03"},
        {"kind": "A", "month": "2026-02"},
    ]
    rows = [{"n": 20}, {"n": 40}, {}, {"n": 10}]

    made = lines("volumes", ["kind", "month"], cells, rows)

    # B had none in February, and what it had in March is not told
    assert [(line.value, line.path, line.highest) for line in made] == [
        ("B", "M0.0 0.0h0L50.0 100.0", 40),
        ("A", "M0.0 0.0h0L50.0 50.0L100.0 100.0", 20),
    ]
    assert lines("volumes", ["kind"], cells, rows) == ()
