"""Kaplan-Meier estimates of durations of which some have not ended."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import NamedTuple

_ROUNDING = 1e-9  # of shares that are products of fractions


class Duration(NamedTuple):
    """Hours until an end, or until the last moment at which none had come."""

    hours: float
    has_ended: bool


def reached_after(durations: Iterable[Duration], shares: Sequence[float]) -> list[float | None]:
    """Return the hours after which each share has ended; None for one that is not reached.

    A duration without an end counts as at risk until it was last seen, so that open cases cannot
    make a bureau look fast.
    """
    ordered = sorted(durations)
    at_risk, surviving, steps = len(ordered), 1.0, []
    for hours, tied in groupby(ordered, key=lambda one: one.hours):
        ended = [one.has_ended for one in tied]
        surviving *= 1 - sum(ended) / at_risk
        steps.append((hours, 1 - surviving))
        at_risk -= len(ended)
    least = [share - _ROUNDING for share in shares]
    return [next((hours for hours, done in steps if done >= share), None) for share in least]
