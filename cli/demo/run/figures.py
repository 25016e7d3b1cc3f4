"""What the facts add up to."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil

from cli.demo.run.facts import Facts, Issued
from cli.demo.scenario import Report


@dataclass(frozen=True, slots=True)
class Delay:
    """How long it took from acceptance until the work was on its bureau's topic, in seconds."""

    count: int
    median_s: float
    p99_s: float
    worst_s: float


def delay_of(facts: Facts, lane: str) -> Delay | None:
    """Return how long new problems of a lane took to their leading bureau; None without any."""
    found = sorted(
        seconds
        for issued in facts.leads.values()
        if (seconds := seconds_to_bureau(facts, issued, lane)) is not None
    )
    if not found:
        return None
    return Delay(len(found), _at(found, 0.5), _at(found, 0.99), found[-1])


def seconds_to_bureau(facts: Facts, issued: Issued, lane: str | None = None) -> float | None:
    """Return how long a new problem took to the bureau that leads.

    None while it is not known who reported it first, or when that came by another lane.
    """
    joined = facts.followers.get(issued.order.case_id)
    request = facts.requests.get(joined[0]) if joined else None
    if request is None or (lane and request.lane != lane):
        return None
    return (issued.at - facts.accepted_at[request.request_id]).total_seconds()


def requests_of(facts: Facts, reports: Iterable[Report]) -> list[str]:
    """Return the requests that these reports became."""
    answers = (facts.accepted.get((report.source, report.id)) for report in reports)
    return [answer.request_id for answer in answers if answer]


def cases_of(facts: Facts, requests: Iterable[str]) -> list[str]:
    """Return the cases to which requests belong, each once."""
    decided = (facts.decisions.get(request_id) for request_id in requests)
    return list(dict.fromkeys(d.case_id for d in decided if d and d.case_id))


def told(facts: Facts, requests: Iterable[str]) -> int:
    """Return to how many of these requests' reporters a message went out."""
    return len({message.request_id for message in facts.sent.values()} & set(requests))


def _at(values: Sequence[float], share: float) -> float:
    """Return the nearest-rank percentile of sorted values."""
    return values[max(0, ceil(share * len(values)) - 1)]
