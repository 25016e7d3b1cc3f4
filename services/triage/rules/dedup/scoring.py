"""How much speaks for two reports being of one problem."""

from collections.abc import Iterator
from math import hypot

from services.triage.rules.dedup.addresses import streets_of
from services.triage.rules.dedup.model import HOUR, Aspect, CaseRejection, Match, Report, ScoreItem
from shared.catalogue.evidence import MOST_POINTS, Evidence


def score_match(
    link: Match, report: Report, group: str, evidence: Evidence
) -> Match | CaseRejection:
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
    if link.basis == "same_reporter":
        return link
    findings = tuple(score_items(link, report, group, evidence))
    score = sum(finding.points for finding in findings)
    asked = evidence.thresholds(group)
    if score >= asked.duplicate and link.is_within_radius:
        return link._replace(items=findings)
    if score >= asked.possible:
        return link._replace(items=findings, relation="possible")
    return CaseRejection(link.case, "too_few_points", link.distance_m, score, asked.possible)


def _too_far(link: Match) -> CaseRejection:
    return CaseRejection(link.case, "too_far", link.distance_m, link.distance_m, link.radius_m)


def score_items(link: Match, report: Report, group: str, evidence: Evidence) -> Iterator[ScoreItem]:
    """Return all that speaks for or against the link, each with its points."""
    opening = link.case.opening
    yield ScoreItem("group", evidence.thresholds(group).start)
    if usual := evidence.kinds.get(report.kind):
        yield ScoreItem("usual", usual)
    yield _of_place(link, report, evidence)
    yield ScoreItem("time", evidence.apart(link.time_apart / HOUR, link.window / HOUR))
    if report.kind == opening.kind:
        yield ScoreItem("kind", evidence.same_kind)
    yield from _of_address(report.address, opening.address, evidence)
    yield from _of_sender(link, report, evidence)
    yield from _of_words(report, opening, evidence)
    yield from _of_assets(report, opening, evidence)


def _of_place(link: Match, report: Report, evidence: Evidence) -> ScoreItem:
    unknown = evidence.no_distance
    if link.basis != "near" or link.distance_m is None:
        return ScoreItem("place", unknown)
    points = evidence.distance(link.distance_m, link.radius_m)
    off_m = hypot(report.position_error_m, link.case.opening.position_error_m)
    trust = evidence.accuracy.trust(off_m)
    if trust == 1:
        return ScoreItem("place", points)
    return ScoreItem("place", unknown + trust * (points - unknown), f"give or take {off_m:.0f} m")


def _of_address(one: str | None, other: str | None, evidence: Evidence) -> Iterator[ScoreItem]:
    if one is not None and one == other:
        yield ScoreItem("address", evidence.same_address)
    elif on_same_street(one, other):
        yield ScoreItem("street", evidence.same_street)


def _of_sender(link: Match, report: Report, evidence: Evidence) -> Iterator[ScoreItem]:
    """A person who comes back to a spot means the same; one who goes on means the next."""
    if evidence.same_sender is None or report.reporter is None or link.distance_m is None:
        return
    if report.reporter == link.case.opening.reporter:
        yield ScoreItem("same_sender", evidence.same_sender(link.distance_m, link.radius_m))


def _of_words(report: Report, opening: Report, evidence: Evidence) -> Iterator[ScoreItem]:
    if shared := report.words & opening.words:
        points = min(evidence.words.most, evidence.words.each * len(shared))
        yield ScoreItem("words", points, " ".join(sorted(shared)))


def _of_assets(report: Report, opening: Report, evidence: Evidence) -> Iterator[ScoreItem]:
    """Two answers tell two things apart only where they answer the same question."""
    if report.asset is None or opening.asset is None:
        return
    question = report.asset.partition(":")[0]
    if report.asset == opening.asset:
        yield ScoreItem("same_asset", evidence.assets.same, question)
    elif question == opening.asset.partition(":")[0]:
        yield ScoreItem("other_asset", evidence.assets.other, question)


def on_same_street(one: str | None, other: str | None) -> bool:
    """Say whether two address keys name the same place or share a street."""
    if one is None or other is None:
        return False
    return one == other or not streets_of(one).isdisjoint(streets_of(other))


_FAR = 0.25  # what the edge of the radius takes from a confidence of 1
_LATE = 0.15  # what the end of the window takes
_OTHER_KIND = 0.1  # what another kind of the same group takes
_HOUR_S = 3600.0


def confidence(link: Match, kind: str) -> float:
    """Return how sure the link is, from 0 to 1: the nearer in place and time, the surer.

    Where evidence was weighed it is the score, of 100. Else a link without a distance counts as
    one at the edge of the radius, and a time apart over the window as one at its end; those
    weights are a judgement and not measured.
    """
    if link.items:
        return round(min(1.0, max(0.0, link.score / MOST_POINTS)), 3)
    distance = 1.0 if link.distance_m is None else link.distance_m / link.radius_m
    time = min(1.0, link.time_apart / link.window)
    other = 0.0 if kind == link.case.opening.kind else 1.0
    return round(1.0 - _FAR * distance - _LATE * time - _OTHER_KIND * other, 2)


def match_reasons(link: Match, kind: str) -> list[tuple[str, str | None]]:
    """Return the code of each reason for the link, with the figures and the points behind it."""
    opening = link.case.opening
    same = kind == opening.kind
    told: dict[Aspect, tuple[str, str | None]] = {
        "kind": ("same_kind", None) if same else ("same_group", f"{kind} and {opening.kind}"),
        "place": _place(link),
        "time": _time(link),
    }
    if not link.items:
        return list(told.values())
    told |= {
        "group": ("usual_in_group", None),
        "usual": ("usual_of_kind", None),
        "street": ("same_street", None),
        "address": ("same_address", None),
        "same_sender": ("same_sender", None),
        "words": ("rare_words", None),
        "same_asset": ("same_asset", None),
        "other_asset": ("other_asset", None),
    }
    return [_with_points(told[found.aspect], found) for found in link.items]


def _with_points(reason: tuple[str, str | None], found: ScoreItem) -> tuple[str, str]:
    code, detail = reason
    return code, ", ".join(filter(None, (detail, found.detail, f"{found.points:+.0f} points")))


def hours_apart(link: Match) -> float:
    """Return the hours between the two reports."""
    return link.time_apart.total_seconds() / _HOUR_S


def _place(link: Match) -> tuple[str, str | None]:
    if link.basis != "near" or link.distance_m is None:
        return link.basis, None
    code = "near" if link.is_within_radius else "in_reach"
    return code, f"{link.distance_m:.0f} m of {link.radius_m:.0f} m"


def _time(link: Match) -> tuple[str, str]:
    window = link.window.total_seconds() / _HOUR_S
    same = link.relation in ("duplicate", "possible")
    code = "within_window" if same else link.relation
    return code, f"{_plain(hours_apart(link))} h of {_plain(window)} h"


def _plain(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
