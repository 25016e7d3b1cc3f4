from itertools import pairwise

import pytest

from services.insight.rules.gamma import gamma_quantile
from services.insight.rules.reporting import Incident, dispersion, reporting_ratios


@pytest.mark.parametrize(
    ("shape", "probability", "quantile"),
    [  # scipy.stats.gamma.ppf
        pytest.param(8, 0.05, 3.98082279, id="prior, low"),
        pytest.param(8, 0.95, 13.1481138, id="prior, high"),
        pytest.param(1, 0.5, 0.69314718, id="exponential"),
        pytest.param(500, 0.95, 537.339724, id="many reports"),
    ],
)
def test_quantiles_of_the_gamma_distribution(
    shape: float, probability: float, quantile: float
) -> None:
    assert gamma_quantile(shape, probability) == pytest.approx(quantile, rel=1e-7)


def test_a_higher_probability_has_a_higher_quantile_at_any_shape() -> None:
    for shape in (1.0, 8.0, 20.5, 1e4, 1e5):
        quantiles = [gamma_quantile(shape, p / 100) for p in range(5, 100, 5)]
        assert all(low < high for low, high in pairwise(quantiles))


def test_a_district_is_compared_with_the_rates_of_its_own_kinds() -> None:
    loud_kind = [Incident("loud", "pothole", 10.0, 4), Incident("quiet", "pothole", 10.0, 2)]
    calm_kind = [Incident("quiet", "tree", 10.0, 0), Incident("loud", "tree", 5.0, 0)]

    loud, quiet = reporting_ratios([*loud_kind, *calm_kind])

    assert (loud.group, loud.incidents, loud.observed) == ("loud", 2, 4)
    assert loud.expected == quiet.expected == pytest.approx(3.0)  # 0.3 a day; trees expect none
    assert loud.ratio == pytest.approx(12 / 11)
    assert quiet.ratio == pytest.approx(10 / 11)
    assert quiet.low < quiet.ratio < quiet.high


def test_a_district_without_any_later_report_is_near_1_and_uncertain() -> None:
    (one, _) = reporting_ratios([Incident("a", "k", 1.0, 0), Incident("b", "k", 99.0, 1)])

    assert one.ratio == pytest.approx(1.0, abs=0.01)
    assert one.low < 0.51
    assert one.high > 1.6


def test_incidents_of_a_kind_that_nobody_reports_twice_expect_nothing() -> None:
    (one,) = reporting_ratios([Incident("a", "k", 3.0, 0)])

    assert (one.expected, one.ratio) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("incidents", "found"),
    [
        pytest.param([(0, 0.5)] * 5, 1.0, id="no report"),
        pytest.param([(1, 1.0), (2, 2.0)], 1.0, id="less than Poisson"),
        pytest.param([(0, 1.0)] * 3 + [(4, 1.0)], 3.0, id="in clusters"),
        pytest.param([(0, 1e-9)] * 99 + [(1, 1e-9)], 1.0, id="where hardly one was expected"),
        pytest.param([(0, 0.1)] * 99 + [(90, 0.1)], 8.0, id="at most the prior"),
    ],
)
def test_the_dispersion_is_the_variance_of_the_sum_over_its_mean(
    incidents: list[tuple[int, float]], found: float
) -> None:
    assert dispersion(incidents) == pytest.approx(found)


def test_the_wide_interval_has_the_same_mean_and_is_wider_where_reports_come_in_clusters() -> None:
    even = [Incident("a", "k", 1.0, n % 2) for n in range(80)]
    clustered = [Incident("a", "k", 1.0, 4 * (n % 8 == 0)) for n in range(80)]

    [calm], [wild] = reporting_ratios(even), reporting_ratios(clustered)

    assert (calm.dispersion, calm.wide_low, calm.wide_high) == (1.0, calm.low, calm.high)
    assert wild.dispersion == pytest.approx(3.5)
    assert (wild.ratio, wild.low, wild.high) == (calm.ratio, calm.low, calm.high)
    spread = (wild.wide_high - wild.wide_low) / (wild.high - wild.low)
    assert spread == pytest.approx(3.5**0.5, rel=0.02)
