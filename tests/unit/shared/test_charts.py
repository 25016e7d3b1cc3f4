"""Geometry of charts."""

import pytest

from shared.charts import length, line_path, ratio_dot


@pytest.mark.parametrize(
    ("values", "path"),
    [
        pytest.param([], "", id="none"),
        pytest.param([5], "M0.0 0.0h0", id="one is a dot"),
        pytest.param([0, 0], "M0.0 100.0h0L100.0 100.0", id="nothing lies at the bottom"),
        pytest.param([1, 4, 2], "M0.0 75.0h0L50.0 0.0L100.0 50.0", id="a line"),
        pytest.param([4, None, 2], "M0.0 0.0h0M100.0 50.0h0", id="a gap"),
    ],
)
def test_a_line_leads_through_the_values(values: list[float | None], path: str) -> None:
    assert line_path(values) == path


def test_a_bar_is_a_share_of_the_longest_and_a_ratio_ends_at_twice_the_city() -> None:
    assert (length(1, 3), length(1, 0)) == (33.3, 0.0)
    assert ratio_dot(0.5, 1.0, 3.0) == (25.0, 50.0, 100.0)
