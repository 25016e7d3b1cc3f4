"""Charts of public figures: rows with a bar, or a dot with its interval, beside the numbers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal, NamedTuple, TypeAlias

from babel.dates import format_timedelta

NONE = "\u2013"  # in place of a figure or name that there is not
_MOST_BARS = 20
_LONGEST_RATIO = 2.0  # the right end of the chart of ratios

Row: TypeAlias = Mapping[str, Any]
Dimension: TypeAlias = Literal["kind", "district", "month"]


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


@dataclass(frozen=True, slots=True)
class Words:
    """Names and units in the language of a page."""

    language: str
    names: Mapping[str, Callable[[str | None], str]]

    def hours(self, hours: float | None) -> str:
        """Return a duration in words; a dash for none."""
        if hours is None:
            return NONE
        return format_timedelta(timedelta(hours=hours), threshold=1.2, locale=self.language)


def volumes(rows: Sequence[Row], dimension: Dimension, words: Words) -> Chart:
    """Return the requests by a dimension; kinds and districts with the most first."""
    shown = [row for row in rows if row["n"] is not None]
    if dimension != "month":
        shown.sort(key=lambda row: -row["n"])
    longest = max((row["n"] for row in shown), default=1)
    return _chart(rows, shown, dimension, words, lambda row: (row["n"] / longest, [str(row["n"])]))


def times(rows: Sequence[Row], dimension: Dimension, words: Words) -> Chart:
    """Return the hours until half of the cases are done, the most cases first."""
    shown = sorted((row for row in rows if row["n"] is not None), key=lambda row: -row["n"])
    done = [row["complete"]["median_hours"] for row in shown]
    longest = max((hours for hours in done if hours), default=1)

    def bar(row: Row) -> tuple[float, Sequence[str]]:
        middle, most = row["complete"]["median_hours"], row["complete"]["p90_hours"]
        return (middle or 0) / longest, [words.hours(middle), words.hours(most), str(row["n"])]

    return _chart(rows, shown, dimension, words, bar)


def promises(rows: Sequence[Row], dimension: Dimension, words: Words) -> Chart:
    """Return the share of deadlines that were kept, of all that have passed or were met."""

    def due(row: Row) -> int:
        return sum(row[name] or 0 for name in ("kept", "missed", "open_past_due"))

    shown = sorted(filter(due, rows), key=due)[::-1]

    def bar(row: Row) -> tuple[float, Sequence[str]]:
        return row["kept"] / due(row), [
            str(row[name]) for name in ("kept", "missed", "open_past_due")
        ]

    return _chart(rows, shown, dimension, words, bar)


def reporting(rows: Sequence[Row], words: Words) -> Chart:
    """Return how often standing problems are reported by district, against the whole city."""
    shown = [row for row in rows if row.get("ratio") is not None]

    def percent(ratio: float) -> float:
        return round(min(ratio / _LONGEST_RATIO, 1) * 100, 1)

    bars = [
        Bar(
            words.names["district"](row["district"]),
            percent(row["ratio"]),
            [f"{row['ratio']:.2f}", f"{row['wide_low']:.2f} - {row['wide_high']:.2f}"],
            (percent(row["wide_low"]), percent(row["ratio"]), percent(row["wide_high"])),
        )
        for row in sorted(shown, key=lambda row: -row["ratio"])
    ]
    return Chart(bars, len(rows) - len(bars))


def _chart(
    rows: Sequence[Row],
    shown: Sequence[Row],
    dimension: Dimension,
    words: Words,
    bar: Callable[[Row], tuple[float, Sequence[str]]],
) -> Chart:
    bars = []
    for row in shown[:_MOST_BARS]:
        share, texts = bar(row)
        bars.append(Bar(words.names[dimension](row[dimension]), round(share * 100, 1), texts))
    return Chart(bars, len(rows) - len(bars))
