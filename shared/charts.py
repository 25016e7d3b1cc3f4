"""Geometry of charts, in percent of their width and height."""

from collections.abc import Sequence
from itertools import pairwise

_LONGEST_RATIO = 2.0  # the right end of a chart of ratios


def length(value: float, longest: float) -> float:
    """Return the length of a bar, 0 to 100."""
    return round(value / longest * 100, 1) if longest else 0.0


def ratio_dot(low: float, middle: float, high: float) -> tuple[float, float, float]:
    """Return where a ratio and the ends of its interval lie; 1 is in the middle, 2 at the end."""

    def at(ratio: float) -> float:
        return length(min(ratio, _LONGEST_RATIO), _LONGEST_RATIO)

    return at(low), at(middle), at(high)


def line_path(values: Sequence[float | None]) -> str:
    """Return the SVG path through values from left to right; 0 is at the bottom.

    It is interrupted where a value is None; a value between two of these is a dot.
    """
    highest = max((value for value in values if value), default=0)
    step = 100 / max(len(values) - 1, 1)
    return "".join(
        f"{'M' if before is None else 'L'}{round(n * step, 1)} "
        f"{round(100 - length(value, highest), 1)}{'h0' if before is None else ''}"
        for n, (before, value) in enumerate(pairwise([None, *values]))
        if value is not None
    )
