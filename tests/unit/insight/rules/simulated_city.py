"""A city with known reporting ratios, simulated report by report."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.insight.rules.reporting import Incident

# Quantiles of Gamma(8, 8): as loud and quiet as ten districts of a city are.
RATIOS = (0.50, 0.64, 0.73, 0.81, 0.90, 0.98, 1.08, 1.20, 1.36, 1.73)
RATES = (0.005, 0.0125, 0.025, 0.0625)  # later reports a day at ratio 1, by kind
STANDING_DAYS = 4.0
WINDOW_DAYS = 14.0
_MOST_REPORTS = 40
_NEVER = 1e-9  # a factor

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Habits:
    """How the city's reports come about.

    Attributes:
        recall: Share of later reports that are recognized; a missed one opens an incident.
        speed_up: Share of the time left that each recognized report takes away.
        visibility: Standard deviation of how well problems are seen, of mean 1; 0 for equal.
        never: Share of problems that nobody reports again; the others make up for them.
    """

    recall: float = 1.0
    speed_up: float = 0.0
    visibility: float = 0.0
    never: float = 0.0


def draw(
    rng: np.random.Generator, size: int, habits: Habits
) -> tuple[list[Incident[int]], dict[int, float]]:
    """Return incidents, ``size`` first-reported ones a district, and each district's true ratio.

    A true ratio is relative to the rates of the whole city, weighted by time under observation.
    """
    incidents: list[Incident[int]] = []
    days, reports = np.zeros(len(RATIOS)), np.zeros(len(RATIOS))
    for district, ratio in enumerate(RATIOS):
        kinds = rng.integers(len(RATES), size=size)
        rates = np.array(RATES)[kinds]
        seen = _visibility_of_reported(rng, rates * ratio, habits)
        if habits.never:
            seen *= np.where(rng.random(size) < habits.never, _NEVER, 1 / (1 - habits.never))
        found = _observe(rng, rates * ratio * seen, habits)
        for kind, standing, further, missed_days in zip(kinds, *found, strict=True):
            incidents.append(Incident(district, str(kind), standing, further))
            incidents.extend(Incident(district, str(kind), left, 0) for left in missed_days)
            days[district] += RATES[kind] * standing
        reports[district] = ratio * days[district]
    city = reports.sum() / days.sum()
    return incidents, {district: ratio / city for district, ratio in enumerate(RATIOS)}


def _visibility_of_reported(rng: np.random.Generator, rates: Floats, habits: Habits) -> Floats:
    """Return the visibility of problems that were reported before they ended by themselves.

    Well seen ones are more likely to be among them, the more so in quiet districts.
    """
    if not habits.visibility:
        return np.ones_like(rates)
    shape = habits.visibility**-2
    found = np.zeros_like(rates)
    while (open_ := found == 0).any():
        seen = rng.gamma(shape, 1 / shape, size=open_.sum())
        rate = rates[open_] * seen
        is_reported = rng.random(open_.sum()) < rate / (rate + 1 / STANDING_DAYS)
        found[open_] = np.where(is_reported, seen, 0)
    return found


def _observe(
    rng: np.random.Generator, rates: Floats, habits: Habits
) -> tuple[list[float], list[int], list[list[float]]]:
    """Return days, later reports, and the days of incidents that missed reports opened."""
    days: list[float] = []
    counts: list[int] = []
    missed: list[list[float]] = []
    for rate, end in zip(rates, rng.exponential(STANDING_DAYS, size=rates.size), strict=True):
        left_at: list[float] = []
        now, until, count = 0.0, min(end, WINDOW_DAYS), 0
        while (now := now + rng.exponential(1 / rate)) < until and count < _MOST_REPORTS:
            if rng.random() < habits.recall:
                count += 1
                until = now + (until - now) * (1 - habits.speed_up)
            else:
                left_at.append(now)
        days.append(until)
        counts.append(count)
        missed.append([until - at for at in left_at if until > at])
    return days, counts, missed
