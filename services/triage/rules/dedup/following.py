"""Follow the case that a reporter names, whatever the rules would find."""

from services.triage.rules.dedup.model import Match, Report, TriageCase
from shared.vocabulary import distance_m


def follow(report: Report, case: TriageCase) -> Match:
    """Return the match of a report with the case that its reporter chose among those near by."""
    here, there = report.place, case.opening.place
    away_m = distance_m(here, there) if here is not None and there is not None else None
    time_apart = abs(report.observed_at - case.opening.observed_at)
    return Match(case, "duplicate", "said_by_reporter", time_apart, away_m, 0.0, time_apart)


def may_follow(case: TriageCase, jurisdiction: str) -> bool:
    """Return True for an open case of this city."""
    return case.closed_at is None and case.key.startswith(f"{jurisdiction}:")
