"""How much speaks for two reports being of one problem."""

from collections.abc import Iterator
from dataclasses import replace

from services.triage.rules.dedup.addresses import streets_of
from services.triage.rules.dedup.comparison import HOUR, Finding, Link, Rejection, Report
from shared.catalogue.evidence import Evidence


def weigh(link: Link, report: Report, group: str, evidence: Evidence) -> Link | Rejection:
    """Return the link as the evidence makes it, or that too little speaks for it.

    Never more than the radius and the window allow is the same problem; what lies beyond the
    radius is a possible one at most. What is the same again goes by radius alone, and the same
    person's reports need no more evidence.

    Args:
        link: The report held against a case.
        report: The report.
        group: The dedup group of both.
        evidence: How the city weighs it.
    """
    if link.relation != "duplicate":
        return link if link.is_within_radius else _too_far(link)
    if link.nearness == "same_reporter":
        return link
    weighed = replace(link, findings=tuple(_findings(link, report, group, evidence)))
    asked = evidence.thresholds(group)
    if weighed.score >= asked.duplicate and link.is_within_radius:
        return weighed
    if weighed.score >= asked.possible:
        return replace(weighed, relation="possible")
    away_m = link.distance_m
    return Rejection(link.case, "too_few_points", away_m, weighed.score, asked.possible)


def _too_far(link: Link) -> Rejection:
    return Rejection(link.case, "too_far", link.distance_m, link.distance_m, link.radius_m)


def _findings(link: Link, report: Report, group: str, evidence: Evidence) -> Iterator[Finding]:
    opening = link.case.opening
    yield Finding("group", evidence.thresholds(group).start)
    if usual := evidence.kinds.get(report.kind):
        yield Finding("usual", usual)
    yield Finding("place", _of_place(link, evidence))
    yield Finding("time", evidence.apart(link.apart / HOUR))
    if report.kind == opening.kind:
        yield Finding("kind", evidence.same_kind)
    if on_same_street(report.address, opening.address):
        yield Finding("street", evidence.same_street)


def _of_place(link: Link, evidence: Evidence) -> float:
    if link.nearness != "near" or link.distance_m is None:
        return evidence.no_distance
    return evidence.distance(link.distance_m)


def on_same_street(one: str | None, other: str | None) -> bool:
    """Say whether two address keys name the same place or share a street."""
    if one is None or other is None:
        return False
    return one == other or not streets_of(one).isdisjoint(streets_of(other))
