"""Data of deduplication: reports, cases, matches and rejections."""

from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from shared.catalogue.evidence import Extent
from shared.vocabulary import GeoPoint

HOUR = timedelta(hours=1)
RADIUS_ONLY = Extent()  # search no farther than the kind's radius
Relation = Literal["duplicate", "possible", "after_closing", "window_over"]
"""Same problem, maybe the same, or a recurrence with the reason for a new case."""

MatchBasis = Literal["near", "same_address", "same_reporter", "said_by_reporter"]
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
    "other_words",
    "likely_kinds",
    "other_kinds",
    "same_danger",
    "other_danger",
    "same_asset",
    "other_asset",
    "same_detail",
    "other_detail",
]
RejectionReason = Literal[
    "never_same",
    "too_early",
    "closed_before",
    "too_far",
    "no_common_place",
    "other_reporter",
    "too_few_points",
    "unsure_kind",
    "other_danger",
    "weaker",
    "split_by_operator",
]


class Report(NamedTuple):
    """Features of a request that deduplication compares.

    Attributes:
        point: None when unknown, or when only a default point is given.
        address: An ``address_key``; None when it names no single place.
        reporter: Keyed hash of the reporter; None when anonymous.
        position_error_m: Error radius of the point in metres; 0 when it is unknown.
        words: Distinguishing words of the text beyond those of its kind.
        kind_words: Those of its kind, which count less.
        particulars: Plates, numbers of things and directions, as ``slot:value``.
        is_placed: False when the point is a placeholder that many unrelated reports share.
        likely_kinds: Codes of the kinds that its text is likely about; empty when unknown.
        dangers: Classes of the dangers that it names.
        is_unsure: True when its kind is not known, so that its place is no evidence.
    """

    request_id: str
    kind: str
    observed_at: datetime
    point: GeoPoint | None = None
    address: str | None = None
    reporter: str | None = None
    position_error_m: float = 0.0
    words: frozenset[str] = frozenset()
    particulars: frozenset[str] = frozenset()
    is_placed: bool = True
    kind_words: frozenset[str] = frozenset()
    likely_kinds: frozenset[str] = frozenset()
    dangers: frozenset[str] = frozenset()
    is_unsure: bool = False

    @property
    def place(self) -> GeoPoint | None:
        """The point, unless it is a placeholder."""
        return self.point if self.is_placed else None


class ReportPlace(NamedTuple):
    """The features of a report that its location gives; see ``Report``."""

    point: GeoPoint | None
    address: str | None
    position_error_m: float


class TriageCase(NamedTuple):
    """A case, represented by the report that opened it.

    When other cases were merged into it, the reports that opened those represent it too: there
    is one ``TriageCase`` for each, all with the same id.

    Attributes:
        key: Dedup key; only cases of the report's own key are candidates.
        closed_at: When the work ended, by the bureau's clock; None while it is open.
        split_from: The case from which an operator split it as another problem.
    """

    case_id: str
    key: str
    opening: Report
    closed_at: datetime | None = None
    split_from: str | None = None

    def is_split_from(self, other: "TriageCase") -> bool:
        """Return True when an operator split one of the two from the other."""
        if self.case_id == other.case_id:
            return False
        return self.split_from == other.case_id or other.split_from == self.case_id


class ScoreItem(NamedTuple):
    """Points of one aspect for a match, negative against it, with figures or words for a person."""

    aspect: Aspect
    points: float
    detail: str | None = None


class Match(NamedTuple):
    """An earlier case that a report matches, with the figures behind the match.

    Attributes:
        time_apart: Between the event times of the report and of the case's opening; not negative.
        distance_m: None when they match by reporter.
        radius_m: Largest distance of a duplicate, in metres.
        window: Largest time apart of a duplicate.
        items: The scored aspects; empty when radius and window alone decide.
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
        """The sum of the items' points."""
        return sum(item.points for item in self.items)

    @property
    def is_within_radius(self) -> bool:
        """True when the distance allows a duplicate; a match by reporter has none."""
        return self.distance_m is None or self.distance_m <= self.radius_m


class CaseRejection(NamedTuple):
    """A candidate case that a report does not match, and the reason.

    A tuple, because almost every comparison makes one.

    Attributes:
        distance_m: None when distance was not compared.
        measured: The figure outside its limit: metres, hours or points.
    """

    case: TriageCase
    code: RejectionReason
    distance_m: float | None = None
    measured: float | None = None
    limit: float | None = None
