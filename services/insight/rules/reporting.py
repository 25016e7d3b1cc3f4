"""Reporting ratios: how often standing problems are reported, against the rates of their kinds.

A problem that was reported once and still stands is reported again at a rate of its own. Among
such incidents the chance of the first report cancels out, and unseen incidents do not count
(Liu, Bhandaram and Garg, Nature Computational Science 4, 2024). Ratios between groups are robust
to missed duplicates and to the length of the window; absolute delays are not, so none is given.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from typing import Generic, NamedTuple, TypeVar

from services.insight.rules.gamma import gamma_quantile

# Shape and rate of the prior: a group without data has the ratio 1, 0.5 to 1.6 at 90 %.
PRIOR_REPORTS = 8.0

_LOW, _HIGH = 0.05, 0.95
_CLASS = 5  # numbers of later reports that a coarse ratio does not tell apart

G = TypeVar("G", bound=Hashable)


class Incident(NamedTuple, Generic[G]):
    """A problem from its first report to its end, or to the end of its window.

    Attributes:
        group: What the ratios compare, such as a district.
        days: Time under observation, above 0.
        further: Later reports by other people in this time.
    """

    group: G
    kind: str
    days: float
    further: int


class ReportingRatio(NamedTuple, Generic[G]):
    """Reporting in a group against the expectation from its kinds; the intervals have 90 %.

    Later reports come in clusters: few incidents have most of them. ``low`` and ``high`` take each
    report as independent; the wide interval has their variance times the dispersion.

    Attributes:
        expected: Later reports at the rates of the kinds in the whole city.
        ratio: Mean of Gamma(8 + observed, 8 + expected), which shrinks small groups towards 1.
        dispersion: That of the whole city.
    """

    group: G
    incidents: int
    observed: int
    expected: float
    ratio: float
    low: float
    high: float
    dispersion: float
    wide_low: float
    wide_high: float


def reporting_ratios(incidents: Sequence[Incident[G]]) -> list[ReportingRatio[G]]:
    """Return the ratio of each group, in order of first appearance."""
    rates = rates_by_kind(incidents)
    counts: dict[G, int] = defaultdict(int)
    observed: dict[G, int] = defaultdict(int)
    expected: dict[G, float] = defaultdict(float)
    for one in incidents:
        counts[one.group] += 1
        observed[one.group] += one.further
        expected[one.group] += rates[one.kind] * one.days
    ratios = {
        group: (PRIOR_REPORTS + observed[group]) / (PRIOR_REPORTS + expected[group])
        for group in counts
    }
    spread = dispersion(
        (one.further, rates[one.kind] * one.days * ratios[one.group]) for one in incidents
    )
    return [
        _ratio(group, counts[group], observed[group], expected[group], spread) for group in counts
    ]


def dispersion(incidents: Iterable[tuple[int, float]]) -> float:
    """Return the variance of the sum of later reports over its mean: 1 (Poisson) to 8.

    Most incidents expect far less than one report. The squares are therefore added up before they
    are divided: Pearson's statistic would hang on the few reports where least were expected.

    Args:
        incidents: Later reports and their expected number.
    """
    reports, squares = 0, 0.0
    for further, mean in incidents:
        reports += further
        squares += (further - mean) ** 2
    return min(max(1.0, squares / reports), PRIOR_REPORTS) if reports else 1.0


def coarse(ratio: ReportingRatio[G]) -> ReportingRatio[G]:
    """Return the ratio for the middle of five numbers: 3 later reports stand for 1 to 5."""
    middle = (ratio.observed - 1) // _CLASS * _CLASS + 1 + _CLASS // 2
    return _ratio(ratio.group, ratio.incidents, middle, ratio.expected, ratio.dispersion)


def rates_by_kind(incidents: Iterable[Incident[G]]) -> dict[str, float]:
    """Return the later reports per day of each kind."""
    reports: dict[str, int] = defaultdict(int)
    days: dict[str, float] = defaultdict(float)
    for one in incidents:
        reports[one.kind] += one.further
        days[one.kind] += one.days
    return {kind: reports[kind] / days[kind] for kind in days}


def _ratio(
    group: G, incidents: int, observed: int, expected: float, spread: float
) -> ReportingRatio[G]:
    shape, rate = PRIOR_REPORTS + observed, PRIOR_REPORTS + expected
    wide_shape, wide_rate = shape / spread, rate / spread
    return ReportingRatio(
        group,
        incidents,
        observed,
        expected,
        ratio=shape / rate,
        low=gamma_quantile(shape, _LOW) / rate,
        high=gamma_quantile(shape, _HIGH) / rate,
        dispersion=spread,
        wide_low=gamma_quantile(wide_shape, _LOW) / wide_rate,
        wide_high=gamma_quantile(wide_shape, _HIGH) / wide_rate,
    )
