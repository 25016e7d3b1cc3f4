"""Which known case a report is about."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from services.triage.rules.dedup.comparison import Case, Link, Report, relate
from services.triage.rules.dedup.weighing import weigh
from shared.catalogue import Dedup
from shared.catalogue.evidence import Evidence

_SUREST_FIRST = {"duplicate": 0, "possible": 1}
_AGAIN = 2


def find_earlier(
    report: Report,
    cases: Iterable[Case],
    limits: Mapping[str, Dedup],
    evidence: Evidence | None = None,
) -> Link | None:
    """Return the case that the report is about, may be about or is a recurrence of, or None.

    A case that is the same problem comes before one that may be, and that before one that is the
    same again. Of several the one with most points wins, then the nearest, then the oldest, then
    the smallest id, so the order of ``cases`` does not count.

    Args:
        report: A report that no case holds yet.
        cases: The known cases of its dedup key; those too far away may be left out.
        limits: Window and radius of each kind.
        evidence: How the city weighs it; None where radius and window alone decide.
    """
    reach_m = evidence.reach_m if evidence else 0.0
    found = (relate(report, case, limits, reach_m) for case in cases)
    links = [link for link in found if link is not None]
    if evidence is not None:
        group = limits[report.kind].group
        weighed = (weigh(link, report, group, evidence) for link in links)
        links = [link for link in weighed if link is not None]
    return min(links, key=_preference, default=None)


def _preference(link: Link) -> tuple[int, float, float, datetime, str]:
    case = link.case
    sure = _SUREST_FIRST.get(link.relation, _AGAIN)
    away_m = link.distance_m or 0.0
    return sure, -link.score, away_m, case.opening.observed_at, case.case_id
