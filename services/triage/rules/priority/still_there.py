"""What it adds to a problem's urgency that it is reported long after it was."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from services.triage.rules.dedup.comparison import Link
from services.triage.rules.priority.urgency import Point
from shared.catalogue import ServiceType
from shared.catalogue.circumstances import Steps

_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)


def of_still_there(
    link: Link, observed_at: datetime, service: ServiceType, steps: Steps
) -> Iterator[Point]:
    """Yield the reason that an open problem is still there after it should be dealt with.

    Less than a day is no long time, whatever a kind's target. What was closed since is another
    problem.

    Args:
        link: The case that the report is about, or comes too late to join.
        observed_at: Event time of the report.
        service: Its kind, whose target says when the problem should be dealt with.
        steps: Points by how often that time has passed.
    """
    if link.relation not in ("duplicate", "window_over") or not service.target_hours:
        return
    after = observed_at - link.case.opening.observed_at
    if after >= _DAY and (points := steps(after / (service.target_hours * _HOUR))):
        days = after // _DAY
        yield Point("still_there", points, f"{days} day{'s' if days > 1 else ''}")
