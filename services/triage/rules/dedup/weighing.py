"""How much speaks for two reports being of one problem."""

from collections.abc import Iterator
from math import hypot

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
    findings = tuple(findings_of(link, report, group, evidence))
    score = sum(finding.points for finding in findings)
    asked = evidence.thresholds(group)
    if score >= asked.duplicate and link.is_within_radius:
        return link._replace(findings=findings)
    if score >= asked.possible:
        return link._replace(findings=findings, relation="possible")
    return Rejection(link.case, "too_few_points", link.distance_m, score, asked.possible)


def _too_far(link: Link) -> Rejection:
    return Rejection(link.case, "too_far", link.distance_m, link.distance_m, link.radius_m)


def findings_of(link: Link, report: Report, group: str, evidence: Evidence) -> Iterator[Finding]:
    """Return all that speaks for or against the link, each with its points."""
    opening = link.case.opening
    yield Finding("group", evidence.thresholds(group).start)
    if usual := evidence.kinds.get(report.kind):
        yield Finding("usual", usual)
    yield _of_place(link, report, evidence)
    yield Finding("time", evidence.apart(link.apart / HOUR, link.window / HOUR))
    if report.kind == opening.kind:
        yield Finding("kind", evidence.same_kind)
    yield from _of_address(report.address, opening.address, evidence)
    yield from _of_sender(link, report, evidence)
    yield from _of_words(report, opening, evidence)
    yield from _of_assets(report, opening, evidence)


def _of_place(link: Link, report: Report, evidence: Evidence) -> Finding:
    unknown = evidence.no_distance
    if link.nearness != "near" or link.distance_m is None:
        return Finding("place", unknown)
    points = evidence.distance(link.distance_m, link.radius_m)
    off_m = hypot(report.off_m, link.case.opening.off_m)
    trust = evidence.accuracy.trust(off_m)
    if trust == 1:
        return Finding("place", points)
    return Finding("place", unknown + trust * (points - unknown), f"give or take {off_m:.0f} m")


def _of_address(one: str | None, other: str | None, evidence: Evidence) -> Iterator[Finding]:
    if one is not None and one == other:
        yield Finding("address", evidence.same_address)
    elif on_same_street(one, other):
        yield Finding("street", evidence.same_street)


def _of_sender(link: Link, report: Report, evidence: Evidence) -> Iterator[Finding]:
    """A person who comes back to a spot means the same; one who goes on means the next."""
    if evidence.same_sender is None or report.reporter is None or link.distance_m is None:
        return
    if report.reporter == link.case.opening.reporter:
        yield Finding("same_sender", evidence.same_sender(link.distance_m, link.radius_m))


def _of_words(report: Report, opening: Report, evidence: Evidence) -> Iterator[Finding]:
    if shared := report.words & opening.words:
        points = min(evidence.words.most, evidence.words.each * len(shared))
        yield Finding("words", points, " ".join(sorted(shared)))


def _of_assets(report: Report, opening: Report, evidence: Evidence) -> Iterator[Finding]:
    """Two answers tell two things apart only where they answer the same question."""
    if report.asset is None or opening.asset is None:
        return
    question = report.asset.partition(":")[0]
    if report.asset == opening.asset:
        yield Finding("same_asset", evidence.assets.same, question)
    elif question == opening.asset.partition(":")[0]:
        yield Finding("other_asset", evidence.assets.other, question)


def on_same_street(one: str | None, other: str | None) -> bool:
    """Say whether two address keys name the same place or share a street."""
    if one is None or other is None:
        return False
    return one == other or not streets_of(one).isdisjoint(streets_of(other))
