"""What lies around a report: it hastens routine work, and makes nothing urgent by itself."""

from collections.abc import Iterable, Iterator

from services.triage.rules.priority.urgency import LEAST, Point, Urgency

_CEILINGS = (LEAST["P1"], LEAST["P2"])
"""Scores that only what the report itself tells can reach: what is urgent, and danger now."""


def with_circumstances(urgency: Urgency, points: Iterable[Point]) -> Urgency:
    """Return the urgency with more points, of which none crosses into P2 or P1.

    Points that would are cut to what is left, and left out where nothing is.

    Args:
        urgency: How urgent the report is by what it tells.
        points: What lies around it, the most telling first.
    """
    return Urgency((*urgency.points, *_bounded(urgency.score, points)))


def _bounded(score: int, points: Iterable[Point]) -> Iterator[Point]:
    for point in points:
        ceiling = next((at for at in reversed(_CEILINGS) if at > score), None)
        added = point.points if ceiling is None else min(point.points, ceiling - 1 - score)
        if added > 0:
            score += added
            yield point._replace(points=added)
