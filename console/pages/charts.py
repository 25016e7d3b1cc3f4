"""Charts of a report: a bar or a dot with its interval for each row, or lines through time."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from shared.charts import length, line_path, ratio_dot

ORDERED = ("month", "weekday", "hour")
_MOST_LINES = 24
_RATIOS = "reporting"
_FIGURE: Mapping[str, str] = MappingProxyType(
    {"volumes": "n", "times": "complete median_hours", _RATIOS: "ratio"}
)
# The part that a report is about, and the figures that are the whole.
_SHARE: Mapping[str, tuple[str, Sequence[str]]] = MappingProxyType(
    {
        "promises": ("kept", ("kept", "missed", "open_past_due")),
        "duplicates": ("joined", ("n",)),
        "feedback": ("not_fixed", ("answered",)),
        "reopened": ("reopened", ("completed",)),
        "triage": ("corrected", ("n",)),
        "desk": ("resolved_at_first_contact", ("n",)),
    }
)

Figures = Mapping[str, Any]


class Drawn(NamedTuple):
    """A row's bar in percent of the longest; or low end, middle and high end of its dot."""

    percent: float
    dot: tuple[float, float, float] | None


class TimeLine(NamedTuple):
    """A line through time; ``value`` is that of the other dimension, None without one or name."""

    value: Any
    path: str
    highest: float


def drawn(report: str, rows: Sequence[Figures]) -> Sequence[Drawn | None]:
    """Return the bar or dot of each row; None where its figure is not told."""
    values = [_value(report, row) for row in rows]
    longest = 100 if report in _SHARE else max((value for value in values if value), default=1)
    return [
        None if value is None else Drawn(length(value, longest), _dot(report, row))
        for value, row in zip(values, rows, strict=True)
    ]


def lines(
    report: str, by: Sequence[str], cells: Sequence[Figures], rows: Sequence[Figures]
) -> Sequence[TimeLine]:
    """Return a line for each value of the dimension beside that of time, the highest first.

    Args:
        cells: The values of the dimensions of each row.
    """
    times = [name for name in by if name in ORDERED][-1:]
    if not times:
        return ()
    moments = sorted({cell[times[0]] for cell in cells})
    others = [name for name in by if name not in times]
    nothing = 0 if report == "volumes" else None
    found: dict[Any, dict[Any, float | None]] = defaultdict(lambda: dict.fromkeys(moments, nothing))
    for cell, row in zip(cells, rows, strict=True):
        found[cell[others[0]] if others else None][cell[times[0]]] = _value(report, row)
    made = [
        TimeLine(value, line_path([*of.values()]), max(one or 0 for one in of.values()))
        for value, of in found.items()
    ]
    return sorted(made, key=lambda line: -line.highest)[:_MOST_LINES]


def _value(report: str, row: Figures) -> float | None:
    """Return the figure of a row, or its share in percent; None where it is hidden."""
    if report not in _SHARE:
        return row.get(_FIGURE[report])
    part, wholes = _SHARE[report]
    whole = sum(row.get(name) or 0 for name in wholes)
    return None if row.get(part) is None or not whole else round(row[part] / whole * 100)


def _dot(report: str, row: Figures) -> tuple[float, float, float] | None:
    return ratio_dot(row["wide_low"], row["ratio"], row["wide_high"]) if report == _RATIOS else None
