"""Charts of public figures: bars, dots with their intervals, and lines, beside the numbers."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple, TypeAlias

from babel.dates import format_skeleton, format_timedelta

from shared.catalogue import Jurisdiction
from shared.charts import length, line_path, ratio_dot

NONE = "\u2013"  # in place of a figure that there is not
_MOST_BARS = 20
_MOST_LINES = 12

Row: TypeAlias = Mapping[str, Any]
Dimension: TypeAlias = Literal["kind", "district"]


class Bar(NamedTuple):
    """A row of a chart.

    Attributes:
        percent: Length of its bar, 0 to 100.
        texts: Its figures as they are written, in the order of the columns.
        dot: Low end, middle and high end in percent, in place of a bar.
    """

    label: str
    percent: float
    texts: Sequence[str]
    dot: tuple[float, float, float] | None = None


class Chart(NamedTuple):
    """The rows of a chart, and the number of those that are not shown."""

    bars: Sequence[Bar]
    hidden: int


class TrendLine(NamedTuple):
    """A line through the months.

    Attributes:
        path: SVG path in a box of 100 by 100.
        texts: The figure of each month.
    """

    label: str
    path: str
    texts: Sequence[str]
    highest: int


class Trend(NamedTuple):
    """Lines through the same months, the earliest first; ``hidden`` more are not shown."""

    months: Sequence[str]
    lines: Sequence[TrendLine]
    hidden: int


@dataclass(frozen=True, slots=True)
class Words:
    """Names and units in the language of a page; an unknown district has an empty name."""

    city: Jurisdiction
    language: str

    def name(self, row: Row, by: str) -> str:
        """Return the name of a row's month, kind or district."""
        value = row[by] or ""
        if by == "month":
            first = datetime.fromisoformat(f"{value}-01")
            return format_skeleton("yMMMM", first, locale=self.language)
        if by == "district":
            return self.city.districts.get(value, value)
        service = self.city.services.get(value)
        return service.name.in_language(self.language) if service else value

    def hours(self, hours: float | None) -> str:
        """Return a duration in words; a dash for none."""
        if hours is None:
            return NONE
        return format_timedelta(timedelta(hours=hours), threshold=1.2, locale=self.language)


def volumes(rows: Sequence[Row], dimension: Dimension, words: Words) -> Chart:
    """Return the requests by a dimension, the most first."""
    shown = _most_first(rows)
    longest = max((row["n"] for row in shown), default=1)
    bars = [
        Bar(words.name(row, dimension), length(row["n"], longest), [f"{row['n']}"]) for row in shown
    ]
    return _chart(rows, bars)


def trend(rows: Sequence[Row], dimension: Dimension | None, words: Words) -> Trend:
    """Return a line for each value of a dimension, those with the most requests first.

    Without a dimension there is one line, which has no label. A value without a row in a month had
    no request then; a month whose number is hidden is a gap.
    """
    months = sorted({row["month"] for row in rows})
    found: dict[str | None, dict[str, int | None]] = defaultdict(lambda: dict.fromkeys(months, 0))
    for row in rows:
        found[row[dimension] if dimension else None][row["month"]] = row["n"]
    shown = [(value, list(of.values())) for value, of in found.items() if any(of.values())]
    shown.sort(key=lambda one: -sum(n or 0 for n in one[1]))
    lines = [
        TrendLine(
            label=words.name({dimension: value}, dimension) if dimension else "",
            path=line_path(numbers),
            texts=[NONE if number is None else str(number) for number in numbers],
            highest=max(number or 0 for number in numbers),
        )
        for value, numbers in shown[:_MOST_LINES]
    ]
    names = [words.name({"month": month}, "month") for month in months]
    return Trend(names, lines, len(found) - len(lines))


def times(rows: Sequence[Row], dimension: Dimension, words: Words) -> Chart:
    """Return the hours until half of the cases are done, the most cases first."""
    shown = [(row, row["complete"]) for row in _most_first(rows)]
    longest = max((done["median_hours"] or 0 for _, done in shown), default=1)
    bars = [
        Bar(
            words.name(row, dimension),
            length(done["median_hours"] or 0, longest),
            [words.hours(done["median_hours"]), words.hours(done["p90_hours"]), f"{row['n']}"],
        )
        for row, done in shown
    ]
    return _chart(rows, bars)


def promises(rows: Sequence[Row], dimension: Dimension, words: Words) -> Chart:
    """Return the share of deadlines that were kept, of all that have passed or were met."""
    bars = []
    for row in sorted(filter(_due, rows), key=_due)[::-1]:
        share = length(row["kept"], _due(row))
        texts = [f"{row['kept']} ({share:.0f} %)", f"{row['missed']}", f"{row['open_past_due']}"]
        bars.append(Bar(words.name(row, dimension), share, texts))
    return _chart(rows, bars)


def half_done(row: Row, words: Words) -> str:
    """Return the time until half of the cases were done; a dash where it is hidden."""
    return words.hours((row.get("complete") or {}).get("median_hours"))


def share_kept(row: Row) -> str:
    """Return the share of promises that were kept, in percent; a dash where it is hidden."""
    return f"{length(row['kept'], _due(row)):.0f} %" if _due(row) else NONE


def _due(row: Row) -> int:
    return sum(row.get(name) or 0 for name in ("kept", "missed", "open_past_due"))


def reporting(rows: Sequence[Row], words: Words) -> Chart:
    """Return how often standing problems are reported by district, against the whole city."""
    shown = [row for row in rows if row.get("ratio") is not None]
    bars = [
        Bar(
            words.name(row, "district"),
            0,
            [f"{row['ratio']:.2f}", f"{row['wide_low']:.2f} - {row['wide_high']:.2f}"],
            ratio_dot(row["wide_low"], row["ratio"], row["wide_high"]),
        )
        for row in sorted(shown, key=lambda row: -row["ratio"])
    ]
    return _chart(rows, bars)


def _most_first(rows: Sequence[Row]) -> Sequence[Row]:
    return sorted((row for row in rows if row["n"] is not None), key=lambda row: -row["n"])


def _chart(rows: Sequence[Row], bars: Sequence[Bar]) -> Chart:
    """Return the first bars of those that could be drawn of some rows."""
    shown = bars[:_MOST_BARS]
    return Chart(shown, len(rows) - len(shown))
