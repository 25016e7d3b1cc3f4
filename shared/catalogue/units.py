"""Durations, distances, shares and hours as people write them in the catalogue's files."""

import re
from datetime import time, timedelta

from shared.catalogue.routing import DAYS, Hours

_UNITS = {"min": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_DURATION = re.compile(r"(\d+(?:\.\d+)?) ?(min|h|d)")
_METRES = re.compile(r"(\d+(?:\.\d+)?) ?m")
_PERCENT = re.compile(r"(\d+(?:\.\d+)?) ?%")
_SPAN = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")


def duration(text: object) -> timedelta:
    """Read ``15 min``, ``48 h``, ``30 d`` or ``0``."""
    if text == "0":
        return timedelta(0)
    match = _DURATION.fullmatch(str(text))
    if match is None:
        raise ValueError("write a duration such as 15 min, 48 h, 30 d or 0")
    return float(match[1]) * _UNITS[match[2]]


def metres(text: object) -> float:
    """Read ``50 m`` or ``0``."""
    if text == "0":
        return 0.0
    match = _METRES.fullmatch(str(text))
    if match is None:
        raise ValueError("write a distance such as 50 m or 0")
    return float(match[1])


def share(text: object) -> float:
    """Read ``50 %`` or ``0`` as a part of 1."""
    if text == "0":
        return 0.0
    match = _PERCENT.fullmatch(str(text))
    if match is None:
        raise ValueError("write a share such as 50 % or 0")
    return float(match[1]) / 100


def hours(data: object) -> Hours:
    """Read ``24/7``, or a mapping such as ``{mon-fri: 08:00-17:00, sat: 09:00-12:00}``."""
    if data == "24/7":
        return Hours.around_the_clock()
    if not isinstance(data, dict) or not data:
        raise ValueError("write 24/7, or days and times such as {mon-fri: 08:00-17:00}")
    week: list[tuple[time, time] | None] = [None] * len(DAYS)
    for days, span in data.items():
        for day in _days(str(days)):
            week[day] = _span(str(span))
    return Hours(always=False, week=tuple(week))


def _days(text: str) -> range:
    first, _, last = text.partition("-")
    if first not in DAYS or (last or first) not in DAYS:
        raise ValueError(f"write days as {', '.join(DAYS)}, or a span such as mon-fri")
    return range(DAYS.index(first), DAYS.index(last or first) + 1)


def _span(text: str) -> tuple[time, time]:
    match = _SPAN.fullmatch(text)
    if match is None:
        raise ValueError("write hours of a day such as 08:00-17:00")
    opens, closes = time(int(match[1]), int(match[2])), time(int(match[3]), int(match[4]))
    if opens >= closes:
        raise ValueError("the opening must come before the closing on the same day")
    return opens, closes
