"""Quantiles of the gamma distribution."""

from math import exp, lgamma, log, sqrt
from statistics import NormalDist

_STEPS = 8
_PRECISION = 1e-10


def gamma_quantile(shape: float, probability: float) -> float:
    """Return the quantile of a gamma distribution with rate 1, by Newton's method.

    Args:
        shape: At least 1; the start (Wilson and Hilferty, PNAS 17, 1931) is poor below it.
        probability: Between 0 and 1, both exclusive.
    """
    normal = NormalDist().inv_cdf(probability)
    x = shape * pow(1 - 1 / (9 * shape) + normal / (3 * sqrt(shape)), 3)
    x = max(x, 1e-3 * shape)
    for _ in range(_STEPS):
        density = exp((shape - 1) * log(x) - x - lgamma(shape))
        step = (_lower_share(shape, x) - probability) / density
        x = max(x - step, x / 2)
        if abs(step) < _PRECISION * x:
            break
    return x


def _lower_share(shape: float, x: float) -> float:
    """Return the regularized lower incomplete gamma function, by its power series."""
    term = total = 1.0
    divisor = shape
    while term > total * 1e-16:
        divisor += 1
        term *= x / divisor
        total += term
    return total * exp(shape * log(x) - x - lgamma(shape + 1))
