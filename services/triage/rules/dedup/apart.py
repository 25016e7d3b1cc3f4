"""Cases between which an operator drew a line: a report is on one side of it."""

from collections.abc import Sequence

from services.triage.rules.dedup.comparison import Link, Report


def beyond_a_line(report: Report, links: Sequence[Link]) -> list[Link]:
    """Return the links that do not count, for there is one on the report's own side of a line.

    Of two cases that an operator split the report belongs to the nearer one, whether that is open
    or not; of two that are equally near to the one with more points, then to the one that was
    opened by a report of its kind. When nothing tells them apart both count.

    Args:
        report: The report that is held against the cases.
        links: Every case that it may be about.
    """
    if not any(link.case.split_from for link in links):
        return []
    ranked = [(_rank(link, report), link) for link in links]
    return [
        link
        for rank, link in ranked
        if any(other.case.is_apart_from(link.case) and better < rank for better, other in ranked)
    ]


def _rank(link: Link, report: Report) -> tuple[float, float, bool]:
    return link.distance_m or 0.0, -link.score, link.case.opening.kind != report.kind
