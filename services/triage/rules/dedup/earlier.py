"""Which known case a report is about, and which it is not."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from services.triage.rules.dedup.apart import beyond_a_line
from services.triage.rules.dedup.comparison import (
    RADIUS_ALONE,
    Case,
    Link,
    Rejection,
    Report,
    relate,
)
from services.triage.rules.dedup.rejecting import most_telling
from services.triage.rules.dedup.weighing import weigh
from shared.catalogue import Dedup
from shared.catalogue.evidence import Evidence

_SUREST_FIRST = {"duplicate": 0, "possible": 1}
_AGAIN = 2


class Earlier(NamedTuple):
    """What became of holding a report against the known cases.

    Attributes:
        link: The case that it is about, may be about or is a recurrence of; None without one.
        rejected: The most telling of the other cases.
    """

    link: Link | None = None
    rejected: tuple[Rejection, ...] = ()


def find_earlier(
    report: Report,
    cases: Iterable[Case],
    limits: Mapping[str, Dedup],
    evidence: Evidence | None = None,
) -> Earlier:
    """Return the case that the report is about, and those that it is not.

    A case that is the same problem comes before one that may be, and that before one that is the
    same again. Of several the one with most points wins, then the nearest, then the oldest, then
    the smallest id, so the order of ``cases`` does not count.

    Args:
        report: A report that no case holds yet.
        cases: The known cases of its dedup key; those too far away may be left out, and one
            may come twice.
        limits: Window and radius of each kind.
        evidence: How the city weighs it; None where radius and window alone decide.
    """
    reach = evidence.reach if evidence else RADIUS_ALONE
    group = limits[report.kind].group
    links: list[Link] = []
    rejections: list[Rejection] = []
    for case in {case.opening.request_id: case for case in cases}.values():
        found = relate(report, case, limits, reach)
        if evidence is not None and isinstance(found, Link):
            found = weigh(found, report, group, evidence)
        if isinstance(found, Link):
            links.append(found)
        else:
            rejections.append(found)
    for link in beyond_a_line(report, links):
        links.remove(link)
        rejections.append(Rejection(link.case, "split_by_operator", link.distance_m))
    links.sort(key=_preference)
    return _of_each_case(links, rejections)


def _of_each_case(links: Sequence[Link], rejections: Sequence[Rejection]) -> Earlier:
    """Tell of each case once, by the best of the reports by which it is known."""
    best = {link.case.case_id: link for link in reversed(links)}
    links = [link for link in links if best[link.case.case_id] is link]
    others = [one for one in rejections if one.case.case_id not in best]
    return Earlier(links[0] if links else None, most_telling(links, others))


def _preference(link: Link) -> tuple[int, float, float, datetime, str]:
    case = link.case
    sure = _SUREST_FIRST.get(link.relation, _AGAIN)
    away_m = link.distance_m or 0.0
    return sure, -link.score, away_m, case.opening.observed_at, case.case_id
