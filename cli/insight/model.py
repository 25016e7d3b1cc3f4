"""Poisson and zero-inflated Poisson regression of the later reports of incidents."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import lgamma
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from cli.insight.incidents import CoveredIncident

Floats: TypeAlias = NDArray[np.float64]

_STEPS = 200
_CONVERGED = 1e-9  # gain in log-likelihood
_START_INFLATION = -1.0  # logit of the share


@dataclass(frozen=True, slots=True)
class Fit:
    """A fitted model; ``inflation`` is the share of incidents that never get a later report.

    Attributes:
        coefficients: Logarithms of rate ratios by name; None where a label has no later report,
            so that its rate is 0. The intercept is the log rate per day at the baselines.
        inflation: None for the plain Poisson model.
    """

    coefficients: Mapping[str, float | None]
    log_likelihood: float
    inflation: float | None


@dataclass(frozen=True, slots=True)
class _Data:
    """Design matrix, later reports and log days of the incidents."""

    design: Floats
    counts: Floats
    offset: Floats

    def rates(self, beta: Floats) -> Floats:
        """Expected counts, capped against overflow on the way."""
        mean: Floats = np.exp(np.minimum(self.design @ beta + self.offset, 50.0))
        return mean


def fit(
    incidents: Sequence[CoveredIncident], covariates: Sequence[str], *, zero_inflated: bool
) -> Fit:
    """Fit log rate = intercept + kind + district + covariates by maximum likelihood.

    The first label in alphabetical order with a later report is the baseline of kind and district.
    Covariates have mean 0 and standard deviation 1. Incidents of a label without any later report
    fit its rate 0 exactly in a Poisson model; they are left out and add 0 to the log-likelihood.
    """
    kinds = _labels([(i.incident.kind, i.incident.further) for i in incidents])
    districts = _labels([(i.incident.group, i.incident.further) for i in incidents])
    used = [i for i in incidents if kinds[i.incident.kind] and districts[i.incident.group]]
    names = [
        "intercept",
        *_columns("kind", kinds),
        *_columns("district", districts),
        *covariates,
    ]
    data = _Data(
        _design(used, names, covariates),
        np.array([i.incident.further for i in used], dtype=np.float64),
        np.log([i.incident.days for i in used]),
    )
    theta = _maximize(data, zero_inflated=zero_inflated)
    found: dict[str, float | None] = dict(zip(names, theta[: len(names)].tolist(), strict=True))
    for prefix, labels in (("kind", kinds), ("district", districts)):
        found |= {f"{prefix}={label}": None for label, seen in labels.items() if not seen}
    constant = sum(lgamma(count + 1) for count in data.counts)
    return Fit(
        found,
        _log_likelihood(data, theta) - constant,
        float(_share(theta[-1])) if zero_inflated else None,
    )


def _labels(counted: Sequence[tuple[str, int]]) -> dict[str, int]:
    """Return the later reports of each label, in alphabetical order."""
    totals: dict[str, int] = dict.fromkeys(sorted({label for label, _ in counted}), 0)
    for label, count in counted:
        totals[label] += count
    return totals


def _columns(prefix: str, labels: Mapping[str, int]) -> list[str]:
    return [f"{prefix}={label}" for label, seen in labels.items() if seen][1:]


def _design(
    incidents: Sequence[CoveredIncident], names: Sequence[str], covariates: Sequence[str]
) -> Floats:
    column = {name: number for number, name in enumerate(names)}
    design = np.zeros((len(incidents), len(names)))
    design[:, 0] = 1.0
    for row, one in enumerate(incidents):
        for name in (f"kind={one.incident.kind}", f"district={one.incident.group}"):
            if name in column:
                design[row, column[name]] = 1.0
    if covariates:
        values = np.array([one.covariates for one in incidents], dtype=np.float64)
        spread = values.std(axis=0)
        design[:, -len(covariates) :] = (values - values.mean(axis=0)) / np.where(spread, spread, 1)
    return design


def _share(logit: float) -> float:
    return float(1 / (1 + np.exp(-logit)))


def _maximize(data: _Data, *, zero_inflated: bool) -> Floats:
    """Return the maximum of the log-likelihood by damped Newton steps (Levenberg-Marquardt)."""
    size = data.design.shape[1]
    theta = np.zeros(size + zero_inflated)
    theta[0] = np.log(data.counts.sum() / np.exp(data.offset).sum())
    if zero_inflated:
        theta[-1] = _START_INFLATION
    value, damping = _log_likelihood(data, theta), 1e-6
    for _ in range(_STEPS):
        gradient, curvature = _derivatives(data, theta)
        damped = curvature + damping * np.diag(np.abs(np.diag(curvature)) + 1e-9)
        trial = theta + np.linalg.solve(damped, gradient)
        reached = _log_likelihood(data, trial)
        if reached < value:
            damping *= 10
            continue
        gained = reached - value
        theta, value = trial, reached
        if gained < _CONVERGED:
            break
        damping = max(damping / 100, 1e-9)
    return theta


def _log_likelihood(data: _Data, theta: Floats) -> float:
    """Return the log-likelihood without the constant of the factorials."""
    size = data.design.shape[1]
    mean = data.rates(theta[:size])
    plain = data.counts * np.log(mean) - mean
    if theta.size == size:
        return float(plain.sum())
    share = _share(theta[-1])
    zero = np.log(share + (1 - share) * np.exp(-mean))
    return float(np.where(data.counts == 0, zero, np.log(1 - share) + plain).sum())


def _derivatives(data: _Data, theta: Floats) -> tuple[Floats, Floats]:
    """Return the gradient and the negative Hessian.

    ``open_`` is the probability that an incident can get later reports at all, given its count.
    """
    size = data.design.shape[1]
    mean, is_zero = data.rates(theta[:size]), data.counts == 0
    if theta.size == size:
        gradient = data.design.T @ (data.counts - mean)
        return gradient, data.design.T @ (data.design * mean[:, None])
    share = _share(theta[-1])
    unseen = (1 - share) * np.exp(-mean)
    open_ = np.where(is_zero, unseen / (share + unseen), 1.0)
    closed = 1 - open_
    gradient = np.append(data.design.T @ (data.counts - open_ * mean), (closed - share).sum())
    weights = open_ * mean - open_ * closed * mean**2
    cross = -(data.design.T @ (closed * open_ * mean))
    curvature = np.zeros((size + 1, size + 1))
    curvature[:size, :size] = data.design.T @ (data.design * weights[:, None])
    curvature[:size, size] = curvature[size, :size] = cross
    curvature[size, size] = (share * (1 - share) - open_ * closed).sum()
    return gradient, curvature
