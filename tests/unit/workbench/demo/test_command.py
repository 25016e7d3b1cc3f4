"""Date of the scenario: the latest working day that is over."""

from datetime import date

import pytest

from workbench.demo.command import last_working_day_before


@pytest.mark.parametrize(
    ("today", "played"),
    [
        pytest.param(date(2026, 3, 4), date(2026, 3, 3), id="Wednesday plays Tuesday"),
        pytest.param(date(2026, 3, 2), date(2026, 2, 27), id="Monday plays Friday"),
        pytest.param(date(2026, 3, 1), date(2026, 2, 27), id="Sunday plays Friday"),
        pytest.param(date(2026, 2, 28), date(2026, 2, 27), id="Saturday plays Friday"),
    ],
)
def test_the_latest_working_day_that_is_over_is_played(today: date, played: date) -> None:
    assert last_working_day_before(today) == played
