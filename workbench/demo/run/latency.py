"""Latency from the acceptance of a new problem to its leading bureau's topic."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from shared.vocabulary import Lane
from workbench.demo.run.observations import LeadOrder, Observations


@dataclass(frozen=True, slots=True)
class LatencyStats:
    """Latency of one lane in seconds.

    Attributes:
        median_s: 50th percentile, nearest rank.
        p99_s: 99th percentile, nearest rank.
    """

    count: int
    median_s: float
    p99_s: float
    max_s: float


def latency_stats(seen: Observations, lane: Lane) -> LatencyStats | None:
    """Return the latency of a lane; None when no new problem came by it."""
    seconds = sorted(
        found
        for lead in seen.leads.values()
        if (found := seconds_to_bureau(seen, lead, lane)) is not None
    )
    if not seconds:
        return None
    return LatencyStats(
        len(seconds), _percentile(seconds, 0.5), _percentile(seconds, 0.99), seconds[-1]
    )


def seconds_to_bureau(
    seen: Observations, lead: LeadOrder, lane: Lane | None = None
) -> float | None:
    """Return the latency of one new problem in seconds, measured from its first report.

    Args:
        lead: Its leading work order.
        lane: Only when its first report came by this lane.

    Returns:
        None while the first report is unknown, or when it came by another lane.
    """
    joined = seen.requests_of_case.get(lead.order.case_id)
    request = seen.requests.get(joined[0]) if joined else None
    if request is None or (lane and request.lane != lane):
        return None
    return (lead.at - seen.accepted_at[request.request_id]).total_seconds()


def _percentile(ordered: Sequence[float], share: float) -> float:
    return ordered[max(0, ceil(share * len(ordered)) - 1)]
