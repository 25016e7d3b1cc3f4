from math import lgamma, log

import numpy as np
import pytest

from cli.insight.incidents import CoveredIncident
from cli.insight.model import Fit, fit
from services.insight.rules.reporting import Incident


def incidents(rows: list[tuple[str, str, float, int]]) -> list[CoveredIncident]:
    """From kind, district, days and later reports."""
    return [CoveredIncident(Incident(place, kind, days, m), ()) for kind, place, days, m in rows]


def simulated(rng: np.random.Generator, never: float) -> list[CoveredIncident]:
    """1,500 incidents of rate 0.2 a day, e times that for kind b, a share without later reports."""
    found = []
    for number in range(1_500):
        days, income = rng.uniform(1, 20), rng.normal(50, 10)
        rate = 0.2 * np.exp((number % 2) + 0.3 * (income - 50) / 10)
        count = 0 if rng.random() < never else int(rng.poisson(rate * days))
        one = Incident("east" if number % 3 else "west", "ab"[number % 2], days, count)
        found.append(CoveredIncident(one, (income,)))
    return found


def coefficient(fitted: Fit, name: str) -> float:
    value = fitted.coefficients[name]
    assert value is not None
    return value


def test_one_kind_and_place_have_the_rate_of_reports_by_days() -> None:
    fitted = fit(incidents([("k", "d", 2.0, 1), ("k", "d", 8.0, 3)]), (), zero_inflated=False)

    assert fitted.coefficients == {"intercept": pytest.approx(log(4 / 10))}
    assert fitted.log_likelihood == pytest.approx(
        log(0.8) - 0.8 + 3 * log(3.2) - 3.2 - lgamma(4), abs=1e-9
    )
    assert fitted.inflation is None


def test_the_first_label_in_alphabetical_order_is_the_baseline() -> None:
    rows = [("tree", "north", 10.0, 5), ("pothole", "north", 10.0, 2), ("pothole", "s", 10.0, 4)]

    fitted = fit(incidents(rows), (), zero_inflated=False)

    assert fitted.coefficients == {
        "intercept": pytest.approx(log(0.2)),
        "kind=tree": pytest.approx(log(5 / 2)),
        "district=s": pytest.approx(log(2)),
    }


def test_a_label_without_later_reports_has_no_finite_coefficient_and_changes_no_other() -> None:
    rows = [("k", "d", 2.0, 1), ("k", "d", 8.0, 3)]
    silent = [("mute", "d", 5.0, 0), ("k", "empty", 5.0, 0)]

    alone = fit(incidents(rows), (), zero_inflated=False)
    fitted = fit(incidents([*rows, *silent]), (), zero_inflated=False)

    assert fitted.coefficients == {
        "intercept": pytest.approx(log(0.4)),
        "kind=mute": None,
        "district=empty": None,
    }
    assert fitted.log_likelihood == pytest.approx(alone.log_likelihood)


@pytest.mark.parametrize(
    ("never", "zero_inflated"),
    [pytest.param(0.0, False, id="poisson"), pytest.param(0.4, True, id="zip")],
)
def test_known_coefficients_are_found_again(never: float, zero_inflated: bool) -> None:
    found = simulated(np.random.default_rng(3), never)

    fitted = fit(found, ("income",), zero_inflated=zero_inflated)

    assert coefficient(fitted, "intercept") == pytest.approx(log(0.2), abs=0.12)
    assert coefficient(fitted, "kind=b") == pytest.approx(1.0, abs=0.1)
    assert coefficient(fitted, "district=west") == pytest.approx(0.0, abs=0.1)
    assert coefficient(fitted, "income") == pytest.approx(0.3, abs=0.05)
    assert (fitted.inflation or 0.0) == pytest.approx(never, abs=0.04)


def test_zero_inflation_fits_better_exactly_where_there_is_some() -> None:
    some, none = (simulated(np.random.default_rng(5), never) for never in (0.4, 0.0))

    def gain(found: list[CoveredIncident]) -> float:
        plain, inflated = (fit(found, ("income",), zero_inflated=z) for z in (False, True))
        return inflated.log_likelihood - plain.log_likelihood

    assert gain(some) > 100
    assert 0 <= gain(none) + 0.01 < 5
