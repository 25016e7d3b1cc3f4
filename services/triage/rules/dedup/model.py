"""When two reports are about the same problem."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from shared.catalogue import Dedup
from shared.catalogue.evidence import Extent
from shared.vocabulary import GeoPoint, distance_m

HOUR = timedelta(hours=1)
RADIUS_ONLY = Extent()
Relation = Literal["duplicate", "possible", "after_closing", "window_over"]
MatchBasis = Literal["near", "same_address", "same_reporter"]
Aspect = Literal[
    "group",
    "usual",
    "place",
    "time",
    "kind",
    "street",
    "address",
    "same_sender",
    "words",
    "same_asset",
    "other_asset",
]
RejectionReason = Literal[
    "never_same",
    "too_early",
    "closed_before",
    "too_far",
    "no_common_place",
    "other_reporter",
    "too_few_points",
    "weaker",
    "split_by_operator",
]


class Report(NamedTuple):
    """What this rule needs to know of a request.

    Attributes:
        observed_at: The event time.
        point: Where it is; None when nobody knows, or only a stand-in is given.
        address: Where it is as ``addresses.address_key``; None likewise.
        reporter: Keyed hash of who reported; None for nobody.
        position_error_m: How far off the point may be; 0 where nothing says that it is off.
        words: The rare ones of the description.
        asset: A thing that there is only once, as ``question:answer``; None where none is named.
        is_placed: Whether the point says where it is; a point of many unrelated reports does not.
    """

    request_id: str
    kind: str
    observed_at: datetime
    point: GeoPoint | None = None
    address: str | None = None
    reporter: str | None = None
    position_error_m: float = 0.0
    words: frozenset[str] = frozenset()
    asset: str | None = None
    is_placed: bool = True

    @property
    def place(self) -> GeoPoint | None:
        """The point, where it says where the problem is."""
        return self.point if self.is_placed else None


class TriageCase(NamedTuple):
    """A problem that is known, by the report that opened it.

    One that others were merged into is known by the reports that opened those as well.

    Attributes:
        key: The dedup key; cases of different keys have nothing to do with each other.
        closed_at: When the work ended, by the clock of who did it; None while it is open.
        split_from: The case of which an operator found it to be another problem.
    """

    case_id: str
    key: str
    opening: Report
    closed_at: datetime | None = None
    split_from: str | None = None

    def is_split_from(self, other: "TriageCase") -> bool:
        """Whether an operator drew a line between the two."""
        if self.case_id == other.case_id:
            return False
        return self.split_from == other.case_id or other.split_from == self.case_id


class ScoreItem(NamedTuple):
    """What one aspect of two reports says for or against one problem, in points.

    Attributes:
        detail: What exactly is meant, for a person; None where the aspect says it.
    """

    aspect: Aspect
    points: float
    detail: str | None = None


class Match(NamedTuple):
    """An earlier case that a report is held against, and the figures that say why.

    Attributes:
        relation: The same problem, perhaps the same, or the same again and why a new case is due.
        apart: Between the event times of the report and of the one that opened the case.
        distance_m: None where not the place but the reporter is the same.
        radius_m: The farthest at which it would be the same problem.
        window: The longest time apart that would have counted.
        findings: What was weighed; empty where radius and window alone decide.
    """

    case: TriageCase
    relation: Relation
    basis: MatchBasis
    time_apart: timedelta
    distance_m: float | None
    radius_m: float
    window: timedelta
    items: tuple[ScoreItem, ...] = ()

    @property
    def score(self) -> float:
        """The points of all findings."""
        return sum(finding.points for finding in self.items)

    @property
    def is_within_radius(self) -> bool:
        """Whether place or person is as near as the same problem asks for."""
        return self.distance_m is None or self.distance_m <= self.radius_m


class CaseRejection(NamedTuple):
    """A case that a report is not about, and what stands against it.

    A tuple, for one is made for almost every case that a report is held against.

    Attributes:
        distance_m: Between the two; None where it was not what counted.
        had: The figure that was too much or too little: metres, hours or points.
        asked: The figure that it was held against.
    """

    case: TriageCase
    code: RejectionReason
    distance_m: float | None = None
    measured: float | None = None
    limit: float | None = None


def compare(
    report: Report, case: TriageCase, limits: Mapping[str, Dedup], reach: Extent = RADIUS_ONLY
) -> Match | CaseRejection:
    """Hold a report against one case.

    The radius is that of the kind that was reported first by event time, whichever of the two
    arrived first; of the two windows the shorter counts. All bounds are included, in both
    directions. A kind with a window of zero is never the same problem; one with a radius of zero
    has no place, so only the same person can mean the same.

    Args:
        report: A report that no case holds yet.
        case: A known case of its dedup key.
        limits: Window and radius of each kind.
        reach: How far apart they are linked beyond the radius.
    """
    opening = case.opening
    of_report, of_case = limits[report.kind], limits.get(opening.kind)
    if of_case is None:
        return CaseRejection(case, "never_same")  # the catalogue does not know the kind any more
    window = min(of_report.window, of_case.window)
    radius_m = (of_report if _came_first(report, opening) else of_case).radius_m
    relation = _relation(report, case, window)
    if relation is None:
        return _out_of_time(report, case, window)
    found = _nearness(report, case, radius_m, reach)
    if isinstance(found, CaseRejection):
        return found
    nearness, away_m = found
    apart = abs(report.observed_at - opening.observed_at)
    return Match(case, relation, nearness, apart, away_m, radius_m, window)


def _came_first(report: Report, opening: Report) -> bool:
    mine, other = (report.observed_at, report.request_id), (opening.observed_at, opening.request_id)
    return mine < other


def _relation(report: Report, case: TriageCase, window: timedelta) -> Relation | None:
    if not window:
        return None
    later_by = report.observed_at - case.opening.observed_at
    closed_before = case.closed_at is not None and case.closed_at < report.observed_at
    if abs(later_by) <= window:
        return "after_closing" if closed_before else "duplicate"
    return "window_over" if later_by > window and not closed_before else None


def _out_of_time(report: Report, case: TriageCase, window: timedelta) -> CaseRejection:
    if not window:
        return CaseRejection(case, "never_same")
    apart = abs(report.observed_at - case.opening.observed_at)
    code: RejectionReason = "too_early" if _came_first(report, case.opening) else "closed_before"
    return CaseRejection(case, code, measured=apart / HOUR, limit=window / HOUR)


def _nearness(
    report: Report, case: TriageCase, radius_m: float, reach: Extent
) -> tuple[MatchBasis, float | None] | CaseRejection:
    opening = case.opening
    if not radius_m:
        same = report.reporter is not None and report.reporter == opening.reporter
        return ("same_reporter", None) if same else CaseRejection(case, "other_reporter")
    here, there = report.place, opening.place
    if here is not None and there is not None:
        away_m, limit_m = distance_m(here, there), reach.around(radius_m)
        near = away_m <= limit_m
        return ("near", away_m) if near else CaseRejection(case, "too_far", away_m, away_m, limit_m)
    same = report.address is not None and report.address == opening.address
    return ("same_address", 0.0) if same else CaseRejection(case, "no_common_place")
