"""The intervals of the ratios hold what they say, over simulated cities with known ratios."""

import numpy as np
import pytest

from services.insight.rules.reporting import reporting_ratios
from tests.unit.insight.rules.simulated_city import Habits, draw

DRAWS = 200
ENOUGH = 0.88

HABITS = {
    "as assumed": Habits(),
    "a quarter of the duplicates is missed": Habits(recall=0.75),
    "further reports speed up the closing": Habits(speed_up=0.5),
    "some problems are seen better": Habits(visibility=0.5),
    "all of these": Habits(recall=0.75, speed_up=0.5, visibility=0.5),
}


CLUSTERED = {
    "four of five are never reported again": Habits(never=0.8),
    "that, and all of these": Habits(recall=0.75, speed_up=0.5, visibility=0.5, never=0.8),
}


@pytest.mark.long
@pytest.mark.parametrize("incidents", [30, 100, 400])
@pytest.mark.parametrize("habits", CLUSTERED.values(), ids=CLUSTERED.keys())
def test_the_wide_interval_covers_the_true_ratio_also_where_reports_come_in_clusters(
    habits: Habits, incidents: int
) -> None:
    rng = np.random.default_rng(311)
    narrow: list[bool] = []
    wide: list[bool] = []
    for _ in range(DRAWS):
        found, true = draw(rng, incidents, habits)
        for one in reporting_ratios(found):
            narrow.append(one.low <= true[one.group] <= one.high)
            wide.append(one.wide_low <= true[one.group] <= one.wide_high)

    assert sum(narrow) < sum(wide)
    assert sum(wide) / len(wide) >= ENOUGH


@pytest.mark.long
@pytest.mark.parametrize("incidents", [30, 100, 400])
@pytest.mark.parametrize("habits", HABITS.values(), ids=HABITS.keys())
def test_the_interval_of_90_percent_covers_the_true_ratio(habits: Habits, incidents: int) -> None:
    rng = np.random.default_rng(311)
    covered: list[bool] = []
    for _ in range(DRAWS):
        found, true = draw(rng, incidents, habits)
        ratios = reporting_ratios(found)
        covered += [one.low <= true[one.group] <= one.high for one in ratios]

    assert sum(covered) / len(covered) >= ENOUGH
